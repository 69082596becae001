"""Photographs as the published evaluation reads them, in Python; one sample.
usage: peer_photos.py pil|torchvision FOLDER                              on one thread; pictures a second of processor time
       peer_photos.py CHECKPOINT FOLDER BATCH THREADS cpu|cuda eager|compile DTYPE
                                                                        and on to features; pictures a second"""

import sys
import time
from pathlib import Path

import torch
import torchvision
from PIL import Image
from torchvision.transforms import InterpolationMode, v2

MEAN, STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
GEOMETRY = [v2.Resize(256, interpolation=InterpolationMode.BICUBIC, antialias=True), v2.CenterCrop(224)]
FLOATS = [v2.ToDtype(torch.float32, scale=True), v2.Normalize(MEAN, STD)]


class Photographs(torch.utils.data.Dataset):
    """What timm and torchvision do to a file."""

    def __init__(self, folder):
        self.files = sorted(Path(folder).iterdir())
        self.transform = v2.Compose([*GEOMETRY, v2.ToImage(), *FLOATS])

    def __len__(self):
        return len(self.files)

    def __getitem__(self, index):
        with Image.open(self.files[index]) as image:
            return self.transform(image.convert("RGB"))


def only_read(library, folder):
    torch.set_num_threads(1)
    geometry = v2.Compose(GEOMETRY)

    def pil(file):
        with Image.open(file) as image:
            return geometry(image.convert("RGB"))

    def tensor(file):
        return geometry(torchvision.io.decode_image(str(file), torchvision.io.ImageReadMode.RGB))
    read = pil if library == "pil" else tensor
    files = sorted(Path(folder).iterdir())
    read(files[0])
    started = time.process_time()
    for file in files:
        read(file)
    return len(files) / (time.process_time() - started)


def features(checkpoint, folder, batch, threads, device, mode, dtype):
    from peer_model import load_peer
    torch.set_num_threads(threads)
    torch.backends.cudnn.allow_tf32 = False  # float32 is float32 on both sides
    model = load_peer(checkpoint)[0].eval().to(device)
    run = torch.compile(model.encode) if mode == "compile" else model.encode
    data = Photographs(folder)
    loader = torch.utils.data.DataLoader(data, batch, num_workers=threads, drop_last=True, pin_memory=device == "cuda")
    with torch.no_grad(), torch.autocast(device, dtype=torch.bfloat16, enabled=dtype == "bfloat16"):
        first = torch.stack([data[i] for i in range(batch)]).to(device)
        for _ in range(2):
            run(first)
        started, rows = time.perf_counter(), []
        for images in loader:
            rows.append(run(images.to(device, non_blocking=True))[:, 1:].mean(dim=1).float())
        return len(torch.cat(rows).cpu()) / (time.perf_counter() - started)


if len(sys.argv) == 3:
    print(only_read(*sys.argv[1:]))
else:
    checkpoint, folder, batch, threads, device, mode, dtype = sys.argv[1:]
    print(features(checkpoint, folder, int(batch), int(threads), device, mode, dtype))
