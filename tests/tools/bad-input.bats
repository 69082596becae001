# Inputs that are missing, damaged or do not fit: exit code 3, the file's name, nothing printed, nothing left behind.

load helpers

setup_file() {
  export DAMAGED=$BATS_FILE_TMPDIR/damaged
  cp -a "$MAE_WORLD" "$DAMAGED"
  "$python" "$BATS_TEST_DIRNAME/damage.py" "$DAMAGED"
  cd "$DAMAGED" || return 1
  mae-patchify train -o grey.h5 -q --image-size 64 --channels 1
}

setup() { cd "$DAMAGED" || return 1; }

# Commands that read a patch shard, which stands at @.
patch_readers() {
  cat <<'END'
mae-mask @ -o new.h5
mae-encode --model mae.safetensors @ -o new.h5
mae-reconstruct --model mae.safetensors @ -o new.png
mae-pretrain @ -o new --epochs 1 --embed-dim 16 --depth 1 --num-heads 2
mae-finetune --model mae.safetensors @ --val test.h5 -o new --epochs 1
mae-info @
END
}

# Commands that read a checkpoint.
checkpoint_readers() {
  cat <<'END'
mae-encode --model @ test.h5 -o new.h5
mae-reconstruct --model @ test.h5 -o new.png
mae-pretrain --model @ train.h5 -o new --epochs 1
mae-finetune --model @ train.h5 --val test.h5 -o new --epochs 1
mae-info @
END
}

# cases READERS < TABLE: a line FILE :: PATTERN becomes a case for each reader.
cases() {
  local file pattern command
  while IFS= read -r line; do
    file=${line%% ::*} pattern=${line##*:: }
    while IFS= read -r command; do
      echo "3 :: ${command//@/$file} :: error: [^ ]*${pattern}"
    done < <("$1")
  done
}

@test "every reader of shards refuses what is not a whole shard" {
  check_cases < <(cases patch_readers <<'END'
missing.h5 :: missing.h5: no such file
cut.h5 :: cut.h5: .*truncated
fifo.h5 :: fifo.h5: is a FIFO
END
  )
  # All of them read through one class; the rest is asked of the quickest.
  check_cases <<'END'
3 :: mae-info empty.h5 :: empty.h5: .*empty
3 :: mae-info text.h5 :: text.h5: .*HDF5
3 :: mae-info newer.h5 :: newer.h5: .*newer version
3 :: mae-info unfinished.h5 :: unfinished.h5: is incomplete
3 :: mae-info foreign.h5 :: foreign.h5: .*(format|shard)
3 :: mae-info old-layout.h5 :: old-layout.h5: .
3 :: mae-info linked.h5 :: linked.h5:.*link
3 :: mae-info longer.h5 :: longer.h5: .
3 :: mae-info nothing :: nothing: folder has no shards
3 :: mae-info sky.png :: sky.png: .
3 :: mae-info /dev/zero :: /dev/zero: is a device
3 :: mae-info - </dev/null :: standard input: .*empty
3 :: mae-info - <text.h5 :: standard input: .*HDF5
3 :: head -c 100000 train.h5 | mae-info - :: standard input: .*truncated
3 :: MAE_MAX_STDIN=1000 mae-info - <train.h5 :: standard input: is longer than 1000 bytes
2 :: MAE_MAX_STDIN=many mae-info - <train.h5 :: MAE_MAX_STDIN
END
}

@test "what a shard lacks is named with its dataset" {
  check_cases <<'END'
3 :: mae-mask flipped.h5 -o new.h5 --with-patches :: flipped.h5.*(checksum|damaged)
3 :: mae-encode --model mae.safetensors flipped.h5 -o new.h5 :: flipped.h5.*(checksum|damaged)
3 :: mae-mask no-patches.h5 -o new.h5 :: no-patches.h5: has no dataset patches
3 :: mae-mask no-grid.h5 -o new.h5 :: no-grid.h5:/patches.*grid
3 :: mae-mask other-grid.h5 -o new.h5 :: other-grid.h5:/patches.*5 ?x ?5
3 :: mae-mask two-dimensions.h5 -o new.h5 :: two-dimensions.h5:/patches
3 :: mae-encode --model mae.safetensors two-dimensions.h5 -o new.h5 :: two-dimensions.h5:/patches
3 :: mae-mask fewer-labels.h5 -o new.h5 :: fewer-labels.h5.*labels
3 :: mae-mask nothing -o new :: nothing: folder has no shards
3 :: mae-mask sky.png -o new.h5 :: sky.png: .*HDF5
3 :: mae-mask /dev/zero -o new.h5 :: /dev/zero: is a device
END
}

@test "what does not fit together is refused" {
  check_cases <<'END'
3 :: mae-encode --model mae.safetensors digits.h5 -o new.h5 :: digits.h5: .*28x28.*16x16
3 :: mae-encode --model mae.safetensors grey.h5 -o new.h5 :: grey.h5: .*1 channel.*3
3 :: mae-encode --model mae.safetensors test.h5 -o new.h5 --masks mask.h5 :: mask.h5:/mask
3 :: mae-reconstruct --model mae.safetensors test.h5 -o new.png --masks mask.h5 :: mask.h5:/mask
3 :: mae-reconstruct --model mae.safetensors train.h5 -o new.png --masks train.h5 :: train.h5: has no dataset mask
3 :: mae-mask digits.h5 -o d.h5 -q >/dev/null; mae-reconstruct --model mae.safetensors test.h5 -o new.png --masks d.h5; c=$?; rm d.h5; exit $c :: d.h5:/mask.*49
3 :: mae-reconstruct --model mae.safetensors train.h5 -o new.png --masks missing.h5 :: missing.h5: no such file
3 :: mae-pretrain grey.h5 --model mae.safetensors -o new --epochs 1 :: grey.h5: .*1 channel
3 :: mae-finetune --model mae.safetensors grey.h5 -o new --epochs 1 :: grey.h5: .*1 channel
3 :: mae-pretrain train.h5 --val digits.h5 -o new --epochs 1 --embed-dim 16 --depth 1 --num-heads 2 :: digits.h5
3 :: mae-encode --model mae.safetensors train.h5 digits.h5 -o new.h5 :: digits.h5
2 :: mae-encode --model mae.safetensors train.h5 photos -o new.h5 :: photos: is not a shard
3 :: mae-finetune --model mae.safetensors unlabelled.h5 --val test.h5 -o new --epochs 1 :: t10k/00000: .*no label
3 :: mae-finetune --model mae.safetensors photos.h5 -o new --epochs 1 :: no sample has a label
3 :: mae-reconstruct --model tuned test.h5 -o new.png :: tuned.*classifier
3 :: mae-pretrain --model tuned test.h5 -o new --epochs 1 :: tuned.*classifier
3 :: mae-encode --model train.h5 test.h5 -o new.h5 :: train.h5: .*safetensors
3 :: mae-encode --model photos test.h5 -o new.h5 :: photos/checkpoint.safetensors: no such file
END
}

@test "the probe refuses sets that tell it nothing" {
  check_cases <<'END'
3 :: mae-probe missing.h5 test-features.h5 :: missing.h5: no such file
3 :: mae-probe train-features.h5 cut.h5 :: cut.h5: .*truncated
3 :: mae-probe unlabelled-features.h5 test-features.h5 :: label
3 :: mae-probe mask.h5 test-features.h5 :: mask.h5
3 :: mae-probe train-features.h5 test.h5 --method knn :: (test.h5|features)
3 :: mae-probe mae.safetensors test-features.h5 :: mae.safetensors
3 :: mae-probe fifo.h5 test-features.h5 :: fifo.h5: is a FIFO
5 :: mae-probe nan-features.h5 test-features.h5 -q :: finite
5 :: mae-probe nan-features.h5 test-features.h5 -q --method knn --k 1 :: finite
2 :: mae-probe train-features.h5 :: test set
2 :: mae-probe train-features.h5 test-features.h5 test.h5 :: test set
2 :: mae-probe --train train-features.h5 --test test-features.h5 train.h5 :: train.h5
2 :: mae-probe train-features.h5 test-features.h5 --method knn --k 65 -q :: --k: expected 1 to 64
2 :: mae-probe train-features.h5 test-features.h5 --method knn -o c.safetensors :: k-NN
2 :: mae-probe train-features.h5 test-features.h5 -o c.h5 :: c.h5: .*safetensors
END
}

@test "every reader of checkpoints refuses what is not a whole checkpoint" {
  check_cases < <(cases checkpoint_readers <<'END'
missing.safetensors :: missing.safetensors: no such file
cut.safetensors :: cut.safetensors: .*truncated
fifo.safetensors :: fifo.safetensors: is a FIFO
END
  )
  check_cases <<'END'
3 :: mae-info empty.safetensors :: empty.safetensors: .
3 :: mae-info text.safetensors :: text.safetensors: .
3 :: mae-info huge-header.safetensors :: huge-header.safetensors: .
1 :: mae-info --check flipped.safetensors :: 1 of 1 files
3 :: mae-encode --model flipped.safetensors test.h5 -o new.h5 :: flipped.safetensors: .
3 :: mae-pretrain --model flipped.safetensors train.h5 -o new --epochs 1 :: flipped.safetensors: .
END
}

@test "a checkpoint whose parts do not fit is refused" {
  check_cases <<'END'
3 :: mae-encode --model foreign.safetensors test.h5 -o new.h5 :: foreign.safetensors: .*how many heads
3 :: mae-encode --model wider.safetensors test.h5 -o new.h5 :: wider.safetensors:.*expected 32
3 :: mae-encode --model unknown-model.safetensors test.h5 -o new.h5 :: unknown-model.safetensors: .*resnet
3 :: mae-encode --model unknown-field.safetensors test.h5 -o new.h5 :: unknown-field.safetensors: .*colour
3 :: mae-encode --model other-tensors.safetensors test.h5 -o new.h5 :: other-tensors.safetensors: .*norm.(weight|extra)
END
}

@test "a number that is not finite is exit code 5 and never written" {
  check_cases <<'END'
5 :: mae-encode --model nan.safetensors test.h5 -o new.h5 -q :: finite
5 :: mae-reconstruct --model nan.safetensors test.h5 -o new.h5 -q :: finite
5 :: mae-reconstruct --model nan.safetensors test.h5 -o new.png -q :: finite
END
  run mae-pretrain train.h5 --model nan.safetensors -o nan-new --epochs 1 -q
  [ "$status" -eq 5 ]
  [ ! -e nan-new/checkpoint.safetensors ]
  run mae-finetune --model nan.safetensors train.h5 --val test.h5 -o nan-tuned --epochs 1 -q
  [ "$status" -eq 5 ]
  [ ! -e nan-tuned/checkpoint.safetensors ]
}

@test "pictures that cannot be decoded are refused, or skipped and listed" {
  for name in cut empty text bomb; do
    check_cases <<END
3 :: mae-patchify only-$name -o new.h5 -q :: only-$name/$name
3 :: mae-encode --model mae.safetensors only-$name -o new.h5 -q :: $name
END
  done
  check_cases <<'END'
3 :: mae-patchify bad-photos -o new.h5 -q :: bad-photos/cut.jpg
3 :: mae-encode --model mae.safetensors bad-photos -o new.h5 -q :: cut.jpg
3 :: mae-reconstruct --model mae.safetensors bad-photos -o new.png -q :: cut.jpg
3 :: mae-pretrain bad-photos --model mae.safetensors -o "$BATS_TEST_TMPDIR/new" --epochs 1 --batch-size 2 -q :: cut.jpg
3 :: mae-patchify missing -o new.h5 :: missing: no such file
3 :: mae-patchify nothing -o new.h5 :: nothing: .*pictures
3 :: mae-patchify train.h5 -o new.h5 :: train.h5
3 :: mae-patchify fifo.h5 -o new.h5 :: fifo.h5
3 :: mae-patchify /dev/zero -o new.h5 :: /dev/zero
1 :: mae-patchify bad-photos -o new.h5 -q --on-error skip --rejects r.tsv && exit 9; c=$?; grep -q ^cut.jpg r.tsv && mae-info --check new.h5 && exit $c :: 1 picture
1 :: mae-encode --model mae.safetensors bad-photos -o new.h5 -q --on-error skip --rejects r.tsv; c=$?; grep -q ^cut.jpg r.tsv && mae-info --check new.h5 && exit $c :: 1 picture
1 :: mae-reconstruct --model mae.safetensors bad-photos -o new.h5 -q --on-error skip --rejects r.tsv; c=$?; grep -q ^cut.jpg r.tsv && mae-info --check new.h5 && exit $c :: 1 picture
0 :: mae-patchify photos -o new.h5 -q --on-error skip --rejects r.tsv && [ -f r.tsv ] && [ ! -s r.tsv ] && echo empty :: empty
END
}

@test "lists, tables, archives and MNIST files that are damaged" {
  folder=$BATS_TEST_TMPDIR/lists
  mkdir "$folder" && cd "$folder"
  cp "$DAMAGED/photos/bearskin.jpg" a.jpg
  echo missing.jpg >missing.txt
  echo ../a.jpg >outside.txt
  echo /etc/hostname >absolute.txt
  : >empty.txt
  printf 'name,label\na.jpg,cat\n' >no-image.csv
  printf 'image,label\na.jpg,cat,dog\n' >ragged.csv
  printf 'image,label\n"a.jpg,cat\n' >quote.csv
  tar cf good.tar a.jpg
  head -c 1000 good.tar >cut.tar
  fashion=$root/share/data/fashion-mnist
  cp "$fashion/t10k-images-idx3-ubyte.gz" alone-images-idx3-ubyte.gz
  head -c 100000 "$fashion/t10k-images-idx3-ubyte.gz" >cut-images-idx3-ubyte.gz
  cp "$fashion/t10k-labels-idx1-ubyte.gz" cut-labels-idx1-ubyte.gz
  check_cases <<'END'
3 :: mae-patchify missing.txt -o new.h5 -q :: missing.jpg
3 :: mae-patchify outside.txt -o new.h5 -q :: outside.txt:1
3 :: mae-patchify absolute.txt -o new.h5 -q :: absolute.txt:1
3 :: mae-patchify empty.txt -o new.h5 -q :: empty.txt
3 :: mae-patchify no-image.csv -o new.h5 -q :: no-image.csv
3 :: mae-patchify ragged.csv -o new.h5 -q :: ragged.csv:2
3 :: mae-patchify quote.csv -o new.h5 -q :: quote.csv:2
3 :: mae-patchify cut.tar -o new.h5 -q :: cut.tar
3 :: mae-patchify cut-images-idx3-ubyte.gz -o new.h5 -q :: cut-images-idx3-ubyte.gz
2 :: mae-patchify good.tar -o new.h5 -q --range 5:9 :: --range
2 :: mae-patchify good.tar -o new.h5 -q --range 3:1 :: --range
0 :: mae-patchify good.tar -o new.h5 --image-size 32 && mae-info --check new.h5 :: ok
0 :: mae-patchify alone-images-idx3-ubyte.gz -o new.h5 --limit 4 --channels 1 --image-size 28 --patch-size 4 :: 4
END
}
