"""Pretraining steps: our tool beside PyTorch, eager and compiled, in float32 and bfloat16."""

import shutil
import sys
from pathlib import Path

from contest import BIN, ROOT, output, parser, publish, quiet, rate_after_first, rate_in, rows, take_samples, value_in

HERE = Path(__file__).resolve().parent

# Steps that do not count and those that do, batches in the shard, and what is measured where nothing else is asked for.
WARM = {"cpu": 3, "cuda": 20}
STEPS = {"cpu": 20, "cuda": 100}
BATCHES = {"cpu": 4, "cuda": 39}
DEFAULT_CASES = {"cpu": "fashion,cifar", "cuda": "fashion,base224,large224"}

# Options of the model, size of the pictures, patch, batch.
CASES = {
    "fashion": ("--embed-dim 128 --depth 6 --num-heads 4 --decoder-embed-dim 64 --decoder-depth 2 --decoder-num-heads 4", 28, 4, 256),
    "cifar": ("--embed-dim 192 --depth 6 --num-heads 3 --decoder-embed-dim 96 --decoder-depth 2 --decoder-num-heads 3", 32, 4, 256),
    "cifar-small-batch": ("--embed-dim 128 --depth 6 --num-heads 4 --decoder-embed-dim 64 --decoder-depth 2 --decoder-num-heads 4", 32, 4, 64),
    "pixels64": ("--embed-dim 192 --depth 12 --num-heads 3 --decoder-embed-dim 128 --decoder-depth 4 --decoder-num-heads 4", 64, 4, 64),
    "base224": ("--model mae-vit-base-patch16", 224, 16, 8),
    "base224-batch32": ("--model mae-vit-base-patch16", 224, 16, 32),
    "large224": ("--model mae-vit-large-patch16", 224, 16, 8),
}
CUDA_BATCH = 256

# Ours: number type, MAE_KERNELS and more options. The peers': number type and mode of peer_pretrain.py.
OURS = {
    "cpu": {
        "mae-pretrain bfloat16": ("bfloat16", "auto"),
        "mae-pretrain float32": ("float32", "auto"),
        "mae-pretrain float32, MAE_KERNELS=plain": ("float32", "plain"),
    },
    "cuda": {
        "mae-pretrain bfloat16": ("bfloat16", "auto"),
        "mae-pretrain bfloat16, --cuda-graph": ("bfloat16", "auto", "--cuda-graph"),
        "mae-pretrain bfloat16, MAE_KERNELS=plain": ("bfloat16", "plain"),
        "mae-pretrain float32": ("float32", "auto"),
    },
}
PEERS = {
    "torch.compile bfloat16": ("bfloat16", "compile"),
    "torch.compile float32": ("float32", "compile"),
    "PyTorch eager bfloat16": ("bfloat16", "eager"),
    "PyTorch eager float32": ("float32", "eager"),
}
CUDA_PEERS = {"torch.compile reduce-overhead bfloat16": ("bfloat16", "reduce-overhead")}


def main():
    options = parse()
    publish(options, f"{options.steps} steps",
            lambda folder: [line for case in options.cases.split(",") for line in measure(case, folder, options)])


def parse():
    options = parser("pretraining", devices=True)
    options.add_argument("--steps", type=int)
    options.add_argument("--cases")
    options = options.parse_args()
    options.steps = options.steps or STEPS[options.device]
    options.cases = options.cases or DEFAULT_CASES[options.device]
    return options


def measure(case, folder, options):
    model, size, patch, batch = CASES[case]
    device, warm = options.device, WARM[options.device]
    batch = CUDA_BATCH if device == "cuda" else batch
    shard, untrained, features = folder / f"{case}.h5", folder / f"{case}-untrained", folder / f"{case}-features.h5"
    quiet(BIN / "mae-patchify", ROOT / "share/data/fashion-mnist/t10k-images-idx3-ubyte.gz", "-o", shard, "--image-size", f"{size}x{size}",
          "--patch-size", patch, "--channels", 3 if size == 224 else 1, "--limit", BATCHES[device] * batch, "--compute-mean-std")
    recipe = [*model.split(), "--norm-pix-loss", "--batch-size", batch, "--warmup-epochs", 0, "--augment", "none"]
    quiet(BIN / "mae-pretrain", shard, "-o", untrained, *recipe, "--epochs", 0)
    quiet(BIN / "mae-encode", "--model", untrained, shard, "-o", features, "--pool", "mean", "--limit", 64, "--dtype", "float32",
          "--device", device)
    checkpoint = untrained / "checkpoint.safetensors"

    memory = {}  # the most bytes of a GPU that a contender held

    def noted(name, text):
        if device == "cuda":
            memory[name] = max(memory.get(name, 0), value_in(text, "peak_memory_bytes"))
        return text

    def run_peer(dtype, mode, *more):
        return output([sys.executable, HERE / "peer_pretrain.py", checkpoint, shard, batch, warm, options.steps, options.threads, device,
                       dtype, mode, *more])

    def seconds(steps, name, dtype, kernels, *more):
        shutil.rmtree(folder / "run", ignore_errors=True)
        run = [BIN / "mae-pretrain", shard, "-o", folder / "run", *recipe, "--epochs", 1000, "--max-steps", steps,
               "--save-every", 1000, "--dtype", dtype, "--device", device, "-j", options.threads, "-q", *more]
        return steps * batch / rate_in(noted(name, output(["env", f"MAE_KERNELS={kernels}", *run])))

    def ours(name, *how):
        """The peers' first steps do not count either."""
        return lambda: batch * rate_after_first(lambda steps: seconds(steps, name, *how), warm, options.steps)

    def peer(name, *how):
        return lambda: rate_in(noted(name, run_peer(*how)))

    difference = float(run_peer("float32", "eager", features))
    if difference > 1e-4:
        sys.exit(f"tests/bench/run: {case}: the peers' features differ from ours by {difference}")
    peers = PEERS | (CUDA_PEERS if device == "cuda" else {})
    contenders = {name: ours(name, *how) for name, how in OURS[device].items()} | {name: peer(name, *how) for name, how in peers.items()}
    samples = take_samples(contenders, options)
    return [f"\n**{case}**: {size} x {size}, patch {patch}, batch {batch}; features equal within {difference:.0e}\n"] + rows(samples, memory)


main()
