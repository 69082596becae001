# Equal inputs, options and seed give equal bytes, whatever the name of the output and, where that is promised, the number
# of threads and the size of batches.

load helpers

setup() { enter_sandbox; }

# repeats COMMAND: with @ for the output, which ends in $suffix.
repeats() {
  local command=$1
  shift
  ${command//@/one$suffix} "$@" >/dev/null
  mkdir -p elsewhere
  ${command//@/elsewhere/two$suffix} "$@" >/dev/null
  equal one$suffix elsewhere/two$suffix
}

@test "a second run writes the same bytes under any name" {
  suffix=.h5
  repeats "mae-patchify photos -o @ --image-size 64"
  repeats "mae-mask train.h5 -o @ --seed 9"
  repeats "mae-encode --model mae.safetensors test.h5 -o @ --patches --blocks 1 --attention"
  repeats "mae-encode --model mae.safetensors photos -o @ --pool mean"
  repeats "mae-reconstruct --model mae.safetensors test.h5 -o @"
  suffix=.png
  repeats "mae-reconstruct --model mae.safetensors test.h5 -o @ --limit 3"
  suffix=.html
  repeats "mae-reconstruct --model mae.safetensors test.h5 -o @ --limit 3"
  suffix=.safetensors
  repeats "mae-probe train-features.h5 test-features.h5 --epochs 3 --warmup-epochs 1 -o @"
}

@test "a second training writes the same bytes" {
  options=(--epochs 2 --warmup-epochs 1 --batch-size 16 --seed 4)
  for name in first second; do
    mae-pretrain train.h5 -o $name-run --val test.h5 "${options[@]}" "${tiny_model[@]}"
    mae-finetune --model run train.h5 --val test.h5 -o $name-tuned --mixup 0.8 --cutmix 1 "${options[@]}"
  done
  for file in checkpoint best state; do
    equal first-run/$file.safetensors second-run/$file.safetensors
    equal first-tuned/$file.safetensors second-tuned/$file.safetensors
  done
}

@test "threads change no byte of patches, and features by rounding at most" {
  mae-patchify photos -o p1.h5 -j 1 --compute-mean-std
  mae-patchify photos -o p2.h5 -j 2 --compute-mean-std
  mae-patchify photos -o p7.h5 -j 7 --compute-mean-std
  equal p1.h5 p2.h5
  equal p1.h5 p7.h5
  mae-patchify photos -o s1.h5 -j 1 --shard-size 2
  mae-patchify photos -o s2.h5 -j 2 --shard-size 2
  for part in 00000 00001 00002; do equal s1-$part-of-00003.h5 s2-$part-of-00003.h5; done
  for threads in 1 2; do
    mae-encode --model mae.safetensors photos -o f$threads.h5 -j $threads --patches --blocks 1
    mae-reconstruct --model mae.safetensors photos -o r$threads.h5 -j $threads
  done
  h5 f1.h5 'all(numpy.allclose(f[name][()], h5py.File("f2.h5")[name][()], rtol=0, atol=1e-5) for name in ("features", "patch_features", "block_features"))'
  h5 r1.h5 'abs(f["reconstruction"][()].astype(int) - h5py.File("r2.h5")["reconstruction"][()]).max() <= 1'
}

@test "batches and shards change nothing" {
  for size in 1 7 32; do mae-encode --model mae.safetensors test.h5 -o b$size.h5 --batch-size $size; done
  h5 b1.h5 'numpy.allclose(f["features"][()], h5py.File("b7.h5")["features"][()], rtol=0, atol=1e-6)'
  h5 b1.h5 'numpy.allclose(f["features"][()], h5py.File("b32.h5")["features"][()], rtol=0, atol=1e-6)'
  mae-encode --model mae.safetensors test.h5 -o s.h5 --num-shards 3
  h5 s-00001-of-00003.h5 'f["names"][0] == h5py.File("test-features.h5")["names"][10]' \
    'numpy.allclose(f["features"][()], h5py.File("test-features.h5")["features"][10:21], rtol=0, atol=1e-6)'
}

@test "masks belong to samples, not to their places" {
  fashion=$root/share/data/fashion-mnist/t10k-images-idx3-ubyte.gz
  mae-patchify "$fashion" -o some.h5 --range 20:30 --channels 1 --image-size 28 --patch-size 4
  mae-mask digits.h5 -o all-masks.h5 --seed 5
  mae-mask some.h5 -o some-masks.h5 --seed 5
  h5 some-masks.h5 '(f["mask"][()] == h5py.File("all-masks.h5")["mask"][20:30]).all()'
  mae-mask digits.h5 -o other-masks.h5 --seed 6
  h5 other-masks.h5 '(f["mask"][()] != h5py.File("all-masks.h5")["mask"][()]).any(axis=1).mean() > 0.9'
  h5 all-masks.h5 'len(set(map(bytes, f["mask"][()]))) == 32' 'f["mask"].attrs["seed"] == 5'
}

@test "the seed and every option that matters change the result" {
  reference=(mae-pretrain train.h5 --epochs 1 --warmup-epochs 0 --batch-size 16 "${tiny_model[@]}")
  "${reference[@]}" -o a
  "${reference[@]}" -o b --seed 1
  "${reference[@]}" -o c --mask-ratio 0.5
  "${reference[@]}" -o d --augment none
  differ a/checkpoint.safetensors b/checkpoint.safetensors
  differ a/checkpoint.safetensors c/checkpoint.safetensors
  differ a/checkpoint.safetensors d/checkpoint.safetensors
}

@test "provenance holds no time, host, folder or thread count" {
  mae-encode --model run test.h5 -o elsewhere.h5 -j 2
  succeeds mae-info --history elsewhere.h5 --json
  history=$output
  [[ $history != *"$PWD"* ]]
  [[ $history != *"$(uname -n)"* ]]
  [[ $history != *'"threads"'* ]]
  json "$history" 'j["provenance"]["program"] == "mae-encode"'
  json "$history" '[i["name"] for i in j["provenance"]["inputs"]] == ["test.h5", "run/checkpoint.safetensors"] or [i["name"] for i in j["provenance"]["inputs"]] == ["run/checkpoint.safetensors", "test.h5"]'
  json "$history" 'sorted(p["program"] for p in j["provenance"]["parents"]) == ["mae-patchify", "mae-pretrain"]'
}
