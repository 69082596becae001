"""One sample of a peer: trains PeerMae on pictures in memory and prints its pictures a second.
usage: peer_pretrain.py CHECKPOINT SHARD BATCH WARM STEPS THREADS cpu|cuda float32|bfloat16 eager|compile|reduce-overhead [FEATURES]
The first WARM steps do not count; on a GPU the pictures are there already, and its memory is printed too.
With FEATURES, a feature shard of ours of the first pictures, only compares the encoder with it."""

import sys
import time

import h5py
import numpy
import torch
from peer_model import load_images, load_peer

checkpoint, shard, batch, warm, steps, threads, device, dtype, mode = sys.argv[1:10]
batch, warm, steps = int(batch), int(warm), int(steps)
torch.set_num_threads(int(threads))
torch.backends.cudnn.allow_tf32 = False  # float32 is float32 on both sides
model, config = load_peer(checkpoint)
model = model.to(device)
images = load_images(shard, config, max(batch, 64)).to(device)

if len(sys.argv) > 10:
    with h5py.File(sys.argv[10]) as file:
        ours = file["features"][:64]
    with torch.no_grad():
        theirs = model.encode(images[:64])[:, 1:].mean(dim=1).cpu().numpy()
    print(float(numpy.abs(ours - theirs).max()))
    sys.exit()

images = images[:batch]
parameters = [parameter for parameter in model.parameters() if parameter.requires_grad]
optimizer = torch.optim.AdamW(parameters, lr=1e-4, betas=(0.9, 0.95), weight_decay=0.05, fused=True)
run = model if mode == "eager" else torch.compile(model, mode=None if mode == "compile" else mode)


def step():
    torch.compiler.cudagraph_mark_step_begin()
    with torch.autocast(device, dtype=torch.bfloat16, enabled=dtype == "bfloat16"):
        loss = run(images)
    optimizer.zero_grad(set_to_none=True)
    loss.backward()
    optimizer.step()


def seconds(count):
    started = time.perf_counter()
    for _ in range(count):
        step()
    if device == "cuda":
        torch.cuda.synchronize()
    return time.perf_counter() - started


seconds(warm)
print(f"images_per_second\t{batch * steps / seconds(steps)}")
if device == "cuda":
    print(f"peak_memory_bytes\t{torch.cuda.max_memory_allocated()}")
