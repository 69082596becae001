# mae-encode: features, masks, and sets made by several processes.

load helpers

setup() { enter_sandbox; }

# within VALUE LOW HIGH
within() { awk -v x="$1" -v low="$2" -v high="$3" 'BEGIN { exit !(x >= low && x <= high) }' || complain "$1 is not in $2 to $3"; }

@test "features with every part, of shards and of folders" {
  mae-encode --model run test.h5 -o f.h5
  equal_features() { h5 "$1" "numpy.allclose(f['features'][()], h5py.File('$2')['features'][()], atol=1e-6)"; }
  equal_features f.h5 test-features.h5
  mae-encode --model run test.h5 -o mean.h5 --pool mean --patches
  h5 mean.h5 'numpy.allclose(f["features"][()], f["patch_features"][()].mean(axis=1), atol=1e-5)'
  # A folder is prepared as a shard of the model's size is.
  mae-patchify photos -o p.h5 --image-size 64 -q
  mae-encode --model run p.h5 -o a.h5
  mae-encode --model run photos -o b.h5
  same_data a.h5 b.h5 features names
  fails 2 '--blocks|no block 2' mae-encode --model run test.h5 -o f.h5 --blocks 2
}

@test "another picture size interpolates the tables of positions" {
  mae-encode --model run photos.h5 -o small.h5
  mae-patchify photos -o large.h5 --image-size 96 -q
  mae-encode --model run large.h5 -o f.h5 --patches
  h5 f.h5 'f["patch_features"].shape == (6, 36, 16)' 'numpy.isfinite(f["features"][()]).all()'
}

@test "a fine-tuned classifier is an encoder" {
  # The head on the features is what the classifier itself says, in both poolings.
  mae-finetune --model mae.safetensors train.h5 -o token --no-global-pool --epochs 1 --batch-size 16 --warmup-epochs 0 -q
  for model in tuned token; do
    mae-encode --model $model test.h5 -o $model.h5 -q
    mae-finetune --model $model --eval --val test.h5 --predict $model.tsv -q
    "$python" - $model <<'END'
import csv, json, struct, sys
import h5py
import numpy
name = sys.argv[1]
data = open(f"{name}/checkpoint.safetensors", "rb").read()
length = struct.unpack("<Q", data[:8])[0]
header = json.loads(data[8:8 + length])
def tensor(key):
    begin, end = header[key]["data_offsets"]
    return numpy.frombuffer(data[8 + length + begin:8 + length + end], "<f4").reshape(header[key]["shape"])
logits = h5py.File(f"{name}.h5")["features"][()] @ tensor("head.weight").T + tensor("head.bias")
shares = numpy.exp(logits) / numpy.exp(logits).sum(axis=1, keepdims=True)
rows = list(csv.reader(open(f"{name}.tsv"), delimiter="\t"))
told = numpy.array([[float(value) for value in row[-10:]] for row in rows[1:]])
assert numpy.abs(told - shares).max() < 1e-5, numpy.abs(told - shares).max()
END
  done
  h5 tuned.h5 'f["features"].attrs["pool"] in ("mean", b"mean")'
  h5 token.h5 'f["features"].attrs["pool"] in ("cls", b"cls")'
  succeeds mae-encode --model tuned test.h5 -o all.h5 --pool cls --patches --blocks 1 --attention
}

@test "masks hide what they say" {
  mae-mask test.h5 -o m.h5 --mask-ratio 0.5 --seed 2
  mae-encode --model run test.h5 -o read.h5 --masks m.h5 --patches
  mae-encode --model run test.h5 -o drawn.h5 --mask-ratio 0.5 --seed 2 --patches
  same_data read.h5 drawn.h5 features patch_features mask
  same_data read.h5 m.h5 mask
  h5 read.h5 '(f["patch_features"][()][f["mask"][()] == 1] == 0).all()' '(f["patch_features"][()][f["mask"][()] == 0] != 0).any(axis=-1).all()'
  h5 read.h5 'not numpy.allclose(f["features"][()], h5py.File("test-features.h5")["features"][()], atol=1e-3)'
  fails 2 '--masks' mae-encode --model run test.h5 -o x.h5 --masks m.h5 --mask-ratio 0.5
}

@test "finished members of a set are left alone" {
  set=(mae-encode --model run test.h5 -o f.h5 --num-shards 4)
  for index in 2 0; do succeeds "${set[@]}" --shard-index $index; done
  [ "$(ls f-*)" = $'f-00000-of-00004.h5\nf-00002-of-00004.h5' ]
  before=$(stat -c %i f-00002-of-00004.h5)
  truncate -s -1 f-00000-of-00004.h5
  succeeds "${set[@]}"
  [ "$(value files) $(value up_to_date)" = "3 1" ]
  [ "$before" = "$(stat -c %i f-00002-of-00004.h5)" ]
  succeeds "${set[@]}"
  [ "$(value files) $(value up_to_date)" = "0 4" ]
  succeeds mae-info --check f-*
  succeeds mae-probe --method knn --k 5 train-features.h5 -- f-*
  together=$output
  succeeds mae-probe train-features.h5 test-features.h5 --method knn --k 5
  [ "$together" = "$output" ]
  check_cases <<'END'
2 :: mae-encode --model run test.h5 -o x.h5 --shard-index 1 :: --shard-index
2 :: mae-encode --model run test.h5 -o x.h5 --num-shards 4 --shard-index 4 :: --shard-index
2 :: mae-encode --model run test.h5 -o x.h5 --num-shards 4 --shard-size 4 :: --num-shards
2 :: mae-encode --model run test.h5 -o x.h5 --num-shards 99 :: --num-shards
END
}

@test "auto is one of the types, and the shard says which" {
  succeeds mae-encode --model run test.h5 -o f.h5
  precision=$(value dtype)
  case $precision in bfloat16 | float32) ;; *) complain "computed in $precision" ;; esac
  h5 f.h5 "f['features'].attrs['precision'] == b'$precision'"
  mae-encode --model run test.h5 -o g.h5 --dtype "$precision"
  same_data f.h5 g.h5 features
}

@test "a comparison says what a number type costs" {
  succeeds mae-encode --model run test.h5 -o f.h5 --dtype float32 --compare
  [ "$(value compared) $(value knn_agreement)" = "32 1" ]
  within "$(value min_cosine)" 0.999999 1.000001
  succeeds mae-encode --model run test.h5 -o f.h5 --dtype bfloat16 --compare
  within "$(value min_cosine)" 0.99 0.9999999
  within "$(value knn_agreement)" 0.8 1
}

@test "int8 is calibrated on the input, or refused where the processor lacks it" {
  run mae-encode --model run test.h5 -o f.h5 --dtype int8 --compare --calibration-size 8
  if [ "$status" = 4 ]; then
    [[ $output == *"8-bit"* ]] && skip "no 8-bit products here"
  fi
  [ "$status" = 0 ]
  within "$(value cosine)" 0.99 0.9999999
  h5 f.h5 "f['features'].attrs['precision'] == b'int8'"
  # A task of a job array calibrates on the whole input too.
  mae-encode --model run test.h5 -o part.h5 --dtype int8 --num-shards 2 --shard-index 1 --calibration-size 8
  h5 part-00001-of-00002.h5 "(f['features'][()] == h5py.File('f.h5')['features'][16:]).all()"
  check_cases <<'END'
2 :: mae-encode --model run test.h5 -o x.h5 --dtype int8 --calibration-size 0 :: --calibration-size
2 :: mae-encode --model run test.h5 -o x.h5 --dtype int4 :: --dtype.*int8
END
}

@test "bfloat16 is near float32" {
  mae-encode --model run test.h5 -o f.h5 --dtype bfloat16
  h5 f.h5 'f["features"].dtype == numpy.float32' \
    '(lambda a, b: ((a * b).sum(1) / numpy.linalg.norm(a, axis=1) / numpy.linalg.norm(b, axis=1)).min() > 0.99)(f["features"][()], h5py.File("test-features.h5")["features"][()])'
}
