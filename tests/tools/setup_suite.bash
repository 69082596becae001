# Makes, once for all tables, a small world in which every example of the man pages runs.
# shellcheck shell=bash

setup_suite() {
  export MAE_WORLD=$BATS_SUITE_TMPDIR/world
  local folder
  folder=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
  BATS_TEST_DIRNAME=$folder
  # shellcheck source=tests/tools/helpers.bash
  . "$folder/helpers.bash"
  mkdir "$MAE_WORLD"
  cd "$MAE_WORLD" || return 1
  make_world >"$BATS_SUITE_TMPDIR/world.log" 2>&1 || { cat "$BATS_SUITE_TMPDIR/world.log" >&2 && return 1; }
}

# Sizes are the smallest that leave something to see: 4 x 4 patches of 16 x 16 pixels, a model of one block.
make_world() {
  set -e
  local fashion=$root/share/data/fashion-mnist/t10k-images-idx3-ubyte.gz pictures=$root/tests/golden/pictures
  mkdir photos
  cp "$root"/tests/golden/preprocess/{bearskin,sidewinder}.jpg \
    "$pictures"/{baseline_420.jpg,progressive.jpg,rgb.png,rgb_lossless.webp} photos
  "$python" "$BATS_TEST_DIRNAME/pictures.py" .
  mae-patchify photos -o photos.h5 --image-size 64
  mae-patchify "$fashion" -o train.h5 --range 0:64 --channels 3 --image-size 64
  mae-patchify "$fashion" -o test.h5 --range 64:96 --channels 3 --image-size 64
  mae-patchify "$fashion" -o digits.h5 --range 0:32 --channels 1 --image-size 28 --patch-size 4
  mae-mask train.h5 -o mask.h5
  mae-pretrain train.h5 -o run --val test.h5 --epochs 2 --warmup-epochs 0 --batch-size 16 "${tiny_model[@]}"
  cp run/checkpoint.safetensors mae.safetensors
  mae-encode --model mae.safetensors train.h5 -o train-features.h5
  mae-encode --model mae.safetensors test.h5 -o test-features.h5
  mae-finetune --model mae.safetensors train.h5 --val test.h5 -o tuned --epochs 1 --batch-size 16 --warmup-epochs 0
  set +e
}
