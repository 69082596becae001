"""Photographs to pixels of one size on one thread: mae-patchify, which also writes and seals a shard, beside libjpeg-turbo, which
only decodes, and what Python users read pictures with."""

import subprocess
import sys
from pathlib import Path

from contest import BIN, output, parser, publish, rate_of_processor, rows, take_samples
from photographs import make_photo_folder

HERE = Path(__file__).resolve().parent


def main():
    options = parser("patchify", photos=True).parse_args()
    options.threads = 1
    publish(options, f"{options.pictures} photographs, by processor time", lambda folder: measure(folder, options))


def measure(folder, options):
    photos = make_photo_folder(folder, options.photos, options.pictures)
    subprocess.run(["cmake", "--build", BIN.parent, "--target", "jpeg_decode"], check=True, stdout=subprocess.DEVNULL)
    names = sorted(photos.iterdir())

    def ours(kernels):
        command = ["env", f"MAE_KERNELS={kernels}", BIN / "mae-patchify", photos, "-o", folder / "out.h5", "-j", 1, "-q"]
        return lambda: rate_of_processor(command, len(names))

    contenders = {
        "mae-patchify": ours("auto"),
        "mae-patchify, MAE_KERNELS=plain": ours("plain"),
        "libjpeg-turbo, decoding alone": lambda: len(names) / float(output([BIN.parent / "bench" / "jpeg_decode", *names])),
        "PIL and torchvision": [sys.executable, HERE / "peer_photos.py", "pil", photos],
        "torchvision.io": [sys.executable, HERE / "peer_photos.py", "torchvision", photos],
    }
    samples = take_samples(contenders, options)
    return ["\nEach photograph is resized to 256 and cropped to 224, but for libjpeg-turbo's, which stay as they are\n"] + rows(samples)


main()
