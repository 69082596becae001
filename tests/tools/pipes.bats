# Shards through pipes, closed pipes, and closed descriptors.

load helpers

setup() {
  enter_sandbox
  set -o pipefail
}

@test "a shard is the same through a pipe and through a file" {
  mae-patchify photos -o p.h5 --image-size 64
  mae-patchify photos -o - --image-size 64 >piped.h5
  equal p.h5 piped.h5
  mae-mask p.h5 -o m.h5 --with-patches
  mae-patchify photos -o - --image-size 64 | mae-mask - -o piped-mask.h5
  mae-mask - -o - <p.h5 >both.h5
  same_data m.h5 piped-mask.h5 mask patches names labels
  equal piped-mask.h5 both.h5
}

@test "from pictures to a picture without a file in between" {
  mae-patchify photos -o - --image-size 64 | mae-mask - -o - --mask-ratio 0.5 --seed 3 |
    mae-reconstruct --model mae.safetensors - -o piped.h5
  mae-patchify photos -o p.h5 --image-size 64
  mae-mask p.h5 -o m.h5 --mask-ratio 0.5 --seed 3
  mae-reconstruct --model mae.safetensors p.h5 --masks m.h5 -o r.h5
  same_data r.h5 piped.h5 reconstruction error mask names
  h5 piped.h5 'f["mask"][()].sum(axis=1).tolist() == [8] * 6'
}

@test "features and reconstructions come out of a pipe" {
  mae-encode --model mae.safetensors test.h5 -o f.h5
  mae-encode --model mae.safetensors test.h5 -o - | cat >piped.h5
  equal f.h5 piped.h5
  mae-encode --model mae.safetensors - -o - <test.h5 >piped.h5
  same_data f.h5 piped.h5 features names labels
  mae-reconstruct --model mae.safetensors test.h5 -o r.h5
  mae-reconstruct --model mae.safetensors test.h5 -o - | cat >piped.h5
  equal r.h5 piped.h5
  run bash -c 'mae-encode --model mae.safetensors test.h5 -o - 2>/dev/null | mae-info -'
  [[ $output == *"standard input"*"feature shard"* ]]
}

@test "training reads standard input too" {
  options=(--epochs 1 --warmup-epochs 0 --batch-size 16 "${tiny_model[@]}")
  mae-pretrain train.h5 -o from-file "${options[@]}"
  mae-pretrain - -o from-pipe "${options[@]}" <train.h5
  # The names of the inputs differ in the provenance; the weights do not.
  "$python" - from-file/checkpoint.safetensors from-pipe/checkpoint.safetensors <<'END'
import json, struct, sys
parts = []
for name in sys.argv[1:]:
    data = open(name, "rb").read()
    (length,) = struct.unpack("<Q", data[:8])
    parts.append(data[8 + length :])
assert parts[0] == parts[1]
END
}

@test "a closed pipe ends a tool quietly" {
  check_cases < <(for tool in mae "${tools[@]}"; do
    echo "0 :: set -o pipefail; $tool --help 2>err | true; c=\$?; [ ! -s err ] && echo quiet; exit \$c :: quiet"
  done)
  check_cases <<'END'
0 :: set -o pipefail; mae-info --tensors mae.safetensors 2>err | head -1; c=$?; [ ! -s err ] && exit $c :: file
0 :: set -o pipefail; mae-mask train.h5 -o m.h5 -q 2>err | true; c=$?; [ ! -s err ] && cmp m.h5 mask.h5 && echo same; exit $c :: same
0 :: set -o pipefail; mae-patchify photos -o - -q 2>err | true; c=$?; [ ! -s err ] && echo quiet; exit $c :: quiet
END
}

@test "closed descriptors are not taken for files" {
  mae-mask train.h5 -o m.h5 2>&-
  equal m.h5 mask.h5
  mae-mask train.h5 -o n.h5 <&-
  equal n.h5 mask.h5
  run bash -c 'mae-mask train.h5 -o o.h5 -q >&-'
  [ "$status" -eq 4 ]
  run bash -c 'mae-mask - -o p.h5 -q <&-'
  [ "$status" -eq 3 ]
  [ ! -e p.h5 ]
}

@test "standard output carries the shard and nothing else" {
  for command in "mae-patchify photos -o - --image-size 32" "mae-mask train.h5 -o -" \
    "mae-encode --model mae.safetensors test.h5 -o -" "mae-reconstruct --model mae.safetensors test.h5 -o -"; do
    $command -v --progress always >out.h5 2>err.txt
    succeeds mae-info --check out.h5
    lacks HDF err.txt
  done
}

@test "temporary files of a pipe go to TMPDIR and away again" {
  mkdir scratch
  TMPDIR=$PWD/scratch mae-mask train.h5 -o - >m.h5
  [ -z "$(ls -A scratch)" ]
  fails 4 'nowhere/mae-stream-.*: cannot be created: no such file' env TMPDIR="$PWD/nowhere" bash -c 'mae-mask train.h5 -o - >n.h5'
}
