# mae-probe: accuracies, tables and classifiers.

load helpers

setup() {
  enter_sandbox
  linear=(mae-probe train-features.h5 test-features.h5 --epochs 5 --warmup-epochs 1)
}

@test "rows of linear probe and neighbours" {
  succeeds "${linear[@]}"
  [ "$(sed -n 1p <<<"$output")" = $'method\tlr\ttop1\ttop5\ttrain\ttest\tclasses\tfeatures' ]
  [ "$(sed -n 2p <<<"$output" | cut -f 1,5-)" = $'linear\t64\t32\t10\t16' ]
  succeeds mae-probe train-features.h5 test-features.h5 --method knn --k 1,5,20
  [ "$(cut -f 1,2 <<<"$output")" = $'method\tk\nknn\t1\nknn\t5\nknn\t20' ]
  succeeds mae-probe train-features.h5 test-features.h5 --method knn --k 1,5 --json
  json "$output" '[row["k"] for row in j] == [1, 5] and all(0 <= row["top1"] <= row["top5"] <= 100 for row in j)'
  # A set is its own nearest neighbour.
  succeeds mae-probe train-features.h5 train-features.h5 --method knn --k 1 --json
  json "$output" 'j[0]["top1"] == 100'
}

@test "raw pixels are a baseline" {
  succeeds mae-probe train.h5 test.h5 --method knn --k 5 --json
  json "$output" 'j[0]["features"] == 64 * 64 * 3 and j[0]["top1"] > 30'
}

@test "the three ways of naming both sets are equal" {
  succeeds mae-probe train-features.h5 test-features.h5 --method knn --k 3
  first=$output
  fails 2 'behind --' mae-probe train-features.h5 -- test-features.h5 --method knn --k 3
  succeeds mae-probe --method knn --k 3 train-features.h5 -- test-features.h5
  [ "$first" = "$output" ]
  succeeds mae-probe --method knn --k 3 --train train-features.h5 --test test-features.h5
  [ "$first" = "$output" ]
}

@test "predictions, confusion and classifier" {
  succeeds "${linear[@]}" --predictions p.tsv --confusion c.tsv -o classifier.safetensors
  top1=$(sed -n 2p <<<"$output" | cut -f 3)
  [ "$(wc -l <p.tsv)" = 33 ]
  [ "$(head -n 1 p.tsv | cut -f 1-4)" = $'name\tlabel\tprediction\tp0' ]
  "$python" - "$top1" <<'END'
import csv, sys
rows = list(csv.DictReader(open("p.tsv"), delimiter="\t"))
right = sum(row["label"] == row["prediction"] for row in rows)
assert abs(100 * right / len(rows) - float(sys.argv[1])) < 1e-6
assert all(abs(sum(float(row[f"p{k}"]) for k in range(10)) - 1) < 1e-4 for row in rows)
table = [line.rstrip("\n").split("\t") for line in open("c.tsv")]
counts = [[int(value) for value in line[1:]] for line in table[1:]]
assert sum(map(sum, counts)) == 32 and sum(counts[k][k] for k in range(10)) == right
END
  succeeds mae-info --json classifier.safetensors
  json "$output" 'j["config"]["model"] == "linear_probe" and j["config"]["num_classes"] == 10'
  succeeds mae-info --check classifier.safetensors
  succeeds mae-probe train-features.h5 test-features.h5 --method knn --k 3 --predictions -
  [ "$(grep -c '^t10k/' <<<"$output")" = 32 ]
}

@test "a sweep chooses one of its rates, without the test set" {
  succeeds "${linear[@]}" --sweep --sweep-lr 0.5,2 --json
  json "$output" 'j[0]["lr"] in (0.5, 2)'
  succeeds mae-probe train-features.h5 train-features.h5 --epochs 5 --warmup-epochs 1 --sweep --sweep-lr 0.5,2 --json
  fails 2 '--sweep' mae-probe train-features.h5 test-features.h5 --method knn --sweep
}

@test "few shots: a row for each number, over repeated draws" {
  few=(mae-probe train-features.h5 test-features.h5 --shots 1,4)
  succeeds "${few[@]}" --method knn --repeats 3
  [ "$(sed -n 1p <<<"$output")" = $'method\tshots\tk\ttop1\ttop1_ci95\ttop5\trepeats\ttrain\ttest\tclasses\tfeatures' ]
  [ "$(sed 1d <<<"$output" | cut -f 1-3,7-)" = $'knn\t1\t10\t3\t10\t32\t10\t16\nknn\t4\t20\t3\t40\t32\t10\t16' ]
  first=$output
  succeeds "${few[@]}" --method knn --repeats 3 -j 1
  [ "$first" = "$output" ]
  succeeds "${few[@]}" --method knn --repeats 3 --seed 1
  [ "$first" != "$output" ]
  succeeds "${few[@]}" --epochs 20 --warmup-epochs 2 --json
  json "$output" '[(row["shots"], row["lr"], row["repeats"]) for row in j] == [(1, 6.4, 10), (4, 6.4, 10)]'
  json "$output" 'all(0 <= row["top1"] <= row["top5"] <= 100 and row["top1_ci95"] >= 0 for row in j)'
  # One draw has no interval.
  succeeds "${few[@]}" --method knn --repeats 1 --json
  json "$output" 'j[0]["top1_ci95"] is None'
  fails 2 '--shots: class 0 has 4 training samples, fewer than 5' mae-probe train-features.h5 test-features.h5 --shots 1,5
  fails 2 '--shots: .*at least 1' mae-probe train-features.h5 test-features.h5 --shots 0
  fails 2 '--repeats' "${few[@]}" --repeats 0
  fails 2 '--sweep' "${few[@]}" --sweep
  fails 2 '--shots' "${few[@]}" -o p.safetensors
  fails 2 '--shots' "${few[@]}" --predictions p.tsv
}

@test "samples without a label are left out" {
  "$python" - <<'END'
import shutil, h5py, numpy
def write(name, labels):
    with h5py.File("test-features.h5") as good, h5py.File(name, "w", libver=("v110", "v110")) as f:
        f.attrs.create("format", "mae-shard", dtype=h5py.string_dtype("utf-8", 9))
        f.attrs["format_version"] = numpy.int64(1)
        f.attrs.create("provenance", "{}", dtype=h5py.string_dtype("utf-8", 2))
        f.create_dataset("features", data=good["features"][()], chunks=(32, 16), fletcher32=True)
        f.create_dataset("labels", data=labels, chunks=(32,), fletcher32=True)
        names = good["names"][()]
        f.create_dataset("names", data=names.astype(good["names"].dtype), chunks=(32,), fletcher32=True)
        f.attrs["complete"] = numpy.int64(1)
labels = h5py.File("test-features.h5")["labels"][()].astype("<i8")
labels[::2] = -1
write("half.h5", labels)
END
  succeeds mae-probe train-features.h5 half.h5 --method knn --k 3 --json
  json "$output" 'j[0]["test"] == 16'
}

@test "online: pictures through the frozen encoder, augmented" {
  online=(mae-probe --online --model run --epochs 4 --warmup-epochs 1 --batch-size 16)
  succeeds "${online[@]}" train.h5 test.h5
  [ "$(sed -n 1p <<<"$output")" = $'method\tlr\ttop1\ttop5\ttrain\ttest\tclasses\tfeatures' ]
  [ "$(sed -n 2p <<<"$output" | cut -f 1,2,5-)" = $'online\t0.2\t64\t32\t10\t16' ]
  # Without augmentation it is the probe of stored features.
  for pool in cls mean; do
    mae-encode --model run train.h5 -o a.h5 --pool $pool -q
    mae-encode --model run test.h5 -o b.h5 --pool $pool -q
    succeeds mae-probe a.h5 b.h5 --epochs 4 --warmup-epochs 1 --batch-size 16 --lr 6.4
    stored=$(sed -n 2p <<<"$output" | cut -f 2-)
    succeeds "${online[@]}" --lr 6.4 --augment none --pool $pool train.h5 -- test.h5
    [ "$(sed -n 2p <<<"$output" | cut -f 2-)" = "$stored" ]
  done
  # Folders, the files beside the table, and the same bytes again.
  cp run/checkpoint.safetensors before.safetensors
  for name in first second; do
    succeeds "${online[@]}" --train train --test test -o $name.safetensors --predictions $name.tsv --confusion $name-c.tsv --json
  done
  json "$output" 'j[0]["train"] == 12 and j[0]["test"] == 8 and j[0]["classes"] == 2'
  equal first.safetensors second.safetensors
  equal first.tsv second.tsv
  equal before.safetensors run/checkpoint.safetensors
  [ "$(head -n 1 first.tsv)" = $'name\tlabel\tprediction\tbars\tladders' ]
  succeeds mae-info --history first.safetensors
  grep -q 'mae-pretrain' <<<"$output"
}

@test "online: what does not fit is refused" {
  mae-patchify "$root/share/data/fashion-mnist/t10k-images-idx3-ubyte.gz" -o other.h5 --range 0:8 --channels 3 --image-size 32 -q >/dev/null
  mkdir -p cats/cats cats/dogs && cp photos/rgb.png cats/cats && cp photos/rgb.png cats/dogs
  check_cases <<'END'
2 :: mae-probe --online train.h5 test.h5 :: --model
2 :: mae-probe --model run train-features.h5 test-features.h5 :: --model: stored features need no encoder
0 :: MAE_DEVICE=cuda MAE_POOL=mean mae-probe train-features.h5 test-features.h5 --method knn :: knn
2 :: mae-probe --online --model run train.h5 test.h5 --method knn :: --online
2 :: mae-probe --online --model run train.h5 test.h5 --sweep :: --online
2 :: mae-probe --online --model run train.h5 test.h5 --shots 1 :: --online
2 :: mae-probe --online --model run train.h5 test.h5 --pool max :: --pool
2 :: mae-probe --online --model run train.h5 test.h5 --crop-scale 0,1 :: --crop-scale
2 :: mae-probe --online --model run train.h5 test.h5 --epochs 1 --warmup-epochs 1 -q :: --warmup-epochs
2 :: mae-probe --online --model run train.h5 test.h5 -o head.h5 :: head.h5
2 :: mae-probe --online --model run train.h5 :: test set
3 :: mae-probe --online --model missing train.h5 test.h5 :: missing
3 :: mae-probe --online --model run photos.h5 test.h5 -q :: photos.h5: no picture has a label
3 :: mae-probe --online --model run train.h5 photos -q :: photos: no picture has a label
3 :: mae-probe --online --model run --train train --test cats -q :: class
3 :: mae-probe --online --model run digits.h5 test.h5 :: digits.h5
3 :: mae-probe --online --model run train.h5 digits.h5 :: digits.h5
3 :: mae-probe --online --model run train.h5 other.h5 :: other.h5
END
}
