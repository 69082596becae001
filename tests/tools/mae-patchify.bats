# mae-patchify: where pictures come from, and how they are cut.

load helpers

setup() { enter_sandbox; }

names() { "$python" -c 'import h5py, sys; print(*(n.decode() for n in h5py.File(sys.argv[1])["names"][()]))' "$1"; }
labels() { "$python" -c 'import h5py, sys; print(*h5py.File(sys.argv[1])["labels"][()])' "$1"; }

@test "folders, lists, tables, archives and single pictures give the same samples" {
  small=(--image-size 32 -q)
  mae-patchify train -o folder.h5 "${small[@]}"
  [ "$(labels folder.h5)" = "0 0 0 0 0 0 1 1 1 1 1 1" ]
  [ "$(names folder.h5)" = "$(cd train && echo bars/*.png ladders/*.png)" ]
  (cd train && ls bars/*.png ladders/*.png >list.txt)
  mae-patchify train/list.txt -o list.h5 "${small[@]}"
  rm train/list.txt
  same_data folder.h5 list.h5 patches names
  [ "$(labels list.h5)" = "-1 -1 -1 -1 -1 -1 -1 -1 -1 -1 -1 -1" ]
  (cd train && for file in bars/*.png ladders/*.png; do printf '%s\t%s\n' "$file" "${file%/*}"; done | cat <(printf 'path\tclass\n') - >table.tsv)
  mae-patchify train/table.tsv -o table.h5 "${small[@]}"
  rm train/table.tsv
  same_data folder.h5 table.h5 patches names labels class_names
  tar cf train.tar --sort=name -C train bars ladders
  mae-patchify train.tar -o tar.h5 "${small[@]}"
  same_data folder.h5 tar.h5 patches labels class_names
  tar cf both.tar --sort=name train test
  mae-patchify both.tar/train -o part.h5 "${small[@]}"
  same_data folder.h5 part.h5 patches labels names
  mae-patchify train/bars/*.png train/ladders/*.png -o files.h5 "${small[@]}"
  same_data folder.h5 files.h5 patches
}

@test "labels, captions and keys of a webdataset archive" {
  mkdir web
  cp photos/bearskin.jpg web/a.jpg
  cp photos/sidewinder.jpg web/b.jpg
  echo 4 >web/a.cls
  echo 2 >web/b.cls
  echo "a guard" >web/a.txt
  echo "a plane" >web/b.txt
  tar cf web.tar -C web a.jpg a.cls a.txt b.jpg b.cls b.txt
  mae-patchify web.tar -o w.h5 --image-size 32 -q
  [ "$(labels w.h5)" = "4 2" ]
  h5 w.h5 '[text.decode().strip() for text in f["captions"][()]] == ["a guard", "a plane"]'
}

@test "several inputs are one set with one numbering of classes" {
  mae-patchify test train -o all.h5 --image-size 32 -q
  h5 all.h5 'f["names"][0].decode() == "test/bars/6.png"' 'f["names"][8].decode() == "train/bars/0.png"' \
    'f["labels"][()].tolist() == [0] * 4 + [1] * 4 + [0] * 6 + [1] * 6'
  mae-patchify photos/rgb.png photos/rgb.png -o twice.h5 --image-size 32 -q
  h5 twice.h5 'len(set(f["names"][()])) == 2'
}

@test "ranges and limits" {
  mae-patchify train -o all.h5 --image-size 32 -q
  mae-patchify train -o part.h5 --image-size 32 -q --range 4:9
  h5 part.h5 '(f["patches"][()] == h5py.File("all.h5")["patches"][4:9]).all()'
  mae-patchify train -o part.h5 --image-size 32 -q --limit 5
  h5 part.h5 '(f["patches"][()] == h5py.File("all.h5")["patches"][:5]).all()'
  mae-patchify train -o part.h5 --image-size 32 -q --range 4: --limit 2
  h5 part.h5 '(f["names"][()] == h5py.File("all.h5")["names"][4:6]).all()'
}

@test "mean and deviation are computed, given, or another shard's" {
  mae-patchify train -o computed.h5 --image-size 32 -q --compute-mean-std
  h5 computed.h5 'numpy.allclose(f["patches"].attrs["mean"], f["patches"][()].reshape(-1, 3).mean(0) / 255)' \
    'numpy.allclose(f["patches"].attrs["std"], (f["patches"][()].reshape(-1, 3) / 255).std(0))'
  mae-patchify test -o taken.h5 --image-size 32 -q --stats-from computed.h5
  h5 taken.h5 'list(f["patches"].attrs["mean"]) == list(h5py.File("computed.h5")["patches"].attrs["mean"])'
  mae-patchify test -o given.h5 --image-size 32 -q --mean 0.1,0.2,0.3 --std 0.4,0.5,0.6
  h5 given.h5 'list(f["patches"].attrs["mean"]) == [0.1, 0.2, 0.3]' 'list(f["patches"].attrs["std"]) == [0.4, 0.5, 0.6]'
  h5 test.h5 'list(f["patches"].attrs["mean"]) == [0.485, 0.456, 0.406]'
  same_data taken.h5 given.h5 patches
  check_cases <<'END'
2 :: mae-patchify test -o new.h5 --mean 0.5 --std 0.5 :: --mean, --std.*expected 3
2 :: mae-patchify test -o new.h5 --compute-mean-std --stats-from train.h5 :: mean and deviation
3 :: mae-patchify test -o new.h5 --stats-from mask.h5 :: mask.h5
2 :: mae-patchify test -o new.h5 --image-size 30 :: --patch-size.*30x30.*16x16
2 :: mae-patchify test -o new.h5 --channels 0 :: --channels
2 :: mae-patchify test -o new.h5 --resize 16 :: --resize
2 :: mae-patchify test -o - --shard-size 3 :: --shard-size
2 :: mae-patchify test -o new.h5 --rejects r.tsv :: --rejects
END
}

@test "pictures are resized as published, and left alone where they fit" {
  mae-patchify "$root/tests/golden/preprocess/bearskin.jpg" -o b.h5 -q
  mae-patchify "$root/tests/golden/preprocess/bearskin_eval_224.png" -o expected.h5 -q
  same_data b.h5 expected.h5 patches
  mae-patchify photos/rgb.png -o none.h5 --resize none --image-size 16 --patch-size 8 -q
  h5 none.h5 'f["patches"].shape == (1, 4, 192)'
}

@test "MNIST files, with labels" {
  h5 digits.h5 'f["patches"].shape == (32, 49, 16)' 'f["labels"][:5].tolist() == [9, 2, 1, 1, 6]' 'f["names"][0].decode() == "t10k/00000"'
}

@test "odd names stay what they are, and cannot forge messages" {
  mkdir odd
  cp photos/rgb.png "odd/a	tab.png"
  cp photos/rgb.png "odd/ein Flügel 翼.png"
  cp photos/rgb.png odd/$'bad\xff.png'
  printf broken >odd/$'new\nline: error: forged.png'
  run --separate-stderr mae-patchify odd -o o.h5 --image-size 32 -q --on-error skip --rejects r.tsv
  [ "$status" -eq 1 ]
  [ "$(wc -l <r.tsv)" = 1 ]
  [ "$(grep -c '^mae-patchify: error:' <<<"$stderr")" = 1 ]
  h5 o.h5 'len(f["names"]) == 3' 'any("翼" in name.decode() for name in f["names"][()])'
}
