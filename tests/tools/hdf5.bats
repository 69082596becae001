# Every shard we write is read by h5py, another program with another HDF5 library, and is what mae-shard(5) says.

load helpers

setup() { enter_sandbox; }

# What all shards have in common.
check_format() {
  h5 "$1" \
    'f.attrs["format"].decode() == "mae-shard" if isinstance(f.attrs["format"], bytes) else f.attrs["format"] == "mae-shard"' \
    'f.attrs["format_version"] == 1' \
    'f.attrs["complete"] == 1' \
    '__import__("json").loads(f.attrs["provenance"])["program"].startswith("mae-")' \
    'all(isinstance(f[name], h5py.Dataset) for name in f)' \
    'all(f[name].chunks is not None for name in f)' \
    'all(f[name].chunks[1:] == f[name].shape[1:] for name in f)' \
    'all(f[name].fletcher32 for name in f)' \
    'all(f[name].compression is None for name in f)' \
    'all(f[name].dtype.byteorder in "<=|" for name in f)' \
    'all("dimensions" in f[name].attrs for name in f)' \
    'all(len(f[name]) == len(f["names"]) for name in f if name != "class_names")' \
    'len(set(f["names"][()])) == len(f["names"])' \
    'all(numpy.asarray(f[name][()]).size == f[name].size for name in f)'
}

@test "a patch shard" {
  mae-patchify test -o t.h5 --image-size 64x32 --patch-size 16x8
  check_format t.h5
  h5 t.h5 'f["patches"].shape == (8, 16, 16 * 8 * 3)' 'f["patches"].dtype == numpy.uint8' \
    'list(f["patches"].attrs["patch_size"]) == [16, 8]' 'list(f["patches"].attrs["grid"]) == [4, 4]' \
    'f["patches"].attrs["channels"] == 3' 'len(f["patches"].attrs["mean"]) == 3' 'len(f["patches"].attrs["std"]) == 3' \
    'f["labels"].dtype == numpy.int64' 'f["labels"][()].tolist() == [0] * 4 + [1] * 4' \
    '[name.decode() for name in f["class_names"][()]] == ["bars", "ladders"]' \
    'f["names"][0].decode() == "bars/6.png"'
}

@test "patches hold pixels by row, column and channel" {
  "$python" - <<'END'
import pathlib
# A picture whose red is the row and whose green is the column.
rows = bytearray()
for y in range(32):
    for x in range(32):
        rows += bytes((y, x, 7))
pathlib.Path("grid.ppm").write_bytes(b"P6 32 32 255\n" + rows)
END
  mae-patchify grid.ppm -o g.h5 --image-size 32 --patch-size 8
  h5 g.h5 'f["patches"].shape == (1, 16, 192)' \
    '(lambda p: all(p[r * 4 + c, y, x].tolist() == [r * 8 + y, c * 8 + x, 7] for r in range(4) for c in range(4) for y in range(8) for x in range(8)))(f["patches"][0].reshape(16, 8, 8, 3))'
}

@test "16 bits, grey, and captions" {
  "$python" - <<'END'
import pathlib
values = b"".join((y * 1000 + x).to_bytes(2, "big") for y in range(16) for x in range(16))
pathlib.Path("deep.pgm").write_bytes(b"P5 16 16 65535\n" + values)
END
  mae-patchify deep.pgm -o d.h5 --image-size 16 --patch-size 8 --channels 1 --bit-depth 16
  check_format d.h5
  h5 d.h5 'f["patches"].dtype == numpy.uint16' 'f["patches"][0, 3, -1] == 15 * 1000 + 15' 'f["patches"][0, 1, 0] == 8'
  printf 'image,caption,label\nphotos/bearskin.jpg,"a guard, standing",7\nphotos/sidewinder.jpg,ein Flügel,3\n' >table.csv
  mae-patchify table.csv -o c.h5 --image-size 32
  check_format c.h5
  h5 c.h5 '[text.decode() for text in f["captions"][()]] == ["a guard, standing", "ein Flügel"]' 'f["labels"][()].tolist() == [7, 3]' \
    '"class_names" not in f'
}

@test "a mask shard" {
  check_format mask.h5
  h5 mask.h5 'f["mask"].shape == (64, 16)' 'f["mask"].dtype == numpy.uint8' 'set(f["mask"][()].ravel()) == {0, 1}' \
    'f["mask"][()].sum(axis=1).tolist() == [12] * 64' 'f["mask"].attrs["mask_ratio"] == 0.75' 'f["mask"].attrs["seed"] == 0' \
    '"patches" not in f' '"patches_digest" in f["mask"].attrs'
  mae-mask train.h5 -o both.h5 --with-patches
  check_format both.h5
  h5 both.h5 '(f["patches"][()] == h5py.File("train.h5")["patches"][()]).all()' '(f["mask"][()] == h5py.File("mask.h5")["mask"][()]).all()'
}

@test "a feature shard" {
  mae-encode --model mae.safetensors test.h5 -o f.h5 --patches --patch-dtype float16 --blocks 1 --attention
  check_format f.h5
  h5 f.h5 'f["features"].shape == (32, 16)' 'f["features"].dtype == numpy.float32' 'f["patch_features"].shape == (32, 16, 16)' \
    'f["patch_features"].dtype == numpy.float16' 'f["block_features"].shape == (32, 1, 16)' 'f["attention"].shape == (32, 2, 16)' \
    'numpy.isfinite(f["features"][()]).all()' '(f["attention"][()] >= 0).all()' '(f["attention"][()].sum(axis=2) < 1).all()' \
    '(f["labels"][()] == h5py.File("test.h5")["labels"][()]).all()' '(f["names"][()] == h5py.File("test.h5")["names"][()]).all()' \
    'f["features"].attrs["pool"] in ("cls", b"cls")'
}

@test "a reconstruction shard" {
  mae-reconstruct --model mae.safetensors test.h5 -o r.h5
  check_format r.h5
  h5 r.h5 'f["reconstruction"].shape == (32, 16, 768)' 'f["reconstruction"].dtype == numpy.uint8' 'f["error"].shape == (32, 16)' \
    '(f["error"][()][f["mask"][()] == 0] == 0).all()' \
    '(f["reconstruction"][()][f["mask"][()] == 0] == h5py.File("test.h5")["patches"][()][f["mask"][()] == 0]).all()' \
    'numpy.allclose(((f["reconstruction"][()].astype(float) - h5py.File("test.h5")["patches"][()]) ** 2).mean(axis=2), f["error"][()], rtol=1e-4)'
}

@test "each member of a set is valid alone" {
  mae-patchify photos -o s.h5 --image-size 32 --shard-size 4
  mae-encode --model mae.safetensors test.h5 -o e.h5 --num-shards 3
  for file in s-*.h5 e-*.h5; do check_format "$file"; done
  [ "$(ls s-* e-* | wc -l)" = 5 ]
}

@test "shards that h5py wrote are read" {
  "$python" - <<'END'
import h5py, json, numpy
rng = numpy.random.default_rng(0)
with h5py.File("theirs.h5", "w", libver=("v110", "v110")) as f:
    f.attrs.create("format", "mae-shard", dtype=h5py.string_dtype("utf-8", 9))
    f.attrs["format_version"] = numpy.int64(1)
    f.attrs.create("provenance", "{}", dtype=h5py.string_dtype("utf-8", 2))
    patches = f.create_dataset("patches", data=rng.integers(0, 256, (5, 16, 768), dtype=numpy.uint8), chunks=(5, 16, 768), fletcher32=True)
    for name, value in (("patch_size", [16, 16]), ("grid", [4, 4])):
        patches.attrs[name] = numpy.array(value)
    patches.attrs["channels"] = numpy.int64(3)
    patches.attrs["mean"], patches.attrs["std"] = numpy.array([0.485, 0.456, 0.406]), numpy.array([0.229, 0.224, 0.225])
    f.create_dataset("labels", data=numpy.arange(5, dtype="<i8"), chunks=(5,), fletcher32=True)
    names = numpy.array([b"a%d" % i for i in range(5)], dtype=h5py.string_dtype("utf-8", 2))
    f.create_dataset("names", data=names, chunks=(5,), fletcher32=True)
    f.attrs["complete"] = numpy.int64(1)
END
  succeeds mae-info --check theirs.h5
  mae-mask theirs.h5 -o m.h5
  mae-encode --model mae.safetensors theirs.h5 -o f.h5
  mae-reconstruct --model mae.safetensors theirs.h5 --masks m.h5 -o r.png
  h5 f.h5 'f["features"].shape == (5, 16)' '[name.decode() for name in f["names"][()]] == ["a0", "a1", "a2", "a3", "a4"]'
}
