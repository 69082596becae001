"""PeerMae with the weights of a checkpoint of ours, and pictures of a shard as it takes them."""

import json

import h5py
import numpy
import torch
from peer_mae import PeerMae
from safetensors import safe_open


def load_peer(checkpoint):
    """The model and our configuration of it."""
    with safe_open(checkpoint, "pt") as file:
        config = json.loads(file.metadata()["mae.config"])
        tensors = {name: file.get_tensor(name) for name in file.keys()}
    model = PeerMae(config)
    model.load_state_dict(tensors)
    return model, config


def load_images(shard, config, count):
    """The first pictures [count, C, H, W], normalised."""
    with h5py.File(shard) as file:
        patches = file["patches"]
        p, (rows, columns), channels = config["patch_size"][0], patches.attrs["grid"], config["in_chans"]
        mean, std = (numpy.asarray(patches.attrs[name], numpy.float32) for name in ("mean", "std"))
        pixels = patches[:count].reshape(-1, rows, columns, p, p, channels)
    pixels = pixels.transpose(0, 1, 3, 2, 4, 5).reshape(-1, rows * p, columns * p, channels)
    return torch.from_numpy(((pixels / numpy.float32(255) - mean) / std).transpose(0, 3, 1, 2).copy())
