# MixMIM and UM-MAE through all tools, their masks, and the example that compares all models with stages.
# shellcheck disable=SC2054 # depths=1,1,1,1 is one word

load helpers

setup() { enter_sandbox; }

quick=(--epochs 1 --warmup-epochs 0 --batch-size 16 -q)
decoder=(--decoder-depth 1 --decoder-num-heads 2)
mixmim=(--model mixmim-base --set patch_size=2 --set encoder_stride=16 --set embed_dim=8 --set depths=1,1,1,1
  --set num_heads=1,2,2,4 --set window_size=8,8,8,4 --set decoder_dim=16 "${decoder[@]}")
pvt=(--model um-mae-pvt-small --set embed_dims=8,8,16,16 --set depths=1,1,2,1 --set num_heads=1,1,2,2
  --set mlp_ratios=2,2,2,2 --decoder-embed-dim 16 "${decoder[@]}")
swin=(--model um-mae-swin-tiny --set embed_dim=8 --set depths=2,1,1,1 --set num_heads=1,2,2,4 --set window_size=4
  --set posmlp_dim=4 --decoder-embed-dim 16 "${decoder[@]}")

# check_run NAME WIDTH TOKENS HIDDEN: from a run to features, a reconstruction, an accuracy
check_run() {
  local name=$1 width=$2 tokens=$3 hidden=$4
  mae-encode --model "$name" test.h5 -o f.h5 --maps --patches --blocks 1 -q
  h5 f.h5 "f['features'].shape == (32, $width)" "f['patch_features'].shape == (32, $tokens, $width)" \
    "f['block_features'].shape == (32, 1, 8)" \
    "numpy.allclose(f['features'][()], f['patch_features'][()].mean(axis=1), atol=1e-5)"
  mae-reconstruct --model "$name" test.h5 -o r.h5 -q
  h5 r.h5 "f['reconstruction'].shape == (32, 16, 768)" "f['mask'][()].sum(axis=1).tolist() == [$hidden] * 32"
  mae-finetune --model "$name" train.h5 --val test.h5 -o "tuned-$name" "${quick[@]}"
  mae-finetune --model "tuned-$name" --eval --val test.h5 -q
  mae-encode --model "tuned-$name" test.h5 -o t.h5 --maps -q
  h5 t.h5 "f['features'].shape == (32, $width)"
}

@test "MixMIM from pictures to an accuracy" {
  mae-pretrain train.h5 -o mixmim --val test.h5 "${mixmim[@]}" "${quick[@]}"
  check_run mixmim 64 16 8
  h5 f.h5 "f['map_2'].shape == (32, 8, 32, 32)" "f['map_16'].shape == (32, 64, 4, 4)" "f['map_4'].attrs['stride'] == 4"
  mae-finetune --model mixmim train.h5 -o larger --img-size 96 "${quick[@]}"
}

@test "UM-MAE on PVT from pictures to an accuracy" {
  mae-pretrain train.h5 -o pvt --val test.h5 "${pvt[@]}" "${quick[@]}"
  check_run pvt 16 4 12
  h5 f.h5 "f['map_4'].shape == (32, 8, 16, 16)" "f['map_32'].shape == (32, 16, 2, 2)"
  mae-pretrain train.h5 -o mended "${pvt[@]}" "${quick[@]}" --set decoder_pos_order=consistent
  [[ $(mae-info mended) == *consistent* ]]
}

@test "UM-MAE on Swin from pictures to an accuracy" {
  mae-pretrain train.h5 -o swin --val test.h5 "${swin[@]}" "${quick[@]}"
  check_run swin 64 4 12
  h5 f.h5 "f['map_4'].shape == (32, 8, 16, 16)" "f['map_32'].shape == (32, 64, 2, 2)"
}

@test "uniform and mixed masks" {
  mae-mask train.h5 -o uniform.h5 --strategy uniform -q
  h5 uniform.h5 "(f['mask'][()].reshape(64, 2, 2, 2, 2).sum(axis=(2, 4)) == 3).all()" \
    "len({row.tobytes() for row in f['mask'][()]}) > 32"
  mae-mask train.h5 -o mixed.h5 --strategy mixed --mask-ratio 0.4 -q
  h5 mixed.h5 "f['mask'][()].sum(axis=1).tolist() == [6] * 64"
  mae-pretrain train.h5 -o run-m "${pvt[@]}" "${quick[@]}" --masks uniform.h5
  mae-reconstruct --model run-m train.h5 --masks uniform.h5 -o r.h5 -q
  fails 2 '0.75' mae-mask train.h5 -o m.h5 --strategy uniform --mask-ratio 0.5
  fails 2 'even grid' mae-mask digits.h5 -o m.h5 --strategy uniform
  fails 2 '2 x 2' mae-reconstruct --model run-m train.h5 --masks mask.h5 -o x.h5
}

@test "what they cannot do is said" {
  fails 2 'strategy.*2 x 2' mae-pretrain train.h5 -o x "${pvt[@]}" --strategy random
  fails 2 '0.75' mae-pretrain train.h5 -o x "${pvt[@]}" --mask-ratio 0.5
  fails 2 "set.*FIELD=VALUE" mae-pretrain train.h5 -o x "${pvt[@]}" --set depths
  fails 2 "um_mae_pvt has no field 'depht'" mae-pretrain train.h5 -o x "${pvt[@]}" --set depht=1
  fails 2 'depths has 2 entries' mae-pretrain train.h5 -o x "${pvt[@]}" --set depths=1,1
  fails 2 'decoder_pos_order' mae-pretrain train.h5 -o x "${pvt[@]}" --set decoder_pos_order=sorted
  fails 2 'um-mae-swin-huge.*um-mae-swin-large' mae-pretrain train.h5 -o x --model um-mae-swin-huge
  [ ! -e x ]
}

@test "the example: a table of models at equal time" {
  unset MAKEFLAGS MFLAGS MAKELEVEL
  tiny=(--no-print-directory -C "$root/examples/hierarchical" "BIN=$bin" "DATA=$PWD" "OUT=$PWD/out" SUBSET=2 TEST_SUBSET=2
    SECONDS_EACH=0 SPEED_STEPS=1 PROBE_EPOCHS=2 K=2 'MODELS=mae um-mae-pvt')
  # Every line is a model that mae-pretrain takes.
  mapfile -t sizes < <(cut -f 1 "$root/examples/hierarchical/models.tsv" | sed "s|.*|$PWD/out/models/&/size.tsv|")
  [ ${#sizes[@]} = 7 ]
  succeeds make "${tiny[@]}" "${sizes[@]}"
  succeeds make "${tiny[@]}"
  [ "$(head -n 1 out/table.tsv | tr '\t' ,)" = \
    'model,linear top-1,k-NN top-1,epochs,images per second,parameters,memory (MB)' ]
  awk -F '\t' 'NR > 1 && !($2 >= 0 && $2 <= 100 && $3 >= 0 && $4 == 1 && $5 > 0 && $6 > 1000 && $7 > 10) { exit 1 }' \
    out/table.tsv
  [ "$(sed 1d out/table.tsv | cut -f 1 | paste -sd ,)" = mae,um-mae-pvt ]
  succeeds make "${tiny[@]}" "$PWD/out/table.tsv" --question
}

@test "models with stages go out to the official layout and come back the same" {
  for name in mixmim pvt swin; do
    local -n options=$name
    mae-pretrain train.h5 -o "$name" "${options[@]}" --epochs 0 -q
    mae-convert "$name" "$name.pth" -q >/dev/null
    mae-convert "$name.pth" back.safetensors -q >/dev/null
    mae-encode --model "$name" test.h5 -o ours.h5 -q
    mae-encode --model back.safetensors test.h5 -o f.h5 -q
    same_data ours.h5 f.h5 features
    mae-convert "$name" encoder.safetensors --encoder-only -q >/dev/null
    mae-encode --model encoder.safetensors test.h5 -o f.h5 -q
    same_data ours.h5 f.h5 features
    fails 3 'without a decoder' mae-reconstruct --model encoder.safetensors test.h5 -o r.h5
    fails 2 'layout' mae-convert "$name" hub/
  done
}
