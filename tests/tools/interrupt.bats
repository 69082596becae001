# Signals: work is saved or nothing is left; a killed process leaves nothing under the final name.

load helpers

setup() { enter_sandbox; }

# Long enough that a signal always comes in the middle, small enough that a step is quick.
long_run=(mae-pretrain train.h5 --epochs 20000 --warmup-epochs 1 --batch-size 8 --save-every 1000 -q "${tiny_model[@]}")

# wait_until COMMAND...: at most a minute.
wait_until() {
  local tries=3000
  until "$@"; do
    tries=$((tries - 1))
    [ "$tries" -gt 0 ] || complain "waited in vain: $*" || return 1
    sleep 0.02
  done
}

# is_there_or_over FILE PROCESS: FILE exists, or nothing will make it any more.
is_there_or_over() { [ -e "$1" ] || ! kill -0 "$2" 2>/dev/null; }

# stop SIGNAL FILE COMMAND...: sends the signal once FILE exists; leaves the exit code in $status. Signals that a shell
# makes background jobs ignore, or nohup all, are taken back first. A command that ends too early to be stopped leaves its own code.
stop() {
  local signal=$1 file=$2
  shift 2
  "$python" - "$@" 3>&- >stopped.out 2>stopped.err <<'END' &
import os, signal, sys
for number in (signal.SIGINT, signal.SIGQUIT, signal.SIGHUP, signal.SIGTERM):
    signal.signal(number, signal.SIG_DFL)
os.execvp(sys.argv[1], sys.argv[1:])
END
  local process=$!
  wait_until is_there_or_over "$file" $process
  kill -"$signal" $process 2>/dev/null || true
  status=0
  wait $process || status=$?
}

# more_pictures: twice as many in the folder many as before, 200 at first.
more_pictures() {
  mkdir -p many
  local i count
  count=$(find many -type f | wc -l)
  for i in $(seq $((count > 0 ? count : 200))); do ln photos/bearskin.jpg many/$((count + i)).jpg; done
}

# was_too_early OUTPUT: checks the output of a program that was done before it could be stopped (perhaps only its process
# was still there), brings the older one back, and makes the next attempt longer.
was_too_early() {
  mae-info --check "$1" >info.out || complain "done, but not whole: $1" "$(cat info.out)" || return 1
  rm "$1"
  if [ -e "$1.older" ]; then cp "$1.older" "$1"; fi
  more_pictures
}

# is_new OUTPUT: it is there and not the older one.
is_new() { [ -e "$1" ] && ! cmp -s "$1" "$1.older"; }

# stop_writing SIGNAL OUTPUT COMMAND...: stops a command that makes OUTPUT of the pictures in many while it writes.
stop_writing() {
  local signal=$1 output=$2 tries
  shift 2
  if [ -e "$output" ]; then cp "$output" "$output.older"; fi
  [ -d many ] || more_pictures
  for tries in 1 2 3 4 5 6 7 8; do
    stop "$signal" ".$output.tmp" "$@"
    if [ "$status" -ne 0 ] && ! is_new "$output"; then return; fi
    was_too_early "$output" || return 1
  done
  complain "never stopped by SIG$signal in $tries attempts: $*"
}

@test "the first signal lets mae-pretrain save; resumed, it equals an uninterrupted run" {
  finish=(mae-pretrain train.h5 --epochs 3 --warmup-epochs 1 --batch-size 8 -q "${tiny_model[@]}")
  "${finish[@]}" -o whole
  for signal in INT TERM HUP; do
    stop $signal run-$signal/log.jsonl "${finish[@]}" --epochs 20000 -o run-$signal
    case $signal in INT) expected=130 ;; TERM) expected=143 ;; HUP) expected=129 ;; esac
    [ "$status" -eq "$expected" ] || complain "exit code $status after SIG$signal" "$(cat stopped.err)"
    is_error_message stopped.err || complain "not one line" "$(cat stopped.err)"
    succeeds mae-info --check run-$signal
  done
  # The same schedule, stopped in the middle of an epoch and resumed.
  "${finish[@]}" -o resumed --max-steps 3
  [ "$(mae-info --json resumed | "$python" -c 'import json, sys; print(json.load(sys.stdin)["position"]["step"])')" = 3 ]
  "${finish[@]}" -o resumed --max-steps 13 --resume
  "${finish[@]}" -o resumed --resume
  equal whole/checkpoint.safetensors resumed/checkpoint.safetensors
}

@test "interrupted by signals again and again, a run ends in the same bytes" {
  options=(mae-pretrain train.h5 --epochs 30 --warmup-epochs 1 --batch-size 8 --save-every 1000 -q "${tiny_model[@]}")
  "${options[@]}" -o whole
  status=130 rounds=0
  while [ "$status" -ge 128 ] && [ $rounds -lt 4 ]; do
    stop "$([ $((rounds % 2)) = 0 ] && echo INT || echo TERM)" parts/log.jsonl "${options[@]}" -o parts --resume
    rounds=$((rounds + 1))
  done
  if [ "$status" -ne 0 ]; then "${options[@]}" -o parts --resume; fi
  equal whole/checkpoint.safetensors parts/checkpoint.safetensors
  equal whole/state.safetensors parts/state.safetensors
  equal <(sed 's/"images_per_second.*//' whole/log.jsonl) <(sed 's/"images_per_second.*//' parts/log.jsonl)
}

@test "SIGUSR1 saves and the run goes on" {
  mae-pretrain train.h5 -o asked --epochs 40 --save-every 1000 --warmup-epochs 1 --batch-size 8 -q "${tiny_model[@]}" 2>err &
  training=$!
  until [ -e asked/log.jsonl ]; do kill -0 $training; sleep 0.05; done
  until [ -e asked/state.safetensors ]; do
    kill -USR1 $training || break
    sleep 0.1
  done
  wait $training
  succeeds mae-info asked/state.safetensors
  [ "$(wc -l <asked/log.jsonl)" = 40 ]
}

@test "killed in the middle, a run resumes from its last save to the same bytes" {
  options=(mae-pretrain train.h5 --epochs 12 --warmup-epochs 1 --batch-size 8 -q "${tiny_model[@]}")
  "${options[@]}" -o whole
  stop KILL parts/state.safetensors "${options[@]}" -o parts
  [ "$status" -eq 137 ] || [ "$status" -eq 0 ]
  "${options[@]}" -o parts --resume
  equal whole/checkpoint.safetensors parts/checkpoint.safetensors
}

@test "two processes do not train into one folder" {
  "${long_run[@]}" -o shared 3>&- >/dev/null 2>&1 &
  process=$!
  wait_until test -e shared/log.jsonl
  run "${long_run[@]}" -o shared --resume
  kill -TERM $process
  wait $process || true
  [ "$status" -eq 4 ]
  [[ $output == *'another process is training'* ]]
}

@test "mae-finetune saves and resumes as well" {
  options=(mae-finetune --model run train.h5 --val test.h5 --epochs 3 --warmup-epochs 1 --batch-size 8 -q)
  "${options[@]}" -o whole
  "${options[@]}" -o parts --max-steps 5
  "${options[@]}" -o parts --resume
  equal whole/checkpoint.safetensors parts/checkpoint.safetensors
  stop TERM stopped/log.jsonl "${options[@]}" --epochs 20000 -o stopped
  [ "$status" -eq 143 ]
  succeeds mae-info --check stopped
}

@test "options of a run cannot change while it is resumed" {
  succeeds mae-pretrain train.h5 -o parts --epochs 2 --warmup-epochs 0 --batch-size 16 --max-steps 1 "${tiny_model[@]}"
  fails 2 'batch-size 16, got 8' mae-pretrain train.h5 -o parts --epochs 2 --warmup-epochs 0 --batch-size 8 --resume -q "${tiny_model[@]}"
  fails 2 'seed 0, got 1' mae-pretrain train.h5 -o parts --epochs 2 --warmup-epochs 0 --batch-size 16 --seed 1 --resume -q "${tiny_model[@]}"
  fails 2 'inputs' mae-pretrain test.h5 -o parts --epochs 2 --warmup-epochs 0 --batch-size 16 --resume -q "${tiny_model[@]}"
}

@test "a damaged state is refused, a lost checkpoint renewed" {
  longer=(mae-pretrain train.h5 --epochs 2 --warmup-epochs 0 --batch-size 16 -q "${tiny_model[@]}")
  succeeds mae-pretrain train.h5 -o parts --epochs 2 --warmup-epochs 0 --batch-size 16 --max-steps 1 "${tiny_model[@]}"
  cp -a parts damaged
  truncate -s -100 damaged/state.safetensors
  fails 3 'damaged/state.safetensors: .*truncated' mae-pretrain train.h5 -o damaged --epochs 2 --warmup-epochs 0 --batch-size 16 --resume -q "${tiny_model[@]}"
  # With a state before it the run goes on from there, and says so.
  succeeds "${longer[@]}" -o whole
  succeeds "${longer[@]}" -o twice --max-steps 6
  succeeds "${longer[@]}" -o twice --max-steps 7 --resume
  truncate -s -100 twice/state.safetensors
  succeeds "${longer[@]}" -o twice --resume
  [[ $stderr == *'twice/state.safetensors: '*'going on from twice/state-previous.safetensors, step 6'* ]]
  equal whole/state.safetensors twice/state.safetensors
  rm parts/checkpoint.safetensors
  succeeds mae-pretrain train.h5 -o parts --epochs 2 --warmup-epochs 0 --batch-size 16 --resume "${tiny_model[@]}"
  succeeds mae-info --check parts
}

@test "a signal leaves nothing of other outputs" {
  for signal in INT TERM; do
    case $signal in INT) expected=130 ;; *) expected=143 ;; esac
    stop_writing $signal p.h5 mae-patchify many -o p.h5 -q
    [ "$status" -eq "$expected" ] || complain "exit code $status after SIG$signal" "$(cat stopped.err)"
    [ ! -e p.h5 ]
    [ ! -e .p.h5.tmp ]
    is_error_message stopped.err
    stop_writing $signal f.h5 mae-encode --model mae.safetensors many -o f.h5 -q
    [ "$status" -eq "$expected" ] || complain "exit code $status after SIG$signal" "$(cat stopped.err)"
    [ ! -e f.h5 ]
    [ ! -e .f.h5.tmp ]
  done
}

@test "a killed process leaves nothing under the final name, and its successor cleans up" {
  cp test.h5 p.h5
  stop_writing KILL p.h5 mae-patchify many -o p.h5 -q
  [ "$status" -eq 137 ]
  equal p.h5 test.h5
  [ -e .p.h5.tmp ]
  mae-patchify photos -o p.h5 -q
  [ ! -e .p.h5.tmp ]
  succeeds mae-info --check p.h5
  stop_writing KILL f.h5 mae-encode --model mae.safetensors many -o f.h5 -q
  [ "$status" -eq 137 ]
  [ ! -e f.h5 ]
  mae-encode --model mae.safetensors photos -o f.h5 -q
  [ ! -e .f.h5.tmp ]
  succeeds mae-info --check f.h5
}

# is_stopped_or_over PROCESS: SIGSTOP has arrived, or there was nobody to stop.
is_stopped_or_over() {
  case $(sed -n 's/^State:\t\(.\).*/\1/p' "/proc/$1/status" 2>/dev/null) in T | Z | '') ;; *) return 1 ;; esac
}

@test "two processes that write one output: one of them wins, the other says so" {
  more_pictures
  for tries in 1 2 3 4 5 6 7 8; do
    met=no
    mae-patchify many -o p.h5 -q 3>&- >/dev/null 2>&1 &
    process=$!
    wait_until is_there_or_over .p.h5.tmp $process
    kill -STOP $process 2>/dev/null || true
    wait_until is_stopped_or_over $process
    if [ -e .p.h5.tmp ]; then
      met=yes
      fails 4 'p.h5: .*another process' mae-patchify photos -o p.h5 -q
      kill -TERM $process
    fi
    kill -CONT $process 2>/dev/null || true
    wait $process || true
    if [ $met = yes ] && [ ! -e p.h5 ]; then return; fi
    was_too_early p.h5
  done
  complain "never met at work in $tries attempts"
}

@test "a signal ends a tool that waits for its input" {
  mkfifo pipe
  sleep 60 >pipe 3>&- &
  sleeper=$!
  "$python" -c 'import os, signal; signal.signal(signal.SIGINT, signal.SIG_DFL); os.execvp("mae-mask", ["mae-mask", "-", "-o", "m.h5"])' <pipe 3>&- 2>stopped.err &
  process=$!
  wait_until grep -q mae-mask /proc/$process/cmdline
  sleep 1
  kill -INT $process
  status=0
  wait $process || status=$?
  kill $sleeper
  [ "$status" -eq 130 ]
  [ ! -e m.h5 ]
}

@test "a list of --train-blocks goes on in its middle, to the same table" {
  list=(mae-finetune --model run train.h5 --val test.h5 --warmup-epochs 0 --batch-size 8 --train-blocks 0,1,all -q)
  succeeds "${list[@]}" --epochs 4 -o whole
  table=$output
  stop INT parts/blocks-1/log.jsonl "${list[@]}" --epochs 4 -o parts
  # It may have been done before the signal came; the table is the same either way.
  [ "$status" = 130 ] || [ "$status" = 0 ]
  succeeds "${list[@]}" --epochs 4 -o parts --resume
  [ "$output" = "$table" ] || complain "$output" "$table"
}

@test "an online probe that is stopped leaves nothing" {
  stop TERM probe.log mae-probe --online --model run train.h5 test.h5 --epochs 20000 -o head.safetensors --predictions p.tsv \
    --log-file probe.log
  [ "$status" = 143 ] || complain "exit code $status" "$(cat stopped.err)"
  [ ! -e head.safetensors ] && [ ! -e p.tsv ]
}
