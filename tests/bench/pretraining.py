"""Pretraining steps of small models: our tool beside PyTorch, eager and compiled, in float32 and bfloat16."""

import shutil
import sys
from pathlib import Path

from contest import BIN, ROOT, heading, output, parser, publish, quiet, rate_after_first, rate_in, rows, take_samples

HERE = Path(__file__).resolve().parent
WARM = 3  # steps, as in peer_pretrain.py

# Options of the model, size of the pictures, patch, batch.
CASES = {
    "fashion": ("--embed-dim 128 --depth 6 --num-heads 4 --decoder-embed-dim 64 --decoder-depth 2 --decoder-num-heads 4", 28, 4, 256),
    "cifar": ("--embed-dim 192 --depth 6 --num-heads 3 --decoder-embed-dim 96 --decoder-depth 2 --decoder-num-heads 3", 32, 4, 256),
    "cifar-small-batch": ("--embed-dim 128 --depth 6 --num-heads 4 --decoder-embed-dim 64 --decoder-depth 2 --decoder-num-heads 4", 32, 4, 64),
    "pixels64": ("--embed-dim 192 --depth 12 --num-heads 3 --decoder-embed-dim 128 --decoder-depth 4 --decoder-num-heads 4", 64, 4, 64),
    "base224": ("--model mae-vit-base-patch16", 224, 16, 8),
}


def main():
    options = parse()
    publish(options, heading(options, f"{options.steps} steps"),
            lambda folder: [line for case in options.cases.split(",") for line in measure(case, folder, options)])


def parse():
    options = parser("pretraining")
    options.add_argument("--steps", type=int, default=20)
    options.add_argument("--cases", default="fashion,cifar")
    return options.parse_args()


def measure(case, folder, options):
    model, size, patch, batch = CASES[case]
    shard, untrained, features = folder / f"{case}.h5", folder / f"{case}-untrained", folder / f"{case}-features.h5"
    quiet(BIN / "mae-patchify", ROOT / "share/data/fashion-mnist/t10k-images-idx3-ubyte.gz", "-o", shard, "--image-size", f"{size}x{size}",
          "--patch-size", patch, "--channels", 3 if size == 224 else 1, "--limit", 4 * batch, "--compute-mean-std")
    recipe = [*model.split(), "--norm-pix-loss", "--batch-size", batch, "--warmup-epochs", 0, "--augment", "none"]
    quiet(BIN / "mae-pretrain", shard, "-o", untrained, *recipe, "--epochs", 0)
    quiet(BIN / "mae-encode", "--model", untrained, shard, "-o", features, "--pool", "mean", "--limit", 64, "--dtype", "float32")
    checkpoint = untrained / "checkpoint.safetensors"

    def peer(dtype, mode, *more):
        return [sys.executable, HERE / "peer_pretrain.py", checkpoint, shard, batch, options.steps, options.threads, dtype, mode, *more]

    def seconds(steps, dtype, kernels):
        shutil.rmtree(folder / "run", ignore_errors=True)
        run = [BIN / "mae-pretrain", shard, "-o", folder / "run", *recipe, "--epochs", 1000, "--max-steps", steps,
               "--dtype", dtype, "-j", options.threads, "-q"]
        return steps * batch / rate_in(output(["env", f"MAE_KERNELS={kernels}", *run]))

    def ours(dtype, kernels):
        """The peers' first steps do not count either."""
        return lambda: batch * rate_after_first(lambda steps: seconds(steps, dtype, kernels), WARM, options.steps)

    difference = float(output(peer("float32", "eager", features)))
    if difference > 1e-4:
        sys.exit(f"tests/bench/run: {case}: the peers' features differ from ours by {difference}")
    contenders = {
        "mae-pretrain bfloat16": ours("bfloat16", "auto"),
        "mae-pretrain float32": ours("float32", "auto"),
        "mae-pretrain float32, MAE_KERNELS=plain": ours("float32", "plain"),
        "torch.compile bfloat16": peer("bfloat16", "compile"),
        "torch.compile float32": peer("float32", "compile"),
        "PyTorch eager bfloat16": peer("bfloat16", "eager"),
        "PyTorch eager float32": peer("float32", "eager"),
    }
    samples = take_samples(contenders, options)
    return [f"\n**{case}**: {size} x {size}, patch {patch}, batch {batch}; features equal within {difference:.0e}\n"] + rows(samples)


main()
