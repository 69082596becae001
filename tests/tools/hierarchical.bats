# Models with stages through all tools: ConvMAE, FastConvMAE, HiViT.

load helpers

setup() { enter_sandbox; }

small=(--embed-dim 48 --depth 2 --num-heads 4 --decoder-embed-dim 16 --decoder-depth 2 --decoder-num-heads 2)
quick=(--epochs 1 --warmup-epochs 0 --batch-size 16 -q)

# pretrain NAME [OPTION...]: the run folder model
pretrain() { mae-pretrain train.h5 -o model --model "$1" "${small[@]}" "${quick[@]}" --augment none "${@:2}"; }

# check_model KIND WIDTH C4 C8: from the run to features, maps of so many channels, a reconstruction, an accuracy
check_model() {
  local kind=$1 width=$2 c4=$3 c8=$4
  mae-encode --model model test.h5 -o f.h5 --maps --patches --blocks 1,2 -q
  h5 f.h5 "f['features'].shape == (32, $width)" "f['patch_features'].shape == (32, 16, $width)" \
    "f['block_features'].shape == (32, 2, 48)" "f['map_4'].shape == (32, $c4, 16, 16)" \
    "f['map_8'].shape == (32, $c8, 8, 8)" "f['map_16'].shape == (32, 48, 4, 4)" "f['map_32'].shape == (32, 48, 2, 2)" \
    "f['map_8'].attrs['stride'] == 8" "numpy.isfinite(f['map_32'][()]).all()" \
    "numpy.allclose(f['features'][()], f['patch_features'][()].mean(axis=1), atol=1e-5)"
  mae-reconstruct --model model test.h5 -o r.h5 -q
  h5 r.h5 "f['reconstruction'].shape == (32, 16, 768)" "f['mask'][()].sum(axis=1).tolist() == [12] * 32"
  mae-finetune --model model train.h5 --val test.h5 -o tuned-model "${quick[@]}"
  mae-finetune --model tuned-model --eval --val test.h5 -q
  mae-encode --model tuned-model test.h5 -o t.h5 --maps -q
  h5 t.h5 "f['features'].shape == (32, 48)" "f['map_4'].shape == (32, $c4, 16, 16)"
  mae-info model | grep -q "$kind"
}

@test "ConvMAE from pictures to an accuracy" {
  pretrain conv-mae-base
  check_model conv_mae 48 16 24
  mae-encode --model model test.h5 -o half.h5 --maps --patch-dtype float16 -q
  h5 half.h5 "f['map_4'].dtype == numpy.float16" "'patch_features' not in f"
}

@test "FastConvMAE from pictures to an accuracy, and its mixture of reconstructors" {
  pretrain fast-conv-mae-base --val test.h5
  check_model fast_conv_mae 48 16 24
  mae-pretrain train.h5 -o ema --model fast-conv-mae-base "${small[@]}" "${quick[@]}" --set ema_reconstructor=true
  mae-finetune --model ema train.h5 -o tuned-ema "${quick[@]}"
  mae-encode --model ema test.h5 -o f.h5 -q
  h5 f.h5 "f['features'].shape == (32, 48)"
}

@test "HiViT from pictures to an accuracy" {
  pretrain hivit-mae-tiny
  check_model hivit_mae 336 12 24
}

@test "what models with stages cannot do is said" {
  pretrain conv-mae-base
  fails 2 '--attention' mae-encode --model model test.h5 -o f.h5 --attention
  fails 2 '--pool' mae-encode --model model test.h5 -o f.h5 --pool cls
  fails 2 '--maps' mae-encode --model model test.h5 -o f.h5 --maps --mask-ratio 0.5
  fails 2 '--maps' mae-encode --model run test.h5 -o f.h5 --maps
  fails 2 'no-global-pool' mae-finetune --model model train.h5 -o t --no-global-pool
  fails 2 'complementary.*49' mae-pretrain digits.h5 -o x --model fast-conv-mae-base "${small[@]}" --epochs 1 --augment none
  fails 2 'complementary' mae-pretrain train.h5 -o x --strategy complementary --epochs 1
  fails 2 'embed_dim.*100' mae-pretrain train.h5 -o x --model conv-mae-base --embed-dim 100
  fails 2 'conv-mae-huge.*conv-mae-base' mae-pretrain train.h5 -o x --model conv-mae-huge
  [ ! -e x ]
}

@test "their recipes are understood" {
  for recipe in "$root"/share/configs/recipes/mae-pretrain-imagenet-*.toml; do
    succeeds mae-pretrain train.h5 -o new --config "$recipe" --accum-iter 1 --batch-size 16 --dry-run -q
  done
}
