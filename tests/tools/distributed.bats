# Several processes as launchers start them, and job arrays: the result is that of one process.

load helpers

setup() {
  enter_sandbox
  export OMP_NUM_THREADS=1
  unset RANK WORLD_SIZE MASTER_ADDR MASTER_PORT SLURM_ARRAY_TASK_ID SLURM_ARRAY_TASK_COUNT
}

pretrain=(mae-pretrain train.h5 --val test.h5 --epochs 3 --warmup-epochs 0 --peer-timeout 60 -j 1 -q "${tiny_model[@]}")

# A port of the loopback that nobody uses.
free_port() { "$python" -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }

# processes N COMMAND...: N of them with torchrun's variables; their output in outN and errN, exit codes in $codes.
processes() {
  local size=$1 port rank pids=()
  shift
  port=$(free_port)
  for rank in $(seq 0 $((size - 1))); do
    env RANK="$rank" WORLD_SIZE="$size" LOCAL_RANK="$rank" LOCAL_WORLD_SIZE="$size" MASTER_ADDR=127.0.0.1 \
      MASTER_PORT="$port" "$@" >"out$rank" 2>"err$rank" 3>&- &
    pids+=($!)
  done
  codes=''
  for rank in "${pids[@]}"; do
    local code=0
    wait "$rank" || code=$?
    codes="$codes $code"
  done
  codes=${codes# }
}

# same_losses RUN RUN: every figure of the logs to six digits, which float32 keeps over a few steps.
same_losses() {
  "$python" - "$1/log.jsonl" "$2/log.jsonl" <<'END' || complain "$1 and $2 are different runs"
import json, sys
a, b = ([json.loads(line) for line in open(name)] for name in sys.argv[1:])
for lines in (a, b):
    for line in lines:
        line.pop("images_per_second", None)
ok = len(a) == len(b) > 0 and all(
    x.keys() == y.keys() and all(abs(x[k] - y[k]) <= 2e-6 * max(1, abs(x[k])) for k in x) for x, y in zip(a, b))
sys.exit(0 if ok else f"{a}\n{b}")
END
}

@test "two and three processes are the run of one, and only the first writes" {
  "${pretrain[@]}" -o one --batch-size 12
  processes 2 "${pretrain[@]}" -o two --batch-size 6
  [ "$codes" = "0 0" ] || complain "$codes" "$(cat err0 err1)"
  same_losses one two
  [ -s out0 ] && [ ! -s out1 ] && [ ! -s err1 ]
  grep -q '^peak_memory_bytes' out0
  processes 3 "${pretrain[@]}" -o three --batch-size 4 --no-overlap
  [ "$codes" = "0 0 0" ] || complain "$codes" "$(cat err0 err1 err2)"
  same_losses one three
  # The rate follows from the batch of all.
  processes 2 "${pretrain[@]}" -o rate --batch-size 6 --dry-run
  "${pretrain[@]}" -o rate --batch-size 12 --dry-run >alone
  equal <(grep -E '^(lr|batch_size|steps)' out0) <(grep -E '^(lr|batch_size|steps)' alone)
}

@test "a run goes on with another number of processes" {
  "${pretrain[@]}" -o whole --batch-size 12
  "${pretrain[@]}" -o parts --batch-size 12 --max-steps 3
  processes 2 "${pretrain[@]}" -o parts --batch-size 6 --resume --max-steps 8
  [ "$codes" = "0 0" ] || complain "$codes" "$(cat err0 err1)"
  "${pretrain[@]}" -o parts --batch-size 12 --resume
  same_losses whole parts
  fails 2 'begun with batch-size 12, got 6' "${pretrain[@]}" -o parts --batch-size 6 --resume
}

@test "fine-tuning with two processes is that of one" {
  finetune=(mae-finetune --model mae.safetensors train.h5 --val test.h5 --epochs 2 --warmup-epochs 0 -j 1 -q
    --mixup 0.8 --cutmix 1 --lr 1e-4)
  "${finetune[@]}" -o one --batch-size 16
  processes 2 "${finetune[@]}" -o two --batch-size 8 --predict two.tsv
  [ "$codes" = "0 0" ] || complain "$codes" "$(cat err0 err1)"
  same_losses one two
  [ "$(wc -l <two.tsv)" = 33 ]
}

@test "mpirun starts processes that find each other" {
  command -v mpirun >/dev/null || skip "mpirun is not installed"
  "${pretrain[@]}" -o one --batch-size 12
  succeeds mpirun --allow-run-as-root --oversubscribe --bind-to none -n 2 "${pretrain[@]}" -o two --batch-size 6
  same_losses one two
}

@test "processes in two network namespaces are one run, too" {
  unshare -rn true 2>unshare.err && command -v ip nsenter >/dev/null || skip "network namespaces cannot be made"
  "${pretrain[@]}" -o one --batch-size 12
  cat >net.sh <<'END'
set -eu
ip link set lo up
unshare -n sleep 300 3>&- & peer=$!
trap 'kill $peer' EXIT
sleep 0.5
ip link add mae0 type veth peer name mae1 netns $peer
ip addr add 10.9.0.1/24 dev mae0
ip link set mae0 up
inside="nsenter -t $peer -n"
$inside ip addr add 10.9.0.2/24 dev mae1
$inside ip link set mae1 up
export WORLD_SIZE=2 MASTER_ADDR=10.9.0.1 MASTER_PORT=29500
$inside env RANK=1 GLOO_SOCKET_IFNAME=mae1 "$@" & second=$!
RANK=0 GLOO_SOCKET_IFNAME=mae0 "$@"
wait $second
END
  succeeds unshare -rn bash net.sh "${pretrain[@]}" -o two --batch-size 6
  same_losses one two
}

@test "a killed process is named, and the newest save is whole" {
  # shellcheck disable=SC2016 # the shell inside expands it
  processes 2 bash -c '[ "$RANK" = 0 ] || { sleep 4; kill -9 $$; } & exec "$@"' - mae-pretrain train.h5 -o lost \
    --epochs 100000 --batch-size 8 --save-every 1 -j 1 -q --peer-timeout 10 "${tiny_model[@]}"
  [ "$codes" = "4 137" ] || complain "$codes" "$(cat err0 err1)"
  grep -q '^mae-pretrain: error: rank 0 of 2: rank 1 has ended or no longer answers$' err0 || complain "$(cat err0)"
  succeeds mae-info --check lost
}

@test "what launchers say must make sense" {
  check_cases <<'END'
2 :: WORLD_SIZE=2 mae-pretrain train.h5 -o x :: RANK: is not set, but WORLD_SIZE is 2
2 :: WORLD_SIZE=2 RANK=2 mae-pretrain train.h5 -o x :: RANK: expected a number from 0 to 1, got '2'
2 :: WORLD_SIZE=2 RANK=0 MASTER_ADDR=a mae-finetune --model mae.safetensors train.h5 -o x :: MASTER_PORT: is not set
2 :: OMPI_COMM_WORLD_SIZE=2 OMPI_COMM_WORLD_RANK=0 mae-pretrain train.h5 -o x :: MASTER_ADDR: is not set, but the processes run on several machines
2 :: WORLD_SIZE=80 RANK=0 MASTER_ADDR=a MASTER_PORT=1 mae-pretrain train.h5 -o x :: 64 samples are too few for 80 processes
4 :: WORLD_SIZE=2 RANK=1 MASTER_ADDR=127.0.0.1 MASTER_PORT=9 mae-pretrain train.h5 -o x --peer-timeout 1 :: 127.0.0.1:9: rank 0 does not come
4 :: WORLD_SIZE=2 RANK=0 MASTER_ADDR=127.0.0.1 MASTER_PORT=29517 mae-pretrain train.h5 -o x --peer-timeout 1 :: rank 1 of 2 does not come
0 :: WORLD_SIZE=1 RANK=0 mae-pretrain train.h5 -o x --epochs 0 :: checkpoint
2 :: WORLD_SIZE=2 RANK=0 MASTER_ADDR=a MASTER_PORT=1 mae-finetune --model mae.safetensors train.h5 -o x --train-blocks 0,1 :: --train-blocks
END
}

@test "recomputed activations leave the same bytes" {
  "${pretrain[@]}" -o kept --batch-size 16
  "${pretrain[@]}" -o again --batch-size 16 --checkpoint-activations
  equal kept/checkpoint.safetensors again/checkpoint.safetensors
  "${pretrain[@]}" -o kept16 --batch-size 16 --dtype bfloat16
  "${pretrain[@]}" -o again16 --batch-size 16 --dtype bfloat16 --checkpoint-activations
  equal kept16/checkpoint.safetensors again16/checkpoint.safetensors
  finetune=(mae-finetune --model mae.safetensors train.h5 --epochs 1 --warmup-epochs 0 --batch-size 16 -q)
  "${finetune[@]}" -o tuned-kept
  "${finetune[@]}" -o tuned-again --checkpoint-activations
  equal tuned-kept/checkpoint.safetensors tuned-again/checkpoint.safetensors
  processes 2 "${pretrain[@]}" -o two --batch-size 8 --checkpoint-activations
  [ "$codes" = "0 0" ] || complain "$codes" "$(cat err0 err1)"
  same_losses kept two
}

# array COMMAND...: the tasks of a job array of Slurm, the last one first, each killed at random and started again.
array() {
  local task
  for task in 17 15 13 11; do
    for delay in 0.05 0.2 0; do
      SLURM_ARRAY_TASK_ID=$task SLURM_ARRAY_TASK_COUNT=4 SLURM_ARRAY_TASK_MIN=11 SLURM_ARRAY_TASK_STEP=2 \
        "$@" >array.out 2>array.err 3>&- &
      if [ "$delay" != 0 ]; then
        sleep "$delay"
        kill -9 $! 2>/dev/null || true
        wait $! 2>/dev/null || true
      else
        wait $! || complain "task $task: $(cat array.err)" || return 1
      fi
    done
  done
}

@test "job arrays, killed and started again, make the bytes of one run" {
  mkdir one many
  for name in p e r; do
    case $name in
      p) command=(mae-patchify photos --image-size 64) ;;
      e) command=(mae-encode --model mae.safetensors test.h5) ;;
      r) command=(mae-reconstruct --model mae.safetensors test.h5) ;;
    esac
    "${command[@]}" -o "one/$name.h5" --num-shards 4
    array "${command[@]}" -o "many/$name.h5"
    [ ! -e "many/$name.index" ]
    succeeds mae-info --join "many/$name.h5"
    # A second round finds everything done.
    before=$(stat -c '%i %Y' many/"$name"-*.h5)
    array "${command[@]}" -o "many/$name.h5"
    [ "$(stat -c '%i %Y' many/"$name"-*.h5)" = "$before" ]
  done
  diff -r one many || complain "the array's files differ"
  # The set is the whole.
  mae-encode --model mae.safetensors test.h5 -o whole.h5
  succeeds mae-probe --train many/e.index --test test-features.h5 --method knn --k 5
  SLURM_ARRAY_TASK_ID=1 SLURM_ARRAY_TASK_COUNT=4 mae-encode --model mae.safetensors test.h5 -o undivided.h5 --num-shards 0
  same_data whole.h5 undivided.h5 features
}

@test "a set is joined only when it is complete, whole and of one run" {
  for shard in 0 1 3; do mae-encode --model mae.safetensors test.h5 -o f.h5 --num-shards 4 --shard-index $shard; done
  fails 3 '1 of 4 shards are missing: f-00002-of-00004.h5' mae-info --join f.h5
  mae-encode --model mae.safetensors test.h5 -o f.h5 --num-shards 4 --shard-index 2 --pool mean
  fails 3 'f-00002-of-00004.h5: was not made as f-00000-of-00004.h5 was' mae-info --join f-00001-of-00004.h5
  mae-encode --model mae.safetensors test.h5 -o f.h5 --num-shards 4 --shard-index 2
  succeeds mae-info --join f.h5
  [ "$output" = $'f.index\t4 shards\t32 samples' ]
  succeeds mae-info --join f.h5 --json
  json "$output" 'j == {"index": "f.index", "shards": 4, "samples": 32}'
  "$python" - f-00003-of-00004.h5 <<'END'
import sys, h5py
with h5py.File(sys.argv[1]) as f:
    values = f["features"][0].tobytes()
data = bytearray(open(sys.argv[1], "rb").read())
data[data.index(values)] ^= 1
open(sys.argv[1], "wb").write(data)
END
  fails 3 'f-00003-of-00004.h5' mae-info --join f.h5
}

@test "options of sets must make sense" {
  check_cases <<'END'
2 :: mae-patchify photos -o x.h5 --shard-index 1 :: --shard-index: names a shard of a set
2 :: mae-patchify photos -o x.h5 --num-shards 4 --shard-index 4 :: --shard-index: must be below the number of shards, 4
2 :: mae-patchify photos -o x.h5 --num-shards 4 --shard-size 2 :: --num-shards, --shard-size
2 :: mae-patchify photos -o - --num-shards 4 :: does not fit in one stream
2 :: mae-patchify photos -o x.h5 --num-shards 4 --compute-mean-std :: --compute-mean-std: every shard would get
2 :: mae-patchify photos -o x.h5 --num-shards 4 --on-error skip --rejects r :: --rejects: a set has a list for each shard
2 :: mae-reconstruct --model mae.safetensors test.h5 -o x.png --num-shards 2 :: --num-shards: only shards make a set
2 :: mae-reconstruct --model mae.safetensors test.h5 -o x.h5 --num-shards 99 :: 32 samples cannot fill 99 shards
2 :: SLURM_ARRAY_TASK_ID=1 SLURM_ARRAY_TASK_COUNT=4 mae-encode --model mae.safetensors test.h5 -o x.h5 --num-shards 8 :: the array has 4 tasks for 8 shards
2 :: SLURM_ARRAY_TASK_ID=9 SLURM_ARRAY_TASK_COUNT=4 mae-encode --model mae.safetensors test.h5 -o x.h5 :: task 9 is not one of the array's 4
2 :: SLURM_ARRAY_TASK_ID=x SLURM_ARRAY_TASK_COUNT=4 mae-encode --model mae.safetensors test.h5 -o x.h5 :: SLURM_ARRAY_TASK_ID: expected a number
0 :: SLURM_ARRAY_TASK_ID=3 SLURM_ARRAY_TASK_COUNT=4 mae-reconstruct --model mae.safetensors test.h5 -o x.png --limit 2 :: psnr
3 :: mae-info --join x.h5 :: there is no shard of this set
2 :: mae-info --join --check x.h5 :: exclude each other
END
}

@test "examples/distributed: one run three times, and a set joined" {
  unset MAKEFLAGS MFLAGS MAKELEVEL
  succeeds make --no-print-directory -C "$root/examples/distributed" BIN="$bin" OUT="$PWD/out" TRAIN="$PWD/train.h5" \
    TEST="$PWD/test.h5" BATCH=12 EPOCHS=2 TASKS=2 PORT="$(free_port)" 'MODEL=--embed-dim 16 --depth 1 --num-heads 2 --decoder-embed-dim 8 --decoder-depth 1 --decoder-num-heads 2'
  [ "$(cut -f 1 out/losses.tsv | tr '\n' ' ')" = "processes 1 1 2 2 3 3 " ]
  same_losses out/run-1 out/run-2
  same_losses out/run-1 out/run-3
  [ -e out/features.index ]
}
