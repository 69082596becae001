# mae-convert: layouts in and out, the report of keys, what a file leaves open, and damaged files.

load helpers

setup() {
  enter_sandbox
  cp "$root/tests/golden/checkpoint/official_model_only.pth" tiny.pth
  heads=(--num-heads 4 --decoder-num-heads 2)
}

# same_model FILE FILE: equal tensors of equal names and types; both ours.
same_model() {
  "$python" - "$1" "$2" <<'END' || complain "$1 and $2 hold different tensors"
import json, struct, sys
def tensors(path):
    data = open(path, "rb").read()
    length, = struct.unpack("<Q", data[:8])
    header = json.loads(data[8:8 + length])
    header.pop("__metadata__", None)
    body = data[8 + length:]
    return {name: (t["dtype"], t["shape"], body[slice(*t["data_offsets"])]) for name, t in header.items()}
sys.exit(tensors(sys.argv[1]) != tensors(sys.argv[2]))
END
}

@test "a checkpoint goes out to every layout and comes back the same" {
  mae-convert tiny.pth tiny.safetensors "${heads[@]}" --norm-pix-loss >/dev/null
  same_model tiny.safetensors "$root/tests/golden/checkpoint/tiny.safetensors"
  for out in a.pth hub/; do
    succeeds mae-convert tiny.safetensors $out
    succeeds mae-convert $out back.safetensors
    same_model tiny.safetensors back.safetensors
    succeeds mae-info --json $out
    json "$output" 'j["config"]["num_heads"] == 4 and j["config"]["decoder_num_heads"] == 2 and j["config"]["norm_pix_loss"]'
  done
  mae-convert tiny.safetensors encoder.safetensors --encoder-only >/dev/null
  mae-convert tiny.safetensors timm.safetensors --to timm >/dev/null
  same_model encoder.safetensors timm.safetensors
  mae-convert encoder.safetensors hub-encoder/ >/dev/null
  mae-convert hub-encoder back.safetensors >/dev/null
  same_model encoder.safetensors back.safetensors
  # The training run's own checkpoint, and a classifier.
  mae-convert run run.pth >/dev/null && mae-convert run.pth run.safetensors >/dev/null
  same_model run.safetensors mae.safetensors
  mae-convert tuned tuned.pth >/dev/null && mae-convert tuned.pth tuned.safetensors >/dev/null
  same_model tuned.safetensors tuned/checkpoint.safetensors
}

@test "every tool takes every layout as --model" {
  mae-convert mae.safetensors a.pth >/dev/null
  mae-convert mae.safetensors hub/ >/dev/null
  mae-convert mae.safetensors timm.safetensors --to timm >/dev/null
  mae-encode --model mae.safetensors test.h5 -o ours.h5
  for model in a.pth hub hub/model.safetensors timm.safetensors; do
    mae-encode --model $model test.h5 -o f.h5
    same_data ours.h5 f.h5 features
  done
  mae-reconstruct --model mae.safetensors test.h5 -o ours.h5 >/dev/null
  for model in a.pth hub; do
    mae-reconstruct --model $model test.h5 -o r.h5 >/dev/null
    same_data ours.h5 r.h5 reconstruction error
    succeeds mae-finetune --model $model train.h5 --val test.h5 -o tuned-$model --epochs 1 --max-steps 1 --batch-size 16 --warmup-epochs 0
    succeeds mae-pretrain --model $model train.h5 -o run-$model --epochs 1 --max-steps 1 --batch-size 16 --warmup-epochs 0
  done
}

@test "the report names every key" {
  succeeds mae-convert tiny.pth a.safetensors "${heads[@]}"
  [ "${lines[0]}" = $'step\taction\tfrom\tto' ]
  [ "$(grep -c $'^read\ttaken\t' <<<"$output")" = 74 ]
  succeeds mae-convert a.safetensors hub/
  grep -q $'^write\tsplit\tblocks.0.attn.qkv.bias\tvit.encoder.layer.0.attention.attention.query.bias vit' <<<"$output"
  [ "$(grep -c $'^write\tsplit' <<<"$output")" = 10 ]
  succeeds mae-convert hub b.safetensors --json
  json "$output" '[row["action"] for row in j if row["step"] == "read"].count("merged") == 10'
  succeeds mae-convert a.safetensors t.safetensors --to timm
  grep -q $'^write\tleft over\tmask_token\t$' <<<"$output"
}

@test "what a file leaves open is asked for; what contradicts it is refused" {
  mae-convert tiny.pth tiny.safetensors "${heads[@]}" >/dev/null
  mae-convert tiny.safetensors hub/ >/dev/null
  check_cases <<'END'
2 :: mae-convert tiny.pth new.safetensors :: --num-heads|how many heads
2 :: mae-convert tiny.pth new.safetensors --num-heads 4 :: how many heads a width of 32
2 :: mae-convert tiny.pth new.safetensors --num-heads 5 --decoder-num-heads 2 :: 5 heads do not divide
2 :: mae-convert hub new.safetensors --num-heads 2 :: says 4 heads, not 2
2 :: mae-convert tiny.safetensors new.pth --num-heads 2 :: holds its own configuration
3 :: mae-convert tiny.pth new.safetensors --num-heads 4 --decoder-num-heads 2 --image-size 32x32 :: 16 patches
2 :: mae-convert tiny.pth new.safetensors --num-heads 4 --decoder-num-heads 2 --mean 0.5 :: 3 channels
3 :: mae-convert tiny.pth new.safetensors --key ema --num-heads 4 --decoder-num-heads 2 :: no dictionary of tensors named ema
2 :: mae-convert hub new.safetensors --key model :: --key
2 :: mae-convert tiny.safetensors new.bin :: which layout
2 :: mae-convert tiny.safetensors tiny.safetensors :: also the input
2 :: mae-convert tuned new.safetensors --encoder-only :: no decoder
2 :: mae-convert tuned new/ :: class token
2 :: mae-convert tiny.safetensors hub/ --no-clobber :: exists
2 :: mae-convert tiny.safetensors :: OUT
3 :: mae-encode --model tiny.pth test.h5 -o new.h5 :: how many heads
0 :: mae-convert tiny.safetensors new.pth --dry-run && [ ! -e new.pth ] :: write
END
}

@test "a second run does nothing with --if-changed, and gives equal bytes without" {
  for out in a.pth b.safetensors c/; do
    mae-convert tiny.pth $out "${heads[@]}" >/dev/null
    file=$out && [ $out != c/ ] || file=c/model.safetensors
    cp $file first
    succeeds mae-convert tiny.pth $out "${heads[@]}" --if-changed
    [ -z "$output" ] || complain "done again: $out"
    mae-convert tiny.pth $out "${heads[@]}" >/dev/null
    equal first $file
  done
  succeeds mae-convert tiny.pth a.pth "${heads[@]}" --norm-pix-loss --if-changed
  [ -n "$output" ]
}

@test "damaged and hostile files are refused in one line" {
  "$python" - <<'END'
import pathlib
whole = pathlib.Path("tiny.pth").read_bytes()
for part in range(16):
    pathlib.Path(f"cut{part}.pth").write_bytes(whole[:len(whole) * part // 16])
flipped = bytearray(whole)
flipped[len(whole) // 2] ^= 1
pathlib.Path("flipped.pth").write_bytes(flipped)
END
  cp "$root/tests/golden/pth/foreign.pth" .
  printf 'hello\n' >text.pth
  {
    for part in {0..15}; do echo "3 :: mae-convert cut$part.pth new.safetensors --num-heads 4 --decoder-num-heads 2 :: error: cut$part.pth"; done
    cat <<'END'
3 :: mae-convert flipped.pth new.safetensors --num-heads 4 --decoder-num-heads 2 :: CRC-32
3 :: mae-encode --model foreign.pth test.h5 -o new.h5 :: foreign.pth: names posix.system
3 :: mae-info foreign.pth :: posix.system
3 :: mae-convert text.pth new.safetensors :: text.pth: is
3 :: mae-convert missing.pth new.safetensors :: missing.pth: no such file
3 :: mae-convert photos new.safetensors :: photos
3 :: mae-convert train.h5 new.safetensors :: train.h5: is
1 :: mae-info --check flipped.pth :: 1 of 1 files
4 :: mae-convert mae.safetensors missing/new.pth :: missing
END
  } | check_cases
}

# The judges of what we write are the programs it is for.
@test "PyTorch, transformers and timm read what is written" {
  [ -x "${MAE_PEERS_PYTHON:-}" ] || skip "MAE_PEERS_PYTHON is no Python with torch, transformers and timm"
  mae-convert tiny.pth tiny.safetensors "${heads[@]}" --norm-pix-loss >/dev/null
  mae-convert tiny.safetensors a.pth >/dev/null
  mae-convert tiny.safetensors hub/ >/dev/null
  mae-convert tiny.safetensors timm.safetensors --to timm >/dev/null
  # A classifier of the class token, which all three know.
  mae-finetune --model mae.safetensors train.h5 --val test.h5 -o cls --no-global-pool --epochs 1 --max-steps 2 --batch-size 16 --warmup-epochs 0 >/dev/null
  mae-convert cls cls.pth >/dev/null
  mae-convert cls cls-hub/ >/dev/null
  mae-convert cls cls.safetensors --to timm >/dev/null
  HF_HUB_OFFLINE=1 "$MAE_PEERS_PYTHON" "$BATS_TEST_DIRNAME/peers.py" tiny.pth
}
