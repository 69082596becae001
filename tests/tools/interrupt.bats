# Signals: work is saved or nothing is left; a killed process leaves nothing under the final name.

load helpers

setup() { enter_sandbox; }

# Long enough that a signal always comes in the middle, small enough that a step is quick.
long_run=(mae-pretrain train.h5 --epochs 400 --warmup-epochs 1 --batch-size 8 --save-every 1000 -q "${tiny_model[@]}")

# wait_until COMMAND...: at most a minute.
wait_until() {
  local tries=600
  until "$@"; do
    tries=$((tries - 1))
    [ "$tries" -gt 0 ] || complain "waited in vain: $*" || return 1
    sleep 0.1
  done
}

# stop SIGNAL FILE COMMAND...: sends the signal once FILE exists; leaves the exit code in $status. Signals that a shell
# makes background jobs ignore are taken back first.
stop() {
  local signal=$1 file=$2
  shift 2
  "$python" - "$@" 3>&- >stopped.out 2>stopped.err <<'END' &
import os, signal, sys
for number in (signal.SIGINT, signal.SIGQUIT):
    signal.signal(number, signal.SIG_DFL)
os.execvp(sys.argv[1], sys.argv[1:])
END
  local process=$!
  wait_until test -e "$file"
  kill -"$signal" "$process"
  status=0
  wait "$process" || status=$?
}

@test "the first signal lets mae-pretrain save; resumed, it equals an uninterrupted run" {
  finish=(mae-pretrain train.h5 --epochs 3 --warmup-epochs 1 --batch-size 8 -q "${tiny_model[@]}")
  "${finish[@]}" -o whole
  for signal in INT TERM HUP; do
    stop $signal run-$signal/log.jsonl "${finish[@]}" --epochs 400 -o run-$signal
    case $signal in INT) expected=130 ;; TERM) expected=143 ;; HUP) expected=129 ;; esac
    [ "$status" -eq $expected ] || complain "exit code $status after SIG$signal" "$(cat stopped.err)"
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
  stop TERM stopped/log.jsonl "${options[@]}" --epochs 400 -o stopped
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
  succeeds mae-pretrain train.h5 -o parts --epochs 2 --warmup-epochs 0 --batch-size 16 --max-steps 1 "${tiny_model[@]}"
  cp -a parts damaged
  truncate -s -100 damaged/state.safetensors
  fails 3 'damaged/state.safetensors: .*truncated' mae-pretrain train.h5 -o damaged --epochs 2 --warmup-epochs 0 --batch-size 16 --resume -q "${tiny_model[@]}"
  rm parts/checkpoint.safetensors
  succeeds mae-pretrain train.h5 -o parts --epochs 2 --warmup-epochs 0 --batch-size 16 --resume "${tiny_model[@]}"
  succeeds mae-info --check parts
}

@test "a signal leaves nothing of other outputs" {
  # Many pictures, so that there is time to be stopped.
  mkdir many
  for i in $(seq 400); do ln photos/bearskin.jpg many/$i.jpg; done
  for signal in INT TERM; do
    stop $signal .p.h5.tmp mae-patchify many -o p.h5 -q
    case $signal in INT) expected=130 ;; *) expected=143 ;; esac
    [ "$status" -eq $expected ] || complain "exit code $status after SIG$signal" "$(cat stopped.err)"
    [ ! -e p.h5 ]
    [ ! -e .p.h5.tmp ]
    is_error_message stopped.err
    stop $signal .f.h5.tmp mae-encode --model mae.safetensors many -o f.h5 -q
    [ "$status" -eq $expected ] || complain "exit code $status after SIG$signal" "$(cat stopped.err)"
    [ ! -e f.h5 ]
    [ ! -e .f.h5.tmp ]
  done
}

@test "a killed process leaves nothing under the final name, and its successor cleans up" {
  mkdir many
  for i in $(seq 400); do ln photos/bearskin.jpg many/$i.jpg; done
  cp test.h5 p.h5
  stop KILL .p.h5.tmp mae-patchify many -o p.h5 -q
  [ "$status" -eq 137 ]
  equal p.h5 test.h5
  [ -e .p.h5.tmp ]
  mae-patchify photos -o p.h5 -q
  [ ! -e .p.h5.tmp ]
  succeeds mae-info --check p.h5
  stop KILL .f.h5.tmp mae-encode --model mae.safetensors many -o f.h5 -q
  [ "$status" -eq 137 ]
  [ ! -e f.h5 ]
  mae-encode --model mae.safetensors photos -o f.h5 -q
  [ ! -e .f.h5.tmp ]
  succeeds mae-info --check f.h5
}

@test "two processes that write one output: one of them wins, the other says so" {
  mkdir many
  for i in $(seq 400); do ln photos/bearskin.jpg many/$i.jpg; done
  mae-patchify many -o p.h5 -q 3>&- >/dev/null 2>&1 &
  process=$!
  wait_until test -e .p.h5.tmp
  kill -STOP $process
  fails 4 'p.h5: .*another process' mae-patchify photos -o p.h5 -q
  kill -TERM $process
  kill -CONT $process
  wait $process || true
  [ ! -e p.h5 ]
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
