"""One sample of a peer: trains PeerMae on pictures in memory and prints its pictures a second.
usage: peer_pretrain.py CHECKPOINT SHARD BATCH STEPS THREADS float32|bfloat16 eager|compile [FEATURES]
With FEATURES, a feature shard of ours of the first pictures, only compares the encoder with it."""

import json
import sys
import time

import h5py
import numpy
import torch
from peer_mae import PeerMae
from safetensors import safe_open

checkpoint, shard, batch, steps, threads, dtype, mode = sys.argv[1:8]
batch, steps = int(batch), int(steps)
torch.set_num_threads(int(threads))
with safe_open(checkpoint, "pt") as file:
    config = json.loads(file.metadata()["mae.config"])
    tensors = {name: file.get_tensor(name) for name in file.keys()}
model = PeerMae(config)
model.load_state_dict(tensors)

with h5py.File(shard) as file:
    patches = file["patches"]
    p, (rows, columns), channels = config["patch_size"][0], patches.attrs["grid"], config["in_chans"]
    mean, std = (numpy.asarray(patches.attrs[name], numpy.float32) for name in ("mean", "std"))
    pixels = patches[: max(batch, 64)].reshape(-1, rows, columns, p, p, channels)
    pixels = pixels.transpose(0, 1, 3, 2, 4, 5).reshape(-1, rows * p, columns * p, channels)
    images = torch.from_numpy(((pixels / numpy.float32(255) - mean) / std).transpose(0, 3, 1, 2).copy())

if len(sys.argv) > 8:
    with h5py.File(sys.argv[8]) as file:
        ours = file["features"][:64]
    with torch.no_grad():
        theirs = model.encode(images[:64])[:, 1:].mean(dim=1).numpy()
    print(float(numpy.abs(ours - theirs).max()))
    sys.exit()

images = images[:batch]
parameters = [parameter for parameter in model.parameters() if parameter.requires_grad]
optimizer = torch.optim.AdamW(parameters, lr=1e-4, betas=(0.9, 0.95), weight_decay=0.05, fused=True)
run = torch.compile(model) if mode == "compile" else model


def step():
    with torch.autocast("cpu", dtype=torch.bfloat16, enabled=dtype == "bfloat16"):
        loss = run(images)
    optimizer.zero_grad(set_to_none=True)
    loss.backward()
    optimizer.step()


for _ in range(3):
    step()
started = time.perf_counter()
for _ in range(steps):
    step()
print(batch * steps / (time.perf_counter() - started))
