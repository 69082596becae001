# Pictures of any size, aspect, number of channels and orientation, from files to reports.

load helpers

setup() {
  enter_sandbox
  quick=(--epochs 1 --warmup-epochs 0 --batch-size 4 -q)
}

@test "pictures, patches and grids that are not square" {
  mae-patchify train -o wide.h5 --image-size 32x48 --patch-size 8x16 -q
  h5 wide.h5 'f["patches"].shape == (12, 12, 384)' 'f["patches"].attrs["grid"].tolist() == [4, 3]'
  mae-mask wide.h5 -o m.h5 --strategy block --mask-ratio 0.5
  mae-pretrain wide.h5 -o w --masks m.h5 "${quick[@]}" "${tiny_model[@]}"
  succeeds mae-info --json w
  json "$output" 'j["config"]["img_size"] == [32, 48] and j["config"]["patch_size"] == [8, 16]'
  mae-encode --model w wide.h5 -o f.h5 --patches --attention --blocks 1 -q
  h5 f.h5 'f["patch_features"].shape == (12, 12, 16)' 'f["attention"].shape == (12, 2, 12)' 'f["block_features"].shape == (12, 1, 16)'
  # A folder is prepared as a shard is, whatever the aspect.
  mae-encode --model w train -o g.h5 -q
  same_data f.h5 g.h5 features names
  for output in page.html sheet.png pictures/ r.h5; do
    succeeds mae-reconstruct --model w wide.h5 --masks m.h5 -o $output
  done
  grep -q '32 x 48' page.html
  h5 r.h5 'f["reconstruction"].shape == (12, 12, 384)' 'f["error"].shape == (12, 12)' \
    '((f["reconstruction"][()] == h5py.File("wide.h5")["patches"][()]).all(-1) | (f["mask"][()] == 1)).all()'
  succeeds mae-finetune --model w wide.h5 --val wide.h5 -o c "${quick[@]}"
  succeeds mae-finetune --model c --eval --val train --img-size 64x32
  fails 2 'not divisible' mae-finetune --model c --eval --val train --img-size 65x32
}

@test "a model meets another size than it was trained at" {
  mae-encode --model run photos -o a.h5 --image-size 96x128 --patches
  h5 a.h5 'f["patch_features"].shape == (6, 48, 16)' 'numpy.isfinite(f["features"][()]).all()'
  mae-patchify photos -o p.h5 --image-size 96x128 -q
  mae-encode --model run p.h5 -o b.h5 --patches
  same_data a.h5 b.h5 features patch_features names
  mae-reconstruct --model run photos -o a.html --image-size 96x128
  grep -q '96 x 128' a.html
  mae-reconstruct --model run photos -o a.h5 --image-size 96x128
  mae-reconstruct --model run p.h5 -o b.h5
  same_data a.h5 b.h5 reconstruction error mask
  check_cases <<'END'
2 :: mae-encode --model run photos -o x.h5 --image-size 90 :: --image-size: .*90x90.*16x16
2 :: mae-encode --model run photos.h5 -o x.h5 --image-size 96 :: --image-size: .*photos.h5.*64x64
0 :: mae-encode --model run photos.h5 -o x.h5 --image-size 64 :: samples
2 :: mae-reconstruct --model run photos -o x.png --image-size 0 :: --image-size
END
}

@test "five bands of 16 bits, from TIFF to a report" {
  mae-patchify satellite -o s.h5 --channels 5 --bit-depth 16 --image-size 48x64 --patch-size 16 --compute-mean-std -q
  h5 s.h5 'f["patches"].dtype == numpy.uint16' 'f["patches"].shape == (4, 12, 1280)' \
    'numpy.allclose(f["patches"].attrs["mean"], f["patches"][()].reshape(-1, 5).mean(0) / 65535)' \
    'numpy.allclose(f["patches"].attrs["std"], (f["patches"][()].reshape(-1, 5) / 65535).std(0))'
  "$python" - <<'END'
import h5py, numpy, struct
data = open("satellite/2.tif", "rb").read()
pixels = numpy.frombuffer(data[-48 * 64 * 10 :], "<u2").reshape(48, 64, 5)
patches = h5py.File("s.h5")["patches"][2].reshape(3, 4, 16, 16, 5)
assert (patches.transpose(0, 2, 1, 3, 4).reshape(48, 64, 5) == pixels).all()
END
  mae-pretrain s.h5 -o w --augment crop-color "${quick[@]}" "${tiny_model[@]}"
  # What mae-patchify computed is what the model was trained with and what mae-encode uses.
  succeeds mae-info --json w/checkpoint.safetensors
  json "$output" "j['preprocessing']['mean'] == $("$python" -c 'import h5py; print(h5py.File("s.h5")["patches"].attrs["mean"].tolist())')"
  json "$output" 'j["preprocessing"]["channels"] == 5 and j["preprocessing"]["bit_depth"] == 16'
  succeeds mae-encode --model w s.h5 -o f.h5
  [ -z "$stderr" ]
  # Folders are read with the model's channels and bits.
  mae-encode --model w satellite -o g.h5
  same_data f.h5 g.h5 features names
  mae-pretrain satellite -o folder --in-chans 5 --img-size 32 "${quick[@]}" "${tiny_model[@]}"
  for output in page.html sheet.png pictures/ r.h5; do
    succeeds mae-reconstruct --model w s.h5 -o $output
  done
  grep -q '1 to 3 of 5' page.html
  h5 r.h5 'f["reconstruction"].shape == (4, 12, 1280)' 'f["reconstruction"].attrs["channels"] == 5'
  check_cases <<'END'
3 :: mae-patchify satellite -o x.h5 :: satellite/0.tif: the picture has 5 channels; expected 3
3 :: mae-patchify photos -o x.h5 --channels 5 :: photos/.*: the picture has [134] channels?; expected 5
3 :: mae-encode --model w train.h5 -o x.h5 :: train.h5: .*3 channels.*takes 5
3 :: mae-encode --model run satellite -o x.h5 :: satellite/0.tif: the picture has 5 channels; expected 3
END
}

@test "grey, grey with alpha and RGBA" {
  for channels in 1 2 4; do
    mae-patchify photos -o p$channels.h5 --channels $channels --image-size 32 --patch-size 8 -q
    mae-pretrain p$channels.h5 -o w$channels "${quick[@]}" "${tiny_model[@]}"
    mae-encode --model w$channels p$channels.h5 -o f.h5
    mae-encode --model w$channels photos -o g.h5
    same_data f.h5 g.h5 features names
    for output in page.html sheet.png pictures/ r.h5; do
      succeeds mae-reconstruct --model w$channels p$channels.h5 -o $output
    done
    rm -r pictures
  done
  h5 p2.h5 '(f["patches"][()].reshape(6, 16, 64, 2)[..., 0] == h5py.File("p1.h5")["patches"][()]).all()'
}

@test "a model meets other channels only when told how" {
  # The same grey pictures are in train.h5, as RGB.
  mae-patchify "$root/share/data/fashion-mnist/t10k-images-idx3-ubyte.gz" -o grey.h5 --range 0:64 --channels 1 --image-size 64 -q
  for policy in repeat average; do
    mae-encode --model run grey.h5 -o f.h5 --channels-policy $policy -q
    same_data f.h5 train-features.h5 features names labels
  done
  mae-patchify satellite -o s.h5 --channels 5 --bit-depth 16 --image-size 64 -q
  succeeds mae-encode --model run s.h5 -o f.h5 --channels-policy average
  succeeds mae-encode --model run satellite -o f.h5 --channels-policy average
  succeeds mae-reconstruct --model run s.h5 -o r.html --channels-policy average
  succeeds mae-finetune --model run grey.h5 --val grey.h5 -o c "${quick[@]}" --channels-policy repeat
  succeeds mae-finetune --model c --eval --val grey.h5 --channels-policy repeat
  check_cases <<'END'
3 :: mae-encode --model run grey.h5 -o x.h5 :: grey.h5: .*1 channels.*takes 3
3 :: mae-encode --model run grey.h5 -o x.h5 :: hint: .*--channels-policy repeat
3 :: mae-encode --model run s.h5 -o x.h5 --channels-policy repeat :: s.h5: .*5 channels.*3 channels
3 :: mae-encode --model run satellite -o x.h5 --channels-policy repeat :: satellite/0.tif.*5 channels
2 :: mae-encode --model run s.h5 -o x.h5 --channels-policy mean :: --channels-policy.*error, average, repeat
3 :: mae-finetune --model c --eval --val grey.h5 :: grey.h5.*1 channels
2 :: mae-finetune --model mae-vit-tiny-patch16 grey.h5 -o x --channels-policy repeat :: --channels-policy
END
}

@test "EXIF orientation is ignored unless it is asked for" {
  # Equal names, so that masks and order are equal, too.
  mkdir -p held/cat held/dog upright/cat upright/dog
  for orientation in 1 2 3 4 5 6 7 8; do
    class=$([ $((orientation % 2)) = 1 ] && echo cat || echo dog)
    cp "$root/tests/golden/orientation/$orientation.jpg" held/$class/$orientation.jpg
    cp "$root/tests/golden/orientation/${orientation}_expected.png" upright/$class/$orientation.jpg
  done
  options=(--image-size 16 --patch-size 8 -q)
  mae-patchify held -o held.h5 "${options[@]}"
  mae-patchify held -o turned.h5 --exif-orientation "${options[@]}"
  mae-patchify upright -o upright.h5 "${options[@]}"
  same_data turned.h5 upright.h5 patches labels
  h5 held.h5 '(f["patches"][()] == f["patches"][0]).all()'
  mae-encode --model run held -o a.h5 --exif-orientation
  mae-encode --model run upright -o b.h5
  same_data a.h5 b.h5 features
  mae-reconstruct --model run held -o a.h5 --exif-orientation
  mae-reconstruct --model run upright -o b.h5
  same_data a.h5 b.h5 reconstruction error
  loss() { sed -n 's/.*"train_loss":\([^,}]*\).*/\1/p' "$1/log.jsonl"; }
  plain=(--augment none --img-size 16 --patch-size 8 "${quick[@]}" "${tiny_model[@]}")
  mae-pretrain held -o p1 "${plain[@]}" --exif-orientation
  mae-pretrain upright -o p2 "${plain[@]}"
  mae-pretrain held -o p3 "${plain[@]}"
  [ "$(loss p1)" = "$(loss p2)" ]
  [ "$(loss p1)" != "$(loss p3)" ]
  tune=(--augment none --reprob 0 "${quick[@]}")
  mae-finetune --model p1 held -o c1 "${tune[@]}" --exif-orientation
  mae-finetune --model p1 upright -o c2 "${tune[@]}"
  mae-finetune --model p1 held -o c3 "${tune[@]}"
  [ "$(loss c1)" = "$(loss c2)" ]
  [ "$(loss c1)" != "$(loss c3)" ]
  # A shard's pictures cannot be turned any more.
  succeeds mae-encode --model run test.h5 -o x.h5 --exif-orientation
  [[ $stderr == *test.h5:*--exif-orientation* ]]
}
