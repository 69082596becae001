"""One sample of a peer: trains PeerMae on pictures in memory and prints its pictures a second.
usage: peer_pretrain.py CHECKPOINT SHARD BATCH STEPS THREADS float32|bfloat16 eager|compile [FEATURES]
With FEATURES, a feature shard of ours of the first pictures, only compares the encoder with it."""

import sys
import time

import h5py
import numpy
import torch
from peer_model import load_images, load_peer

checkpoint, shard, batch, steps, threads, dtype, mode = sys.argv[1:8]
batch, steps = int(batch), int(steps)
torch.set_num_threads(int(threads))
model, config = load_peer(checkpoint)
images = load_images(shard, config, max(batch, 64))

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
