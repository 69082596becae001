# mae-codebook: what it fits, and that the same bytes come out again.

load helpers

setup() { enter_sandbox; }

@test "a basis and a codebook are written with what they were fitted on" {
  succeeds mae-codebook train.h5 -o pca.safetensors --components 12 --samples 500
  [ "$(value method) $(value samples) $(value patch_values) $(value components)" = "pca 500 768 12" ]
  succeeds mae-codebook train.h5 -o codes.safetensors --method kmeans --codes 9 --samples 400 --json
  json "$output" 'j["codes"] == 9 and j["samples"] == 400 and 0 < j["explained_variance"] < 1 and j["inertia"] > 0 and j["converged"]'
  succeeds mae-info --json pca.safetensors
  json "$output" 'j["kind"] == "basis of patches" and j["target"]["patch_size"] == [16, 16] and j["target"]["mean"] == [0.485, 0.456, 0.406]'
  succeeds mae-info codes.safetensors
  [[ $output == *"codebook of patches"* && $output == *mae-codebook* ]]
  succeeds mae-info --check pca.safetensors codes.safetensors
  succeeds mae-info --history codes.safetensors
  [[ $output == *train.h5* ]]
}

@test "all components explain everything, all patches are taken when few are there" {
  succeeds mae-codebook digits.h5 -o all.safetensors --components 16 --samples 0
  [ "$(value samples) $(value patch_values)" = "1568 16" ]
  "$python" -c 'import sys; sys.exit(abs(float(sys.argv[1]) - 1) > 1e-6)' "$(value explained_variance)"
}

@test "threads, order of operands and repetition change no byte, the seed does" {
  for method in pca kmeans; do
    args=(--method $method --components 8 --codes 8 --samples 600)
    mae-codebook train.h5 -o one.safetensors "${args[@]}" -j 1 -q
    mae-codebook train.h5 -o two.safetensors "${args[@]}" -j 2 -q
    equal one.safetensors two.safetensors
    mae-codebook train.h5 -o other.safetensors "${args[@]}" --seed 1 -q
    differ one.safetensors other.safetensors
  done
  inode=$(stat -c %i two.safetensors)
  succeeds mae-codebook train.h5 -o two.safetensors "${args[@]}" --if-changed
  [ "$(stat -c %i two.safetensors)" = "$inode" ]
}

@test "shards in a pipe, folders of shards" {
  mkdir set
  cp digits.h5 set
  succeeds mae-codebook set -o a.safetensors --components 4
  succeeds bash -c 'mae-codebook - -o b.safetensors --components 4 <digits.h5'
  "$python" - <<'END'
import json, struct
def tensors(name):
    data = open(name, "rb").read()
    n = struct.unpack("<Q", data[:8])[0]
    return data[8 + n:]
assert tensors("a.safetensors") == tensors("b.safetensors")
END
}

@test "mistakes" {
  check_cases <<'END'
2 :: mae-codebook digits.h5 -o new --components 17 :: --components.*17.*1 to 16
2 :: mae-codebook digits.h5 -o new --components 0 :: --components
2 :: mae-codebook digits.h5 -o new --method kmeans --codes 10000 :: --codes.*10000.*1568
2 :: mae-codebook digits.h5 -o new --method kmeans --codes 1500 --samples 0 :: --codes.*different
2 :: mae-codebook digits.h5 -o new --method dvae :: --method.*pca, kmeans
2 :: mae-codebook digits.h5 -o new --samples -1 :: --samples
2 :: mae-codebook digits.h5 -o new --mean 0.5,0.5,0.5 :: --mean, --std
2 :: mae-codebook digits.h5 -o mae.safetensors --components 4 --no-clobber :: mae.safetensors.*exists
2 :: mae-codebook digits.h5 :: usage: mae-codebook|--output
3 :: mae-codebook photos -o new :: photos.*pictures, not patches
3 :: mae-codebook missing.h5 -o new :: missing.h5: no such file
3 :: mae-codebook test-features.h5 -o new :: test-features.h5.*patches
4 :: mae-codebook digits.h5 -o nowhere/new --components 4 :: nowhere
0= :: mae-codebook digits.h5 -o new --dry-run :: would write new
END
}
