"""Makes, beside good files, files that are wrong in every way a reader must notice.

usage: damage.py FOLDER    FOLDER holds train.h5, train-features.h5 and mae.safetensors
"""

import json
import os
import pathlib
import shutil
import struct
import sys

import h5py
import numpy

folder = pathlib.Path(sys.argv[1])


def changed_shard(name, change, source="train.h5"):
    """A copy of a shard after change(file)."""
    shutil.copy(folder / source, folder / name)
    with h5py.File(folder / name, "r+", libver=("v110", "v110")) as file:
        change(file)


def remade_shard(name, change, source="train.h5"):
    """A shard as another program would write it: the datasets of a good one after change(dict), without digests."""
    with h5py.File(folder / source, "r") as good:
        data = {key: good[key][()] for key in good if key != "class_names"}
        attributes = {key: {k: v for k, v in good[key].attrs.items() if k != "digest"} for key in data}
    change(data, attributes)
    with h5py.File(folder / name, "w", libver=("v110", "v110")) as file:
        for key, value in (("format", "mae-shard"), ("provenance", "{}")):
            file.attrs.create(key, value, dtype=h5py.string_dtype("utf-8", len(value)))
        file.attrs["format_version"] = numpy.int64(1)
        for key, value in data.items():
            if value.dtype.kind == "O":
                longest = max(map(len, value))
                value = value.astype(h5py.string_dtype("utf-8", longest))
            file.create_dataset(key, data=value, chunks=value.shape, fletcher32=True, track_times=False)
            for attribute, entry in attributes[key].items():
                file[key].attrs[attribute] = entry
        file.attrs["complete"] = numpy.int64(1)


def set_attribute(attribute, value, dataset=None):
    """A change that overwrites an attribute of a dataset, or of the root."""

    def change(file):
        (file[dataset] if dataset else file).attrs[attribute] = value

    return change


def remove(name):
    def change(file):
        del file[name]

    return change


def flipped(name, source, position):
    """A copy with one bit changed; position is a share of the file's length."""
    data = bytearray((folder / source).read_bytes())
    data[int(len(data) * position)] ^= 4
    (folder / name).write_bytes(data)


def cut(name, source, share):
    data = (folder / source).read_bytes()
    (folder / name).write_bytes(data[: int(len(data) * share)])


def make_shards():
    (folder / "empty.h5").write_bytes(b"")
    (folder / "text.h5").write_text("this is a text, not a shard\n" * 100)
    cut("cut.h5", "train.h5", 0.6)
    flipped("flipped.h5", "train.h5", 0.5)
    (folder / "longer.h5").write_bytes((folder / "train.h5").read_bytes() + b"more")
    changed_shard("newer.h5", set_attribute("format_version", numpy.int64(2)))
    changed_shard("unfinished.h5", set_attribute("complete", numpy.int64(0)))
    changed_shard("linked.h5", lambda file: file.__setitem__("labels2", h5py.ExternalLink("test.h5", "/labels")))
    with h5py.File(folder / "foreign.h5", "w", libver=("v110", "v110")) as file:
        file["data"] = numpy.arange(10)
    with h5py.File(folder / "old-layout.h5", "w", libver=("earliest", "v108")) as file:
        file["data"] = numpy.arange(10)
    changed_shard("no-patches.h5", remove("patches"))
    changed_shard("no-grid.h5", lambda file: file["patches"].attrs.__delitem__("grid"))
    changed_shard("other-grid.h5", set_attribute("grid", numpy.array([5, 5]), "patches"))

    def two_dimensions(data, attributes):
        data["patches"] = data["patches"].reshape(len(data["patches"]), -1)
        attributes["patches"].pop("dimensions", None)

    def fewer_labels(data, _):
        data["labels"] = data["labels"][:-1]

    def no_labels(data, _):
        data["labels"][:] = -1

    def not_a_number(data, _):
        data["features"][3, 2] = numpy.nan

    remade_shard("two-dimensions.h5", two_dimensions)
    remade_shard("fewer-labels.h5", fewer_labels)
    remade_shard("unlabelled.h5", no_labels)
    remade_shard("nan-features.h5", not_a_number, source="train-features.h5")
    remade_shard("unlabelled-features.h5", no_labels, source="train-features.h5")
    os.mkfifo(folder / "fifo.h5")
    (folder / "nothing").mkdir()


def read_safetensors(path):
    data = path.read_bytes()
    (length,) = struct.unpack("<Q", data[:8])
    return json.loads(data[8 : 8 + length]), bytearray(data[8 + length :])


def write_safetensors(path, header, data):
    text = json.dumps(header).encode()
    path.write_bytes(struct.pack("<Q", len(text)) + text + bytes(data))


def make_checkpoints():
    good = "mae.safetensors"
    (folder / "empty.safetensors").write_bytes(b"")
    (folder / "text.safetensors").write_text("this is a text, not a checkpoint\n" * 100)
    (folder / "huge-header.safetensors").write_bytes(struct.pack("<Q", 1 << 60) + b"{}")
    cut("cut.safetensors", good, 0.5)
    flipped("flipped.safetensors", good, 0.9)
    os.mkfifo(folder / "fifo.safetensors")

    header, data = read_safetensors(folder / good)
    header["__metadata__"].pop("mae_digests", None)

    def variant(name, change):
        other = json.loads(json.dumps(header))
        bytes_ = bytearray(data)
        change(other, bytes_)
        write_safetensors(folder / name, other, bytes_)

    def change_config(**fields):
        def change(other, _):
            config = json.loads(other["__metadata__"]["mae.config"])
            config.update(fields)
            other["__metadata__"]["mae.config"] = json.dumps(config)

        return change

    def fill_with_nan(other, bytes_):
        first, last = other["blocks.0.mlp.fc1.weight"]["data_offsets"]
        bytes_[first:last] = struct.pack("<f", float("nan")) * ((last - first) // 4)

    def lose_a_tensor(other, _):
        other["norm.extra"] = other.pop("norm.weight")

    variant("foreign.safetensors", lambda other, _: other.pop("__metadata__"))
    variant("nan.safetensors", fill_with_nan)
    variant("wider.safetensors", change_config(embed_dim=32))
    variant("unknown-model.safetensors", change_config(model="resnet"))
    variant("unknown-field.safetensors", change_config(colour="blue"))
    variant("other-tensors.safetensors", lose_a_tensor)


def make_pictures():
    pictures = folder / "bad-photos"
    shutil.copytree(folder / "photos", pictures)
    jpeg = (folder / "photos" / "bearskin.jpg").read_bytes()
    (pictures / "cut.jpg").write_bytes(jpeg[: len(jpeg) // 2])
    for name, content in (
        ("empty.jpg", b""),
        ("text.png", b"not a picture at all\n" * 20),
        ("bomb.png", b"\x89PNG\r\n\x1a\n" + struct.pack(">I4sIIBBBBB", 13, b"IHDR", 60000, 60000, 8, 2, 0, 0, 0) + b"\0" * 4),
    ):
        one = folder / ("only-" + name.split(".")[0])
        one.mkdir()
        (one / name).write_bytes(content)
    one = folder / "only-cut"
    one.mkdir()
    shutil.copy(pictures / "cut.jpg", one)


make_shards()
make_checkpoints()
make_pictures()
