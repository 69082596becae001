# mae-reconstruct: shards, pictures, pages and figures.

load helpers

setup() { enter_sandbox; }

@test "the ending of the name says what is written" {
  mae-reconstruct --model run test.h5 -o sheet.png --limit 3
  mae-reconstruct --model run test.h5 -o page.html --limit 3
  mae-reconstruct --model run test.h5 -o page.HTM --limit 3
  mae-reconstruct --model run test.h5 -o pictures/ --limit 3
  mae-reconstruct --model run test.h5 -o shard.hdf5 --limit 3
  file() { head -c 8 "$1" | od -An -c | tr -d ' \n'; }
  [ "$(file sheet.png)" = '211PNG\r\n032\n' ]
  [ "$(file shard.hdf5)" = '211HDF\r\n032\n' ]
  grep -q -i '^<!doctype html>' page.html
  [ "$(ls pictures)" = $'000000_00064.png\n000001_00065.png\n000002_00066.png\nprovenance.json' ]
  succeeds python3 -m json.tool pictures/provenance.json
  # 16 samples are shown unless more are asked for; a shard holds all.
  succeeds mae-reconstruct --model run test.h5 -o s.png
  [ "$(value samples)" = 16 ]
  succeeds mae-reconstruct --model run test.h5 -o s.png --limit 20
  [ "$(value samples)" = 20 ]
  succeeds mae-reconstruct --model run test.h5 -o s.h5
  [ "$(value samples)" = 32 ]
}

@test "a page loads nothing and runs nothing" {
  mkdir odd
  cp photos/rgb.png 'odd/<script>alert(1)<!--.png'
  mae-reconstruct --model run odd -o page.html
  lacks '<script' page.html
  lacks '(src|href)="?https?:' page.html
  grep -q '&lt;script&gt;' page.html
}

@test "figures are those of the shard" {
  succeeds mae-reconstruct --model run test.h5 -o r.h5 --json
  figures=$output
  json "$figures" 'set(j) == {"masked_mse", "psnr", "ssim", "samples"}'
  json "$figures" '0 < j["ssim"] < 1 and 0 < j["psnr"] < 60'
  mse=$("$python" -c 'import h5py; f = h5py.File("r.h5"); print(f["error"][()][f["mask"][()] == 1].mean(dtype="f8"))')
  json "$figures" "abs(j['masked_mse'] - $mse) < 1e-3 * $mse"
}

@test "masks are read, come with the shard, or are drawn" {
  mae-mask test.h5 -o m.h5 --seed 8
  mae-mask test.h5 -o both.h5 --seed 8 --with-patches
  mae-reconstruct --model run test.h5 --masks m.h5 -o a.h5
  mae-reconstruct --model run both.h5 -o b.h5
  mae-reconstruct --model run test.h5 -o c.h5 --seed 8
  same_data a.h5 b.h5 reconstruction error mask
  same_data a.h5 c.h5 reconstruction error mask
  mae-reconstruct --model run both.h5 -o d.h5 --mask-ratio 0.25
  h5 d.h5 'set(f["mask"][()].sum(axis=1)) == {4}'
  fails 2 '--masks' mae-reconstruct --model run test.h5 --masks m.h5 --strategy block -o e.h5
  succeeds mae-reconstruct --model run test.h5 -o none.h5 --mask-ratio 0 --json
  h5 none.h5 '(f["reconstruction"][()] == h5py.File("test.h5")["patches"][()]).all()'
}

@test "statistics of hidden patches are estimated unless the truth is asked for" {
  mae-pretrain train.h5 -o norm --norm-pix-loss --epochs 1 --warmup-epochs 0 --batch-size 16 "${tiny_model[@]}"
  succeeds mae-reconstruct --model norm test.h5 -o visible.h5
  visible=$(value masked_mse)
  succeeds mae-reconstruct --model norm test.h5 -o truth.h5 --patch-stats truth
  truth=$(value masked_mse)
  differ visible.h5 truth.h5
  # An untrained model that is told mean and deviation of every patch looks better than it is.
  "$python" -c "assert $truth < $visible"
  mae-reconstruct --model norm test.h5 -o page.html --patch-stats truth
  grep -q -i 'hidden pixels' page.html
}
