# mae-pretrain: runs, their files, and where a model starts from. Stopping and resuming are in interrupt.bats.

load helpers

setup() {
  enter_sandbox
  quick=(--epochs 2 --warmup-epochs 0 --batch-size 16)
}

@test "a run folder holds what mae-checkpoint(5) says" {
  succeeds mae-pretrain train.h5 -o new --val test.h5 "${quick[@]}" "${tiny_model[@]}"
  [ "$(value epochs) $(value steps) $(value checkpoint)" = "2 8 new/checkpoint.safetensors" ]
  [ "$(cd new && ls | sed 's/tfevents.*/tfevents/')" = $'best.safetensors\ncheckpoint.safetensors\nevents.out.tfevents\nlog.jsonl\nstate-previous.safetensors\nstate.safetensors' ]
  [ "$(wc -l <new/log.jsonl)" = 2 ]
  json "[$(paste -sd, new/log.jsonl)]" '[line["epoch"] for line in j] == [0, 1] and all({"step", "train_loss", "train_lr", "val_loss", "images_per_second"} <= set(line) for line in j)'
  succeeds mae-info --json new/checkpoint.safetensors
  json "$output" 'j["config"]["img_size"] == [64, 64] and j["config"]["patch_size"] == [16, 16] and j["config"]["embed_dim"] == 16'
  json "$output" 'j["preprocessing"]["mean"] == [0.485, 0.456, 0.406] and j["extra"]["step"] == 8'
}

@test "a probe of the features is logged and changes nothing" {
  pretrain=(mae-pretrain train.h5 --val test.h5 --epochs 3 --warmup-epochs 0 --batch-size 16 "${tiny_model[@]}")
  succeeds "${pretrain[@]}" -o without
  lacks probe_top1 without/log.jsonl
  succeeds "${pretrain[@]}" -o with --probe-every 2
  top1=$(value probe_top1)
  json "[$(paste -sd, with/log.jsonl)]" '["probe_top1" in line for line in j] == [False, True, True]'
  equal without/checkpoint.safetensors with/checkpoint.safetensors
  equal without/best.safetensors with/best.safetensors
  # The last one is what mae-encode and mae-probe find.
  mae-encode --model with train.h5 -o a.h5 --pool mean --batch-size 16
  mae-encode --model with test.h5 -o b.h5 --pool mean --batch-size 16
  succeeds mae-probe a.h5 b.h5 --method knn --k 20
  [ "$(sed -n 2p <<<"$output" | cut -f 3)" = "$top1" ]
  # Stopped and resumed, the log is the same.
  "${pretrain[@]}" -o parts --probe-every 2 --max-steps 6
  "${pretrain[@]}" -o parts --probe-every 2 --resume
  equal <(sed 's/"images_per_second.*//' with/log.jsonl) <(sed 's/"images_per_second.*//' parts/log.jsonl)
  succeeds mae-reconstruct --model with test.h5 -o page.html --limit 2
  grep -q probe_top1 page.html
}

@test "a probe needs labels and pictures to judge by" {
  "$python" - <<'END'
import shutil, h5py
for name in ("train", "test"):
    shutil.copyfile(f"{name}.h5", f"bare-{name}.h5")
    with h5py.File(f"bare-{name}.h5", "r+") as f:
        del f["labels"]
END
  check_cases <<'END'
2 :: mae-pretrain train.h5 -o new --probe-every 1 :: --probe-every
2 :: mae-pretrain train.h5 -o new --val test.h5 --probe-every -1 :: --probe-every
3 :: mae-pretrain bare-train.h5 -o new --val test.h5 --probe-every 1 :: bare-train.h5: no picture has a label
3 :: mae-pretrain train.h5 -o new --val bare-test.h5 --probe-every 1 --dry-run :: bare-test.h5: no picture has a label
END
}

@test "it learns: the loss of a constant picture falls" {
  succeeds mae-pretrain digits.h5 -o new --epochs 60 --warmup-epochs 2 --batch-size 32 --lr 0.01 --augment none "${tiny_model[@]}" -q
  json "[$(paste -sd, new/log.jsonl)]" 'j[-1]["train_loss"] < 0.8 * j[0]["train_loss"]'
}

@test "sizes come from the name, the data and the options" {
  plan() { succeeds mae-pretrain "$@" --dry-run --json -o new && json "$output" "(lambda c: $expect)(__import__('json').loads(j['model']))"; }
  expect='c["embed_dim"] == 192 and c["depth"] == 12 and c["num_heads"] == 3 and c["img_size"] == [64, 64]' plan train.h5 --model mae-vit-tiny-patch16
  expect='c["patch_size"] == [4, 4] and c["in_chans"] == 1 and c["embed_dim"] == 384' plan digits.h5 --model mae-vit-small-patch16
  expect='c["img_size"] == [224, 224] and c["patch_size"] == [16, 16]' plan photos --model mae-vit-tiny-patch16
  expect='c["depth"] == 1 and c["decoder_depth"] == 8 and c["norm_pix_loss"]' plan train.h5 --depth 1 --norm-pix-loss
  expect='c["embed_dim"] == 16 and c["img_size"] == [64, 64]' plan train.h5 --model run
  check_cases <<'END'
2 :: mae-pretrain train.h5 -o new --model mae-vit-giant :: mae-vit-giant.*mae-vit-base-patch16
2 :: mae-pretrain train.h5 -o new --model run --depth 2 :: run: .*depth 1, got 2
2 :: mae-pretrain train.h5 -o new --embed-dim 10 --num-heads 3 :: embed_dim
2 :: mae-pretrain train.h5 -o new --mask-ratio 0 -q --depth 1 --embed-dim 16 --num-heads 2 :: --mask-ratio
2 :: mae-pretrain train.h5 -o new --crop-scale 0.5 --depth 1 :: --crop-scale
2 :: mae-pretrain train.h5 -o new --augment rotate :: --augment
2 :: mae-pretrain train.h5 -o run --epochs 1 --depth 1 :: run: the folder already holds a run
END
  [ ! -e new ]
}

@test "training starts from a checkpoint, at another size as well" {
  succeeds mae-pretrain train.h5 -o more --model run --epochs 1 --warmup-epochs 0 --batch-size 16 --lr 1e-9
  succeeds mae-encode --model more test.h5 -o f.h5
  h5 f.h5 'numpy.allclose(f["features"][()], h5py.File("test-features.h5")["features"][()], atol=1e-3)'
  succeeds mae-info --history more
  [[ $output == *"input run/checkpoint.safetensors"* ]]
  succeeds mae-pretrain photos -o larger --model run --img-size 96 --epochs 1 --warmup-epochs 0 --batch-size 2
  succeeds mae-info --json larger
  json "$output" 'j["config"]["img_size"] == [96, 96]'
}

@test "no epochs write the model as it is at the start" {
  succeeds mae-pretrain train.h5 -o zero --epochs 0 --warmup-epochs 0 "${tiny_model[@]}"
  succeeds mae-pretrain train.h5 -o zero2 --epochs 0 --warmup-epochs 0 --batch-size 3 "${tiny_model[@]}"
  succeeds mae-encode --model zero test.h5 -o a.h5
  succeeds mae-encode --model zero2 test.h5 -o b.h5
  same_data a.h5 b.h5 features
}

@test "masks from a file, gradients over several batches, folders of pictures, set files" {
  succeeds mae-pretrain train.h5 -o masked --masks mask.h5 "${quick[@]}" "${tiny_model[@]}"
  succeeds mae-pretrain train.h5 -o summed --epochs 2 --warmup-epochs 0 --batch-size 8 --accum-iter 2 "${tiny_model[@]}"
  [ "$(value steps)" = 8 ]
  succeeds mae-pretrain train -o folder --epochs 1 --warmup-epochs 0 --batch-size 4 --img-size 32 --patch-size 8 "${tiny_model[@]}"
  mkdir set
  mae-patchify train -o set/t.h5 --image-size 64 --shard-size 5 -q
  succeeds mae-pretrain set -o from-set --epochs 1 --warmup-epochs 0 --batch-size 4 --augment crop-color "${tiny_model[@]}"
  [ "$(value steps)" = 3 ]
}
