# mae-finetune: classifiers. Stopping and resuming are in interrupt.bats.

load helpers

setup() {
  enter_sandbox
  quick=(--epochs 2 --warmup-epochs 0 --batch-size 16)
}

@test "a classifier is trained, evaluated and described" {
  succeeds mae-finetune --model run train.h5 --val test.h5 -o new "${quick[@]}"
  [ "$(value epochs) $(value steps) $(value checkpoint)" = "2 8 new/checkpoint.safetensors" ]
  top1=$(value val_top1)
  succeeds mae-finetune --model new --eval --val test.h5 --json
  json "$output" "j['samples'] == 32 and j['labelled'] == 32 and j['top1'] == $top1 and j['top1'] <= j['top5']"
  succeeds mae-info --json new
  json "$output" 'j["config"]["model"] == "vit_classifier" and j["config"]["num_classes"] == 10 and j["config"]["global_pool"]'
  succeeds mae-info --check new
  json "[$(paste -sd, new/log.jsonl)]" 'len(j) == 2'
}

@test "predictions and confusion agree with the accuracy" {
  succeeds mae-finetune --model tuned --eval --val test.h5 --predict p.tsv --confusion c.tsv --json
  "$python" - "$output" <<'END'
import csv, json, sys
rows = list(csv.DictReader(open("p.tsv"), delimiter="\t"))
right = sum(row["label"] == row["prediction"] for row in rows)
assert len(rows) == 32 and abs(100 * right / 32 - json.loads(sys.argv[1])["top1"]) < 1e-6
table = [line.rstrip("\n").split("\t") for line in open("c.tsv")]
assert sum(int(value) for line in table[1:] for value in line[1:]) == 32
END
}

@test "classes of folders keep their names" {
  succeeds mae-finetune --model run train --val test -o new --epochs 1 --warmup-epochs 0 --batch-size 4
  succeeds mae-finetune --model new --eval --val test --predict p.tsv
  [ "$(head -n 1 p.tsv)" = $'name\tlabel\tprediction\tbars\tladders' ]
  mkdir -p other/cats other/dogs
  cp photos/rgb.png other/cats
  cp photos/rgb.png other/dogs
  fails 3 'other: class 0 is "cats"; expected "bars"' mae-finetune --model new --eval --val other -q
}

@test "partial fine-tuning leaves the rest alone" {
  succeeds mae-finetune --model run train.h5 -o head "${quick[@]}" --train-blocks 0
  "$python" - <<'END'
import json, struct
def tensors(path):
    data = open(path, "rb").read()
    (length,) = struct.unpack("<Q", data[:8])
    header = json.loads(data[8 : 8 + length])
    return {k: data[8 + length + v["data_offsets"][0] : 8 + length + v["data_offsets"][1]] for k, v in header.items() if k != "__metadata__"}
before, after = tensors("run/checkpoint.safetensors"), tensors("head/checkpoint.safetensors")
kept = [name for name in after if name in before and before[name] == after[name]]
assert {"cls_token", "patch_embed.proj.weight", "blocks.0.attn.qkv.weight", "blocks.0.mlp.fc2.weight"} <= set(kept), kept
END
  succeeds mae-finetune --model run train.h5 -o half "${quick[@]}" --train-blocks 0.5
  fails 2 '--train-blocks' mae-finetune --model run train.h5 -o bad "${quick[@]}" --train-blocks 0.7 -q
  fails 2 '--train-blocks' mae-finetune --model run train.h5 -o bad "${quick[@]}" --train-blocks 9 -q
}

@test "every regularisation, both poolings, from scratch, another size" {
  succeeds mae-finetune --model run train.h5 -o all "${quick[@]}" --mixup 0.8 --cutmix 1 --reprob 0.5 --smoothing 0.1 --drop-path 0.2 \
    --no-global-pool --augment crop-color --clip-grad 1 --accum-iter 2
  succeeds mae-finetune --model mae-vit-tiny-patch16 train.h5 -o scratch "${quick[@]}" --embed-dim 16 --depth 1 --num-heads 2 --layer-decay 1
  succeeds mae-finetune --model run train -o larger --epochs 1 --warmup-epochs 0 --batch-size 4 --img-size 96
  succeeds mae-info --json larger
  json "$output" 'j["config"]["img_size"] == [96, 96]'
}

@test "wrong combinations" {
  check_cases <<'END'
2 :: mae-finetune --model run train.h5 :: -o
2 :: mae-finetune --model run --eval :: --val
2 :: mae-finetune --model run train.h5 --eval --val test.h5 :: --eval
2 :: mae-finetune --eval --val test.h5 :: --model
3 :: mae-finetune --model run --eval --val test.h5 :: run
2 :: mae-finetune --model run train.h5 -o new --predict p.tsv :: --val
2 :: mae-finetune --model run train.h5 -o new --depth 3 :: run: .*sizes
2 :: mae-finetune --model mae-vit-giant train.h5 -o new :: mae-vit-giant.*mae-vit-base-patch16
2 :: mae-finetune --model run train.h5 -o tuned :: tuned: the folder already holds a run
END
}
