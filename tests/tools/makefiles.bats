# The experiments of examples/ run at their smallest, on generated pictures: tables, pictures, and nothing to do a second time.

load helpers

setup() {
  enter_sandbox
  tiny=(--no-print-directory "BIN=$bin" "DATA=$PWD" "OUT=$PWD/out" SUBSET=4 TEST_SUBSET=2 EPOCHS=1)
  unset MAKEFLAGS MFLAGS MAKELEVEL
}

# make_example NAME ARGUMENT...
make_example() {
  local name=$1
  shift
  make -C "$root/examples/$name" "${tiny[@]}" "$@"
}


@test "ablations: a table and a picture each, beside the paper's figures" {
  printf '%s\n' '[mae-pretrain]' 'embed-dim = 16' 'depth = 1' 'num-heads = 2' 'decoder-embed-dim = 8' 'decoder-depth = 1' \
    'decoder-num-heads = 2' 'warmup-epochs = 0' >tiny.toml
  some=("BASELINE=$PWD/tiny.toml" PROBE_EPOCHS=2 FINETUNE_EPOCHS=2 CODES=8 'ABLATIONS=mask-token target')
  succeeds make_example ablations "${some[@]}"
  [ "$(cut -f 1,3,5 out/mask-token.tsv)" = "$(printf '%s\n' \
    $'mask-token\tpaper linear\tpaper fine-tuned' $'encoder with mask tokens\t59.6\t84.2' $'encoder without\t73.5\t84.9')" ]
  awk -F '\t' 'FNR > 1 && !($2 >= 0 && $2 <= 100 && $2 != "" && $4 >= 0 && $4 <= 100 && $4 != "") { exit 1 }' out/mask-token.tsv out/target.tsv
  grep -q '^<svg' out/target.svg
  succeeds make_example ablations "${some[@]}" --question "$PWD/out/mask-token.svg" "$PWD/out/target.svg"
  # With one more ablation only its own cells are made.
  succeeds make_example ablations "${some[@]}" 'ABLATIONS=mask-token decoder-depth' --dry-run
  [ "$(grep -c '^mae-pretrain' <<<"$output")" = 4 ]
}

@test "ablations: every cell is a line of six fields with options that mae-pretrain takes" {
  cells=$root/examples/ablations/cells.tsv
  [ "$(awk -F '\t' 'NF != 6' "$cells")" = '' ]
  succeeds make_example ablations --dry-run
  [ "$(grep -c '^mae-pretrain' <<<"$output")" = "$(sed 1d "$cells" | cut -f 3 | sort -u | wc -l)" ]
  mae-patchify train -o small.h5 --image-size 32 --patch-size 4 -q >/dev/null
  mae-codebook small.h5 -o pca.safetensors --method pca --components 6 -q >/dev/null
  mae-codebook small.h5 -o codes.safetensors --method kmeans --codes 8 -q >/dev/null
  mapfile -t options < <(sed 1d "$cells" | cut -f 4 | sed 's|@OUT@/||' | sort -u)
  for line in "${options[@]}"; do
    read -ra words <<<"$line"
    succeeds mae-pretrain small.h5 -o new --config "$root/examples/ablations/baseline.toml" "${words[@]}" --epochs 2 --dry-run
  done
}

@test "transfer: every protocol in one table" {
  small=('ENCODER=--embed-dim 16 --depth 2 --num-heads 2' 'BLOCKS=0,1,all' FINETUNE_EPOCHS=2 ONLINE_EPOCHS=12
    'MODEL=--embed-dim 16 --depth 2 --num-heads 2 --decoder-embed-dim 8 --decoder-depth 1 --decoder-num-heads 2')
  export MAE_K=5 # of 8 samples
  succeeds make_example transfer "${small[@]}"
  [ "$(cut -f 1 out/transfer.tsv | paste -sd ,)" = "way,k-NN: pixels,k-NN: untrained,k-NN: pretrained,linear: pixels,linear: untrained,\
linear: pretrained,linear online: pretrained,fine-tuned: 0 blocks,fine-tuned: 1 blocks,fine-tuned: all blocks,from scratch" ]
  awk -F '\t' 'NR > 1 && !($2 >= 0 && $2 <= 100 && $3 >= $2) { exit 1 }' out/transfer.tsv
  grep -q '^<svg' out/partial.svg
  succeeds make_example transfer "${small[@]}" --question "$PWD/out/transfer.tsv"
}

@test "image-text: captions from class names, a table, and a page with words" {
  small=('MODEL=--model m3ae-small-patch16 --embed-dim 16 --depth 1 --num-heads 2 --decoder-embed-dim 16 --decoder-depth 1 --decoder-num-heads 2')
  export MAE_K=5 # of 8 samples
  succeeds make_example image-text "${small[@]}"
  h5 out/train.h5 'f["captions"][0].decode() == "a photo of a bars"' 'f["tokens"].shape == (8, 16)' 'f["labels"][()].tolist() == [0] * 4 + [1] * 4'
  [ "$(cut -f 1,2 out/table.tsv | sed 1d | tr '\t\n' '-,')" = pixels-linear,pixels-knn,untrained-linear,untrained-knn,run-linear,run-knn, ]
  grep -q '<p class="words">' out/report.html
  grep -q '"text_accuracy"' out/run/log.jsonl
  succeeds make_example image-text "${small[@]}" --question "$PWD/out/table.tsv" "$PWD/out/report.html"
}

@test "video: a table and a page" {
  small=('MODEL=--model video-mae-small-patch16 --embed-dim 24 --depth 1 --num-heads 2 --decoder-embed-dim 12 --decoder-depth 1 --decoder-num-heads 2')
  mkdir idx
  for part in train t10k; do cp "$root/share/data/fashion-mnist/t10k-images-idx3-ubyte.gz" "idx/$part-images-idx3-ubyte.gz"; done
  succeeds make_example video "${small[@]}" SUBSET=8 TEST_SUBSET=8 FEW=8 PROBE_EPOCHS=2 FINETUNE_EPOCHS=1 K=3 "DATA=$PWD/idx"
  [ "$(cut -f 1 out/table.tsv | paste -sd ,)" = "encoder,pretrained,untrained" ]
  awk -F '\t' 'NR > 1 && !($2 != "" && $2 <= 100 && $3 != "" && $3 <= 100 && $4 != "" && $4 <= 100) { exit 1 }' out/table.tsv
  [ -s out/report.html ]
  succeeds make_example video "${small[@]}" SUBSET=8 TEST_SUBSET=8 FEW=8 PROBE_EPOCHS=2 FINETUNE_EPOCHS=1 K=3 "DATA=$PWD/idx" --question "$PWD/out/table.tsv"
}
