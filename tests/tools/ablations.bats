# mae-pretrain: the paper's ablations and the re-implementations' differences, through all tools that use a model.

load helpers

setup() {
  enter_sandbox
  quick=(--epochs 1 --warmup-epochs 0 --batch-size 16 "${tiny_model[@]}")
}

targets() {
  mae-codebook train.h5 -o pca.safetensors --components 12 -q >/dev/null
  mae-codebook train.h5 -o codes.safetensors --method kmeans --codes 9 --samples 400 -q >/dev/null
}

@test "published defaults write the configuration they always wrote" {
  mae-pretrain train.h5 -o plain "${quick[@]}" -q >/dev/null
  mae-pretrain train.h5 -o spelled "${quick[@]}" --target pixels --predict all --qkv-bias qkv --pos-embed sincos2d --cls-token --no-encoder-mask-tokens -q >/dev/null
  for run in plain spelled; do mae-info --json $run/checkpoint.safetensors | "$python" -c 'import json, sys; print(json.load(sys.stdin)["config"])' >$run.config; done
  equal plain.config spelled.config
  lacks 'target|predict|class_token|key_bias|pos_embed|mask_tokens' plain.config
  mae-pretrain train.h5 -o short "${quick[@]}" --norm-pix-loss -q >/dev/null
  mae-pretrain train.h5 -o long "${quick[@]}" --target norm-pixels -q >/dev/null
  equal <(sed 's/"images_per_second.*//' short/log.jsonl) <(sed 's/"images_per_second.*//' long/log.jsonl)
}

@test "every target learns, resumes without its file, and is shown" {
  targets
  for target in norm-pixels norm-pixels-channel pca tokens; do
    file=()
    [ $target = pca ] && file=(--target-file pca.safetensors)
    [ $target = tokens ] && file=(--target-file codes.safetensors)
    pretrain=(mae-pretrain train.h5 --target $target "${quick[@]}" -q)
    succeeds "${pretrain[@]}" "${file[@]}" -o whole-$target
    succeeds "${pretrain[@]}" "${file[@]}" -o parts-$target --max-steps 2
    # The basis and the codebook are in the checkpoint.
    succeeds "${pretrain[@]}" -o parts-$target --resume
    equal whole-$target/checkpoint.safetensors parts-$target/checkpoint.safetensors
    succeeds "${pretrain[@]}" "${file[@]}" -o parts-$target --resume
    succeeds mae-reconstruct --model parts-$target test.h5 -o $target.h5 --limit 4
    "$python" -c 'import sys; sys.exit(not 0 < float(sys.argv[1]) < 65025)' "$(value masked_mse)"
    h5 $target.h5 'f["reconstruction"].shape == (4, 16, 768)' '(f["error"][()] > 0).sum() > 0'
    succeeds mae-encode --model parts-$target test.h5 -o f.h5
    succeeds mae-finetune --model parts-$target train.h5 --val test.h5 -o tuned-$target --epochs 1 --warmup-epochs 0 --batch-size 16 -q
  done
}

@test "a shown code is the codebook's, a shown patch of all components the decoder's pixels" {
  mae-codebook train.h5 -o pca.safetensors --components 768 -q >/dev/null
  mae-codebook train.h5 -o codes.safetensors --method kmeans --codes 2 --samples 400 -q >/dev/null
  mae-pretrain train.h5 -o tokens --target tokens --target-file codes.safetensors "${quick[@]}" -q >/dev/null
  succeeds mae-reconstruct --model tokens test.h5 -o t.h5
  h5 t.h5 'len(numpy.unique(f["reconstruction"][()][f["mask"][()] == 1], axis=0)) <= 2'
  mae-pretrain train.h5 -o pca --target pca --target-file pca.safetensors --blr 0 "${quick[@]}" -q >/dev/null
  mae-pretrain train.h5 -o pixels --target pixels --blr 0 "${quick[@]}" -q >/dev/null
  # Untrained and of orthogonal bases both predict about nothing: the mean patch and the mean colour.
  json "[$(cat pca/log.jsonl), $(cat pixels/log.jsonl)]" 'abs(j[0]["train_loss"] / j[1]["train_loss"] - 1) < 0.5'
}

@test "other encoders and decoders run through every tool" {
  for options in --encoder-mask-tokens --no-cls-token "--predict hidden" "--qkv-bias qv" "--qkv-bias none" "--pos-embed sincos1d" \
    "--encoder-mask-tokens --no-cls-token --predict hidden --qkv-bias qv --pos-embed sincos1d"; do
    rm -rf new tuned2 f.h5 p.h5
    # shellcheck disable=SC2086 # several words
    succeeds mae-pretrain train.h5 -o new --val test.h5 $options "${quick[@]}" -q
    succeeds mae-encode --model new train.h5 -o f.h5
    mae-mask test.h5 -o m.h5 -q >/dev/null
    succeeds mae-encode --model new test.h5 -o g.h5 --masks m.h5 --patches
    succeeds mae-reconstruct --model new test.h5 -o p.h5 --limit 2
    succeeds mae-finetune --model new train.h5 --val test.h5 -o tuned2 --epochs 1 --warmup-epochs 0 --batch-size 16 -q
    succeeds mae-encode --model tuned2 test.h5 -o h.h5
  done
}

@test "hidden patches alone give the loss of all" {
  for predict in all hidden; do mae-pretrain train.h5 -o $predict --predict $predict "${quick[@]}" -q >/dev/null; done
  json "[$(cat all/log.jsonl), $(cat hidden/log.jsonl)]" 'abs(j[0]["train_loss"] - j[1]["train_loss"]) < 1e-5'
}

@test "without class token there is nothing to pool but the mean, and no attention of one" {
  mae-pretrain train.h5 -o new --no-cls-token "${quick[@]}" -q >/dev/null
  check_cases <<'END'
0 :: mae-encode --model new test.h5 -o f.h5 -q && mae-info f.h5 :: mean
2 :: mae-encode --model new test.h5 -o f.h5 --pool cls :: class token
2 :: mae-encode --model new test.h5 -o f.h5 --attention :: class token
END
}

@test "only our own layout holds an ablation" {
  targets
  mae-pretrain train.h5 -o nocls --no-cls-token "${quick[@]}" -q >/dev/null
  mae-pretrain train.h5 -o qv --qkv-bias qv "${quick[@]}" -q >/dev/null
  mae-pretrain train.h5 -o masks --encoder-mask-tokens "${quick[@]}" -q >/dev/null
  mae-pretrain train.h5 -o codes --target tokens --target-file codes.safetensors "${quick[@]}" -q >/dev/null
  check_cases <<'END'
2 :: mae-convert nocls new.pth :: only our own layout.*class token
2 :: mae-convert nocls new/ :: only our own layout.*class token
2 :: mae-convert qv new.safetensors --to timm :: only our own layout.*queries and values
2 :: mae-convert masks new.pth :: only our own layout.*mask tokens
2 :: mae-convert codes new/ :: only our own layout.*tokens
0 :: mae-convert codes new.safetensors && mae-reconstruct --model new.safetensors test.h5 -o p.h5 --limit 1 :: masked_mse
0 :: mae-convert codes new.pth --encoder-only :: left over|taken|parameters
0 :: mae-convert masks new.safetensors --to timm :: left over|taken|parameters
END
}

@test "mistakes" {
  targets
  mae-pretrain train.h5 -o codes --target tokens --target-file codes.safetensors "${quick[@]}" -q >/dev/null
  mae-codebook digits.h5 -o small.safetensors --components 4 -q >/dev/null
  check_cases <<'END'
2 :: mae-pretrain train.h5 -o new --target dvae :: --target.*tokens
2 :: mae-pretrain train.h5 -o new --target pca :: --target.*basis
2 :: mae-pretrain train.h5 -o new --target tokens --resume :: --target.*codebook
2 :: mae-pretrain train.h5 -o new --target-file pca.safetensors :: --target-file.*pixels
2 :: mae-pretrain train.h5 -o new --target pca --norm-pix-loss --target-file pca.safetensors :: --target.*--norm-pix-loss
2 :: mae-pretrain train.h5 -o new --model codes --target pixels :: codes: .*target "tokens", got "pixels"
2 :: mae-pretrain train.h5 -o new --model codes --target-file codes.safetensors :: --target-file.*checkpoint
2 :: mae-pretrain train.h5 -o new --model run --no-cls-token :: run: .*class_token true, got false
2 :: mae-pretrain train.h5 -o new --predict some :: --predict.*all, hidden
2 :: mae-pretrain train.h5 -o new --qkv-bias k :: --qkv-bias.*qkv, qv, none
2 :: mae-pretrain train.h5 -o new --pos-embed learned :: --pos-embed.*sincos2d, sincos1d
3 :: mae-pretrain train.h5 -o new --target tokens --target-file pca.safetensors :: pca.safetensors.*--target pca
3 :: mae-pretrain train.h5 -o new --target pca --target-file missing.safetensors :: missing.safetensors: no such file
3 :: mae-pretrain train.h5 -o new --target pca --target-file mae.safetensors :: mae.safetensors.*neither a basis nor a codebook
3 :: mae-pretrain train.h5 -o new --target pca --target-file train.h5 :: train.h5
3 :: mae-pretrain train.h5 -o new --target pca --target-file small.safetensors :: small.safetensors.*4x4.*16x16
3 :: mae-pretrain train.h5 -o new --target pca --target-file pca.safetensors --mean 0.5,0.5,0.5 :: pca.safetensors.*mean
END
  mae-pretrain train.h5 -o begun --target tokens --target-file codes.safetensors --max-steps 1 "${quick[@]}" -q >/dev/null
  mae-codebook train.h5 -o other.safetensors --method kmeans --codes 9 --samples 300 -q >/dev/null
  fails 2 'target-file' mae-pretrain train.h5 -o begun --target tokens --target-file other.safetensors --resume "${quick[@]}"
  fails 2 'predict|model' mae-pretrain train.h5 -o begun --target tokens --predict hidden --resume "${quick[@]}"
  succeeds mae-pretrain train.h5 -o more --model codes "${quick[@]:0:6}" --target tokens -q
}
