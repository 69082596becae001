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
  succeeds mae-finetune --model tuned --eval --val test.h5 --predict p.tsv --confusion c.tsv --per-class a.tsv --json
  "$python" - "$output" <<'END'
import csv, json, sys
rows = list(csv.DictReader(open("p.tsv"), delimiter="\t"))
right = sum(row["label"] == row["prediction"] for row in rows)
assert len(rows) == 32 and abs(100 * right / 32 - json.loads(sys.argv[1])["top1"]) < 1e-6
table = [line.rstrip("\n").split("\t") for line in open("c.tsv")]
assert sum(int(value) for line in table[1:] for value in line[1:]) == 32
classes = list(csv.DictReader(open("a.tsv"), delimiter="\t"))
assert [int(c["correct"]) for c in classes] == [int(line[i + 1]) for i, line in enumerate(table[1:])]
assert [int(c["samples"]) for c in classes] == [sum(map(int, line[1:])) for line in table[1:]]
shares = [int(c["correct"]) / int(c["samples"]) for c in classes if int(c["samples"])]
assert abs(100 * sum(shares) / len(shares) - json.loads(sys.argv[1])["mean_class_accuracy"]) < 1e-6
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

@test "the whole recipe, stopped and resumed, ends in the same bytes" {
  recipe=(mae-finetune --model run train.h5 --val test.h5 "${quick[@]}" --mixup 0.8 --cutmix 1 --model-ema 0.9 --class-weights balanced
    --remode rand --recount 2 --clip-grad 5 -q)
  succeeds "${recipe[@]}" -o whole
  succeeds "${recipe[@]}" -o parts --max-steps 3
  succeeds "${recipe[@]}" -o parts --resume
  for file in checkpoint state best; do equal whole/$file.safetensors parts/$file.safetensors; done
  fails 2 'begun with class-weights' mae-finetune --model run train.h5 --val test.h5 "${quick[@]}" -o whole --resume -q
  succeeds mae-finetune --model whole --eval --val test.h5 --json
  json "[$output, $(tail -n 1 whole/log.jsonl)]" 'j[0]["top1"] == j[1]["val_top1"]'
}

@test "RandAugment, colour jitter, or neither" {
  succeeds mae-finetune --model run train.h5 -o jitter "${quick[@]}" --aa none --color-jitter 0.4 -q
  succeeds mae-finetune --model run train.h5 -o mild "${quick[@]}" --aa rand-m3-n1-mstd0-inc0 -q
  differ jitter/checkpoint.safetensors mild/checkpoint.safetensors
  mae-patchify train -o deep.h5 --image-size 64 --bit-depth 16
  check_cases <<'END'
2 :: mae-finetune --model run train.h5 -o new --aa rand-m12 :: --aa: 'm12': expected a magnitude from 0 to 10
2 :: mae-finetune --model run train.h5 -o new --aa augmix :: --aa: unknown augmentation 'augmix'
2 :: mae-finetune --model run train.h5 -o new --aa rand-m9 --augment none :: --aa: does not go with --augment none
2 :: mae-finetune --model run train.h5 -o new --color-jitter 0.4 :: --color-jitter: does not go with --aa rand
2 :: mae-finetune --model run train.h5 -o new --remode noise :: --remode
2 :: mae-finetune --model run train.h5 -o new --recount 0 :: --recount
2 :: mae-finetune --model run train.h5 -o new --model-ema 1 :: --model-ema
2 :: mae-finetune --model run train.h5 -o new --class-weights equal :: --class-weights
2 :: mae-finetune --model mae-vit-tiny-patch16 deep.h5 -o new --aa rand-m9 -q :: --aa: .*16 bits
0 :: mae-finetune --model mae-vit-tiny-patch16 deep.h5 -o new --dry-run :: RandAugment is switched off
END
}

@test "the recipes of share/configs are understood" {
  for recipe in "$root"/share/configs/recipes/mae-finetune-*.toml; do
    succeeds mae-finetune --model run train.h5 -o new --config "$recipe" --accum-iter 1 --dry-run -q
  done
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

@test "a list of --train-blocks is one table and one picture" {
  mae-pretrain train.h5 -o deeper --epochs 0 -q "${tiny_model[@]}" --depth 2
  list=(mae-finetune --model deeper train.h5 --val test.h5 "${quick[@]}" --train-blocks 0,0.5,1,all)
  succeeds "${list[@]}" -o whole --chart curve.svg
  [ "$(sed -n 1p <<<"$output")" = $'blocks\tparameters\ttop1\ttop5' ]
  [ "$(sed 1d <<<"$output" | cut -f 1 | paste -sd ' ')" = '0 0.5 1 all' ]
  table=$output
  "$python" -c 'import xml.dom.minidom; assert len(xml.dom.minidom.parse("curve.svg").getElementsByTagName("circle")) == 4'
  # A point is what a single run gives.
  succeeds mae-finetune --model deeper train.h5 --val test.h5 "${quick[@]}" --train-blocks 0.5 -o single
  [ "$(value val_top1)" = "$(sed -n 3p <<<"$table" | cut -f 3)" ]
  fails 2 'blocks-0: the folder already holds a run' "${list[@]}" -o whole -q
  succeeds "${list[@]}" -o whole --resume
  [ "$output" = "$table" ]
  succeeds "${list[@]}" -o whole --resume --json
  json "$output" '[row["blocks"] for row in j] == ["0", "0.5", "1", "all"] and j[0]["parameters"] < j[3]["parameters"]'
  succeeds "${list[@]}" -o planned --dry-run
  [ "$(cut -f 1,2 <<<"$output")" = "$(cut -f 1,2 <<<"$table")" ]
  check_cases <<'END'
2 :: mae-finetune --model deeper train.h5 --val test.h5 -o new --train-blocks 0,1,0 :: '0' comes twice
2 :: mae-finetune --model deeper train.h5 --val test.h5 -o new --train-blocks 0,3 :: only 2 blocks
2 :: mae-finetune --model deeper train.h5 --val test.h5 -o new --train-blocks 0,,1 :: --train-blocks
2 :: mae-finetune --model deeper train.h5 -o new --train-blocks 0,1 :: --val
2 :: mae-finetune --model deeper train.h5 --val test.h5 -o whole/blocks-0 --train-blocks 0,1 :: holds a single run
2 :: mae-finetune --model deeper train.h5 --val test.h5 -o new --train-blocks 0,1 --predict p.tsv :: --predict
2 :: mae-finetune --model deeper train.h5 --val test.h5 -o new --train-blocks 0,1 --chart c.png :: c.png: .*SVG
2 :: mae-finetune --model deeper train.h5 --val test.h5 -o new --train-blocks 1 --chart c.svg :: --chart
2 :: mae-finetune --model tuned --eval --val test.h5 --train-blocks 0,1 :: --eval trains nothing
END
}
