# Outputs appear whole under their name or not at all, and an older one stays as it was.

load helpers

setup() { enter_sandbox; }

teardown() {
  if mountpoint -q "$BATS_TEST_TMPDIR/small-disk"; then umount "$BATS_TEST_TMPDIR/small-disk"; fi
}

# Commands that write one file, which stands at @; they are quick.
file_writers() {
  cat <<'END'
mae-patchify photos -o @ --image-size 32
mae-mask train.h5 -o @
mae-encode --model mae.safetensors test.h5 -o @
mae-reconstruct --model mae.safetensors test.h5 -o @
END
}

# writers CODE NAME PATTERN: a case for each of them that writes to NAME.
writers() {
  local command
  while IFS= read -r command; do echo "$1 :: ${command//@/$2} -q :: $3"; done < <(file_writers)
}

@test "an output that cannot be written is exit code 4 and leaves nothing" {
  check_cases < <(
    writers 4 nowhere/new.h5 'nowhere/new.h5: cannot be created: no such file'
  )
  check_cases <<'END'
4 :: mae-patchify photos -o train.h5/new.h5 -q :: train.h5/new.h5: cannot be created: not a directory
4 :: mae-patchify photos -o /proc/new.h5 -q :: /proc/new.h5: cannot be
4 :: mae-pretrain train.h5 -o train.h5/new --epochs 1 -q --embed-dim 16 --depth 1 --num-heads 2 :: train.h5/new: .
2 :: mae-pretrain train.h5 -o test.h5 --epochs 1 -q --embed-dim 16 --depth 1 --num-heads 2 :: test.h5: exists and is not a folder
4 :: mae-finetune --model mae.safetensors train.h5 -o train.h5/new -q --epochs 1 :: train.h5/new: .
4 :: mae-mask train.h5 test.h5 -o photos.h5/folder -q :: photos.h5/folder
4 :: mae-probe train-features.h5 test-features.h5 -q --epochs 1 --warmup-epochs 0 -o nowhere/c.safetensors >/dev/null :: nowhere/c.safetensors: cannot be created
4 :: mae-probe train-features.h5 test-features.h5 -q --method knn --k 1 --predictions nowhere/p.tsv >/dev/null :: nowhere/p.tsv: cannot be created
4 :: mae-encode --model mae.safetensors test.h5 -o train.h5/f.h5 --num-shards 2 -q :: train.h5/f-00000-of-00002.h5
2 :: mae-mask train.h5 test.h5 -o - :: 2 shards do not fit in one stream
2 :: mae-encode --model mae.safetensors test.h5 -o - --num-shards 2 :: does not fit
2 :: mae-encode --model mae.safetensors test.h5 -o photos :: photos: is a folder
2 :: mae-patchify photos -o photos :: photos: is a folder
2 :: mae-reconstruct --model mae.safetensors test.h5 -o new.txt :: hint: .*\.png
2 :: mae-mask train.h5 -o train.h5 :: train.h5: .*replace the patches
END
}

@test "a device that does not exist is exit code 4" {
  check_cases <<'END'
4 :: mae-encode --model mae.safetensors test.h5 -o new.h5 -q --device cuda:99 :: --device cuda
4 :: mae-reconstruct --model mae.safetensors test.h5 -o new.h5 -q --device cuda:99 :: --device cuda
4 :: mae-pretrain train.h5 --model mae.safetensors -o "$BATS_TEST_TMPDIR/new" --epochs 1 -q --device cuda:99 :: --device cuda
END
}

@test "a full disk is exit code 4, also when standard output is full" {
  check_cases < <(writers 4 /dev/full '/dev/full: .*no space left on device' | grep -v reconstruct)
  check_cases <<'END'
4 :: mae-mask train.h5 -o new.h5 -q >/dev/full; c=$?; rm -f new.h5; exit $c :: standard output: cannot be written: no space left|standard output: cannot write: no space left
4 :: mae-mask train.h5 -o - -q >/dev/full :: standard output: .*no space left on device
4 :: mae-info train.h5 >/dev/full :: standard output: .*no space left on device
4 :: mae --help >/dev/full :: standard output: .*no space left on device
END
}

@test "a small disk that runs full" {
  folder=$BATS_TEST_TMPDIR/small-disk
  mkdir "$folder"
  mount -t tmpfs -o size=256k mae-tests "$folder" 2>/dev/null || skip "needs the right to mount; the limit on file sizes below is alike"
  mae-mask test.h5 -o "$folder/old.h5" -q
  cp "$folder/old.h5" before.h5
  for name in out.h5 old.h5; do
    fails 4 "$name: .*(no space left|needs .* free)" mae-patchify train -o "$folder/$name" --image-size 224 -q
    equal "$folder/old.h5" before.h5
    [ "$(ls -A "$folder")" = old.h5 ] || complain "left behind:" "$(ls -A "$folder")"
  done
  fails 4 'run' mae-pretrain train.h5 -o "$folder/run" -q --epochs 1 --embed-dim 64 --depth 1 --num-heads 2
  [ ! -e "$folder/run/checkpoint.safetensors" ]
  [ -z "$(find "$folder" -name '.*.tmp')" ]
}

@test "a limit on file sizes is like a full disk" {
  mae-mask test.h5 -o old.h5 -q
  cp old.h5 before.h5
  for name in new.h5 old.h5; do
    run bash -c "ulimit -f 64; mae-patchify train -o $name --image-size 224 -q"
    [ "$status" -eq 4 ] || complain "exit code $status" "$output"
    [ ! -e new.h5 ]
    equal old.h5 before.h5
    [ -z "$(find . -name '.*.tmp')" ] || complain "left behind" "$(find . -name '.*.tmp')"
  done
}

# Whether enough are left depends on what a tool and its libraries need, so every number is tried until the tool succeeds.
@test "too few file handles are no fault of the input" {
  local command handles refused
  for command in \
    'mae-mask test.h5 -o new.h5' \
    'mae-patchify photos -o new.h5 --image-size 32 --on-error skip' \
    'mae-encode --model mae.safetensors test.h5 -o new.h5' \
    'mae-info --check test.h5 mae.safetensors'; do
    refused=0
    for handles in 4 5 6 7 8 9 10 11 12 14 16 20 24 32 64; do
      run bash -c "ulimit -n $handles; $command -q 3>&- 4>&- 5>&- 6>&-"
      [ "$status" -ne 0 ] || break
      [ "$status" -eq 4 ] || complain "$command with $handles handles: exit code $status" "$output"
      [[ $output == *"oo many open files"* ]] || complain "$command with $handles handles" "$output"
      [ ! -e new.h5 ]
      refused=$((refused + 1))
    done
    [ "$status" -eq 0 ] && [ "$refused" -gt 0 ] || complain "$command: exit code $status after $refused refusals"
    rm -f new.h5
  done
}

@test "an older output stays untouched when its successor fails" {
  cp train.h5 precious.h5
  check_cases <<'END'
3 :: mae-mask missing.h5 -o precious.h5 :: missing.h5: no such file
3 :: mae-patchify missing -o precious.h5 :: missing: no such file
3 :: mae-encode --model missing.safetensors test.h5 -o precious.h5 :: missing.safetensors: no such file
3 :: mae-encode --model mae.safetensors digits.h5 -o precious.h5 :: digits.h5
3 :: mae-reconstruct --model mae.safetensors digits.h5 -o precious.h5 :: digits.h5
END
}

@test "--no-clobber refuses what exists, and only that" {
  printf old >new.h5
  check_cases < <(
    writers 2 'new.h5 --no-clobber' 'new.h5: already exists'
  )
  ln -s nowhere dangling.h5
  fails 2 'dangling.h5: already exists' mae-mask train.h5 -o dangling.h5 --no-clobber
  fails 2 'already exists' mae-probe train-features.h5 test-features.h5 -q --epochs 1 --warmup-epochs 0 -o mae.safetensors --no-clobber
  fails 2 'run: the folder already holds a run' mae-pretrain train.h5 -o run --epochs 1 -q "${tiny_model[@]}"
  succeeds env MAE_NO_CLOBBER=1 mae-mask train.h5 -o new.h5 --clobber
}

@test "a symbolic link is replaced, not followed" {
  cp mask.h5 target.h5
  ln -s target.h5 link.h5
  mae-mask train.h5 -o link.h5 --seed 5
  [ ! -L link.h5 ]
  equal target.h5 mask.h5
}

@test "an output may replace the input it was made from" {
  cp train.h5 same.h5
  mae-mask same.h5 -o same.h5 --with-patches
  succeeds mae-info --check same.h5
  h5 same.h5 '"patches" in f and "mask" in f'
}

@test "--dry-run checks everything and writes nothing" {
  check_cases <<'END'
0= :: mae-patchify photos -o new.h5 --dry-run :: samples
0= :: mae-mask train.h5 -o new.h5 --dry-run :: .
0= :: mae-mask train.h5 test.h5 -o new --dry-run :: .
0= :: mae-pretrain train.h5 -o new --dry-run --embed-dim 16 --depth 1 --num-heads 2 :: memory_bytes
0= :: mae-encode --model mae.safetensors test.h5 -o new.h5 --dry-run :: embed_dim
0= :: mae-reconstruct --model mae.safetensors test.h5 -o new.png --dry-run :: .
0= :: mae-probe train-features.h5 test-features.h5 -o new.safetensors --dry-run :: .
0= :: mae-finetune --model mae.safetensors train.h5 --val test.h5 -o new --dry-run :: .
3 :: mae-patchify missing -o new.h5 --dry-run :: missing: no such file
3 :: mae-mask missing.h5 -o new.h5 --dry-run :: missing.h5: no such file
3 :: mae-encode --model mae.safetensors digits.h5 -o new.h5 --dry-run :: digits.h5
3 :: mae-pretrain missing.h5 -o new --dry-run :: missing.h5: no such file
3 :: mae-finetune --model missing train.h5 -o new --dry-run :: missing
END
}

@test "--if-changed does nothing where the output is what the run would make" {
  while IFS= read -r command; do
    command=${command//@/out.h5}
    rm -f out.h5
    succeeds $command --if-changed
    first=$(stat -c '%i %Y' out.h5)
    succeeds $command --if-changed
    [ "$first" = "$(stat -c '%i %Y' out.h5)" ] || complain "made again: $command"
    cp out.h5 before.h5
    # Another option, or a damaged output, is a reason to make it again.
    truncate -s -1 out.h5
    succeeds $command --if-changed
    equal out.h5 before.h5
  done < <(file_writers)
  succeeds mae-patchify photos -o p.h5 --no-clobber -q
  succeeds mae-mask train.h5 -o m.h5 --if-changed --seed 1
  first=$(stat -c %i m.h5)
  succeeds mae-mask train.h5 -o m.h5 --if-changed --seed 2
  [ "$first" != "$(stat -c %i m.h5)" ]
  first=$(stat -c %i m.h5)
  cp --remove-destination test.h5 train.h5
  succeeds mae-mask train.h5 -o m.h5 --if-changed --seed 2
  [ "$first" != "$(stat -c %i m.h5)" ]
}

@test "--if-changed knows runs, classifiers, pictures and pages" {
  for name in sheet.png page.html pictures/; do
    succeeds mae-reconstruct --model mae.safetensors test.h5 -o $name --limit 2 --if-changed
    before=$(list_files)
    succeeds mae-reconstruct --model mae.safetensors test.h5 -o $name --limit 2 --if-changed
    [ "$before" = "$(list_files)" ] || complain "made again: $name"
    succeeds mae-reconstruct --model mae.safetensors test.h5 -o $name --limit 2 --if-changed --seed 1
    [ "$before" != "$(list_files)" ] || complain "not made again: $name"
  done
  classifier=(mae-probe train-features.h5 test-features.h5 --epochs 2 --warmup-epochs 0 -o c.safetensors --if-changed)
  succeeds "${classifier[@]}"
  table=$output before=$(stat -c %i c.safetensors)
  succeeds "${classifier[@]}"
  [ "$table" = "$output" ]
  [ "$before" = "$(stat -c %i c.safetensors)" ]
  run=(mae-pretrain train.h5 -o run --val test.h5 --epochs 2 --warmup-epochs 0 --batch-size 16 --if-changed "${tiny_model[@]}")
  before=$(list_files)
  succeeds "${run[@]}"
  [ "$before" = "$(list_files)" ] || complain "the finished run changed"
  fails 2 'already holds a run' "${run[@]}" --seed 1
}
