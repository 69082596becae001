# mae-mask: which patches are hidden.

load helpers

setup() { enter_sandbox; }

# hidden FILE: the hidden patches of the first sample.
hidden() { "$python" -c 'import h5py, sys; print(*h5py.File(sys.argv[1])["mask"][0].nonzero()[0])' "$1"; }

@test "the number of visible patches is floored as published" {
  for line in 0.5:8 0.9:1 0.3:11; do
    succeeds mae-mask train.h5 -o m.h5 --mask-ratio ${line%:*}
    [ "$(value visible)" = ${line#*:} ] || complain "$line"
  done
  succeeds mae-mask train.h5 -o m.h5 --mask-ratio 0
  [ "$(hidden m.h5)" = "" ]
  fails 2 'mask-ratio|visible' mae-mask train.h5 -o m.h5 --mask-ratio 1
}

@test "strategies differ in shape and not in number" {
  mae-mask digits.h5 -o block.h5 --strategy block
  h5 block.h5 'set(f["mask"][()].sum(axis=1)) == {37}' 'f["mask"].attrs["strategy"] in ("block", b"block")'
  mae-mask train.h5 -o grid.h5 --strategy grid
  h5 grid.h5 'all((m.reshape(2, 2, 2, 2).sum(axis=(1, 3)) == 3).all() for m in f["mask"][()])'
  fails 2 'grid' mae-mask digits.h5 -o m.h5 --strategy grid
  fails 2 '0.75' mae-mask train.h5 -o m.h5 --strategy grid --mask-ratio 0.5
}

@test "regions from lists" {
  printf '0 5-7 # a comment\n\n2,3\n3,0-1\n' >list.txt
  mae-mask train.h5 -o m.h5 --from-list list.txt
  [ "$(hidden m.h5)" = "0 5 6 7 11 12 13" ]
  h5 m.h5 '(f["mask"][()] == f["mask"][0]).all()' 'f["mask"].attrs["mask_ratio"] == 7 / 16'
  check_cases <<'END'
3 :: mae-mask train.h5 -o m.h5 --from-list missing.txt :: missing.txt: no such file
3 :: echo 16 >../bad1; mae-mask train.h5 -o m.h5 --from-list ../bad1 :: bad1:1.*16.*0 to 15
3 :: printf '1\n4,0\n' >../bad2; mae-mask train.h5 -o m.h5 --from-list ../bad2 :: bad2:2.*row 4
3 :: echo seven >../bad5; mae-mask train.h5 -o m.h5 --from-list ../bad5 :: bad5:1.*seven
3 :: echo '# nothing' >../bad6; mae-mask train.h5 -o m.h5 --from-list ../bad6 :: bad6.*hides no patch
3 :: echo 0-15 >../bad7; mae-mask train.h5 -o m.h5 --from-list ../bad7 :: bad7.*every patch
3 :: mae-mask train.h5 -o m.h5 --from-list /dev/zero :: /dev/zero
2 :: mae-mask train.h5 -o m.h5 --strategy file :: --strategy.*region
2 :: mae-mask train.h5 -o m.h5 --strategy block --from-list list.txt :: --strategy
2 :: mae-mask train.h5 -o m.h5 --from-image sky.png --from-list list.txt :: --from-image, --from-list
END
}

@test "regions that are painted" {
  mae-mask train.h5 -o m.h5 --from-image sky.png
  [ "$(hidden m.h5)" = "0 1 2 3 4 5 6 7" ]
  check_cases <<'END'
3 :: mae-mask train.h5 -o m.h5 --from-image missing.png :: missing.png: no such file
3 :: mae-mask train.h5 -o m.h5 --from-image train.h5 :: train.h5
END
}

@test "several shards give a folder of masks that other tools take" {
  mae-patchify photos -o set.h5 --image-size 64 --shard-size 2
  mkdir set && mv set-* set
  mae-mask set -o masks
  [ "$(ls masks)" = "$(ls set)" ]
  mae-reconstruct --model mae.safetensors set --masks masks -o r.h5
  h5 r.h5 'len(f["names"]) == 6'
  rm set/set-00001-of-00003.h5
  fails 3 'set-00001-of-00003.h5: shard is missing' mae-mask set -o again
  mkdir other && cp train.h5 other
  fails 2 'two inputs are called train.h5' mae-mask train.h5 other/train.h5 -o masks
}
