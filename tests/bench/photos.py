"""From JPEG files to features: mae-encode beside a PyTorch model behind torchvision's transforms and a DataLoader with as many
workers, on the same weights."""

import sys
import time
from pathlib import Path

from contest import BIN, output, parser, publish, quiet, rate_after_first, rows, take_samples
from photographs import make_photo_folder

HERE = Path(__file__).resolve().parent

# Model, batch, share of the pictures that are read on a CPU: those of a large model take longer.
CASES = {
    "tiny": ("mae-vit-tiny-patch16", 32, 1),
    "base": ("mae-vit-base-patch16", 16, 8),
}
CUDA_BATCH = 128
PICTURES = {"cpu": 600, "cuda": 12800}


def main():
    options = parser("photos", photos=True, devices=True)
    options.set_defaults(pictures=None)
    options.add_argument("--cases", default="tiny,base")
    options = options.parse_args()
    options.pictures = options.pictures or PICTURES[options.device]
    publish(options, "one pass",
            lambda folder: [line for case in options.cases.split(",") for line in measure(case, folder / case, options)])


def measure(case, folder, options):
    model, batch, share = CASES[case]
    device = options.device
    if device == "cuda":
        batch, share = CUDA_BATCH, 1
    count = options.pictures // share // batch * batch
    folder.mkdir()
    photos = make_photo_folder(folder, options.photos, count)
    untrained, features = folder / "untrained", folder / "features.h5"
    quiet(BIN / "mae-patchify", photos, "-o", folder / "few.h5", "--limit", 2)
    quiet(BIN / "mae-pretrain", folder / "few.h5", "-o", untrained, "--model", model, "--epochs", 0, "--warmup-epochs", 0)

    def encode(limit, dtype):
        """Seconds."""
        started = time.perf_counter()
        output([BIN / "mae-encode", "--model", untrained, photos, "-o", features, "--pool", "mean", "--limit", limit, "--dtype", dtype,
                "--batch-size", batch, "--device", device, "-j", options.threads, "-q"])
        return time.perf_counter() - started

    def ours(dtype):
        return lambda: rate_after_first(lambda limit: encode(limit, dtype), batch, count - batch)

    def peer(mode, dtype):
        return [sys.executable, HERE / "peer_photos.py", untrained / "checkpoint.safetensors", photos, batch, options.threads, device, mode,
                dtype]

    contenders = {
        "mae-encode": ours("auto"),
        "mae-encode --dtype float32": ours("float32"),
        "PyTorch eager, float32": peer("eager", "float32"),
        "PyTorch eager, bfloat16": peer("eager", "bfloat16"),
        "PyTorch torch.compile, bfloat16": peer("compile", "bfloat16"),
    }
    if device == "cpu":
        contenders["mae-encode --dtype int8"] = ours("int8")
    samples = take_samples(contenders, options)
    return [f"\n**{case}**: {model}, {count} photographs, batch {batch}\n"] + rows(samples)


main()
