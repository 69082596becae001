"""Features of an encoder: our tool beside PyTorch eager and compiled and, on a CPU, OpenVINO and ONNX Runtime, on the same weights."""

import os
import subprocess
import sys
import time
from pathlib import Path

from contest import BIN, ROOT, output, parser, publish, quiet, rate_after_first, rows, take_samples

HERE = Path(__file__).resolve().parent

# Options of the model, size of the pictures, patch, batch, pictures of a sample.
CASES = {
    "tiny32": ("--embed-dim 192 --depth 12 --num-heads 3", 32, 4, 64, 2048),
    "tiny64": ("--embed-dim 192 --depth 12 --num-heads 3", 64, 8, 64, 2048),
    "base224": ("--model mae-vit-base-patch16", 224, 16, 16, 64),
    "large224": ("--model mae-vit-large-patch16", 224, 16, 16, 32),
}
CUDA_BATCH, CUDA_COUNT = 256, 8192
WARM = {"cpu": 64, "cuda": 512}  # pictures that a run of ours encodes before those that count
SHARDS = {"cpu": 1, "cuda": 4}  # of ours, each with the pictures of a sample
DEFAULT_CASES = {"cpu": "tiny32,base224", "cuda": "base224,large224"}
TORCH_BACKENDS = ["eager-float32", "eager-bfloat16", "compile-bfloat16"]
BACKENDS = {
    "cpu": [*TORCH_BACKENDS, "openvino-bfloat16", "openvino-int8", "onnxruntime-float32", "onnxruntime-int8"],
    "cuda": [*TORCH_BACKENDS, "reduce-overhead-bfloat16"],
}


def main():
    options = parse()
    publish(options, "one pass",
            lambda folder: [line for case in options.cases.split(",") for line in measure(case, folder, options)])


def parse():
    options = parser("encoding", devices=True)
    options.add_argument("--cases")
    options.add_argument("--backends")
    options = options.parse_args()
    options.cases = options.cases or DEFAULT_CASES[options.device]
    options.backends = options.backends or ",".join(BACKENDS[options.device])
    return options


def measure(case, folder, options):
    model, size, patch, batch, count = CASES[case]
    device, warm = options.device, WARM[options.device]
    if device == "cuda":
        batch, count = CUDA_BATCH, CUDA_COUNT
    shard, untrained, features = folder / f"{case}.h5", folder / f"{case}-untrained", folder / f"{case}-features.h5"
    quiet(BIN / "mae-patchify", ROOT / "share/data/fashion-mnist/t10k-images-idx3-ubyte.gz", "-o", shard, "--image-size", f"{size}x{size}",
          "--patch-size", patch, "--channels", 3, "--limit", warm + count, "--compute-mean-std")
    quiet(BIN / "mae-pretrain", shard, "-o", untrained, *model.split(), *([] if "model" in model else ["--patch-size", patch]),
          "--decoder-embed-dim", 32, "--decoder-depth", 1, "--decoder-num-heads", 2, "--epochs", 0, "--warmup-epochs", 0)
    checkpoint = untrained / "checkpoint.safetensors"
    shards = [shard, *(folder / f"{case}-{i}.h5" for i in range(1, SHARDS[device]))]
    for other in shards[1:]:
        os.link(shard, other)

    def encode(limit, dtype, kernels="auto"):
        """Seconds."""
        run = [BIN / "mae-encode", "--model", untrained, *shards, "-o", features, "--pool", "mean", "--limit", limit, "--dtype", dtype,
               "--batch-size", batch, "--device", device, "-j", options.threads, "-q"]
        started = time.perf_counter()
        output(["env", f"MAE_KERNELS={kernels}", *run])
        return time.perf_counter() - started

    def ours(*how):
        """Without starting, loading, packing and calibrating."""
        return lambda: rate_after_first(lambda limit: encode(limit, *how), warm, len(shards) * count)

    def peer(backend, *more):
        return [sys.executable, HERE / "peer_encode.py", checkpoint, shard, batch, count, options.threads, device, backend, *more]

    encode(warm, "float32")
    difference = float(output(peer("eager-float32", features)))
    if difference > 1e-4:
        sys.exit(f"tests/bench/run: {case}: the peers' features differ from ours by {difference}")
    contenders = {
        "mae-encode bfloat16": ours("bfloat16"),
        "mae-encode float32": ours("float32"),
        "mae-encode float32, MAE_KERNELS=plain": ours("float32", "plain"),
    }
    if device == "cpu":
        contenders["mae-encode int8"] = ours("int8")
    for backend in options.backends.split(","):
        if subprocess.run([str(part) for part in peer(backend, "check")], capture_output=True).returncode == 0:
            contenders[backend] = peer(backend)
    samples = take_samples(contenders, options)
    return [f"\n**{case}**: {size} x {size}, patch {patch}, batch {batch}; features equal within {difference:.0e}\n"] + rows(samples)


main()
