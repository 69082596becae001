# Inputs that may mean harm, sets that were tampered with, and disks without room.

load helpers

setup() { enter_sandbox; }

@test "--untrusted changes nothing about what is written" {
  succeeds mae-patchify photos -o plain.h5 --image-size 64 -q
  succeeds mae-patchify photos -o confined.h5 --image-size 64 -q --untrusted
  equal plain.h5 confined.h5
  for options in '' --untrusted; do
    # shellcheck disable=SC2086 # no option is no word
    succeeds mae-encode --model mae.safetensors photos -o "features$options.h5" -q $options
  done
  equal features.h5 features--untrusted.h5
  succeeds mae-info --untrusted mae.safetensors train.h5 "$root/tests/golden/pth/zip.pth"
}

@test "a stranger's damage is found before anything is done with the file" {
  flip() { "$python" -c 'import sys; p = sys.argv[1]; b = bytearray(open(p, "rb").read()); b[len(b) // 2] ^= 1; open(p, "wb").write(b)' "$1"; }
  cp --remove-destination train.h5 ours.h5
  flip ours.h5
  succeeds mae-info ours.h5 # ours is only opened
  fails 3 'ours.h5:/.*damaged' mae-info --untrusted ours.h5
  cp --remove-destination mae.safetensors flipped.safetensors
  flip flipped.safetensors
  fails 3 'flipped.safetensors: .*damaged' mae-info --untrusted flipped.safetensors
}

@test "pictures are limited by --max-pixels and judged by --strict" {
  "$python" - photos/baseline_420.jpg odd.jpg <<'END'
import sys
data = open(sys.argv[1], "rb").read()
scan = data.index(b"\xff\xda")
open(sys.argv[2], "wb").write(data[:scan] + b"junk" + data[scan:])
END
  mkdir odd
  mv odd.jpg odd
  for trust in '' --untrusted; do
    # shellcheck disable=SC2086 # no option is no word
    {
      succeeds mae-patchify odd -o odd.h5 --image-size 64 $trust
      [[ $stderr == *'warning: 1 pictures made their decoder warn; the first: odd/odd.jpg'* ]]
      fails 3 'odd.jpg: the decoder warns' mae-patchify odd -o strict.h5 --image-size 64 --strict $trust
      fails 3 'at most 100 are decoded' mae-patchify photos -o few.h5 --max-pixels 100 $trust
    }
  done
  cp odd/odd.jpg photos
  fails 1 '1 pictures were skipped' mae-patchify photos -o rest.h5 --image-size 64 --strict --on-error skip --rejects rejects.tsv -q
  grep -q '^photos/odd.jpg	the decoder warns' rejects.tsv
  fails 3 'at most 100 are decoded' mae-encode --model mae.safetensors photos -o features.h5 --max-pixels 100 -q
}

@test "a set is what its index says" {
  succeeds mae-patchify photos -o set.h5 --image-size 64 --shard-size 3 -q
  [ -s set.index ]
  succeeds mae-info --check set.index
  succeeds mae-info --index set-*.h5
  [ "$output" = "$(cat set.index)" ]
  succeeds mae-info --index --sha256 set-*.h5
  grep -q "sha256:$(sha256sum set-00001-of-00002.h5 | cut -d' ' -f1)" <<<"$output"
  mkdir swapped
  cp set-00000-of-00002.h5 swapped/set-00001-of-00002.h5
  cp set-00001-of-00002.h5 swapped/set-00000-of-00002.h5
  cp set.index swapped
  fails 3 "not that of the set's index|index of its set says" mae-encode --model mae.safetensors swapped/set-00000-of-00002.h5 -o new.h5
  run --separate-stderr mae-info --check swapped
  [ "$status" -eq 1 ]
  [ "$(grep -c "index" <<<"$output")" -eq 2 ]
  echo '# end' >>set.index
  fails 3 'set.index: is damaged' mae-encode --model mae.safetensors set-00000-of-00002.h5 -o new.h5
  succeeds mae-encode --model mae.safetensors train.h5 -o features.h5 --shard-size 20 -q
  succeeds mae-info --check features.index
  [ "${#lines[@]}" -eq 4 ]
  # An array's members leave no index.
  succeeds mae-encode --model mae.safetensors train.h5 -o array.h5 --num-shards 2 --shard-index 1 -q
  [ ! -e array.index ]
}

@test "room on the disk is asked for before the work" {
  mkdir small
  on_small_disk() {
    unshare -rm sh -c 'mount -t tmpfs -o size=3m none small && shift && exec "$@"' sh - "$@"
  }
  on_small_disk true || skip "this system lets nobody mount a small disk"
  fails 4 'needs [0-9]+ bytes, but the disk has [0-9]+ bytes free' on_small_disk \
    mae-patchify "$root/share/data/fashion-mnist/t10k-images-idx3-ubyte.gz" -o small/a.h5 --image-size 32 --channels 1 -q
  fails 4 'small/a.h5: needs [0-9]+ bytes' on_small_disk mae-patchify \
    "$root/share/data/fashion-mnist/t10k-images-idx3-ubyte.gz" -o small/a.h5 --image-size 32 --channels 1 --shard-size 1000 -q
  fails 4 'small/run: needs [0-9]+ bytes' on_small_disk \
    mae-pretrain train.h5 -o small/run --embed-dim 128 --depth 1 --num-heads 2 --decoder-embed-dim 16 --decoder-depth 1 --decoder-num-heads 2 -q
  fails 4 'small/f.h5: needs [0-9]+ bytes' on_small_disk mae-encode --model mae.safetensors \
    "$root/share/data/fashion-mnist/t10k-images-idx3-ubyte.gz" --channels-policy repeat -o small/f.h5 --shard-size 1000 --patches -q
}
