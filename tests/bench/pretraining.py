"""Pretraining steps of small models: our tool beside PyTorch, eager and compiled, in float32 and bfloat16."""

import argparse
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import torch

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
BIN = Path(os.environ["MAE_BENCH_BIN"])
FOREIGN = 0.06  # of the cores; a sample with more of it is thrown away
ATTEMPTS = 5  # at a sample without foreign load

# Options of the model, size of the pictures, batch.
CASES = {
    "fashion": ("--embed-dim 128 --depth 6 --num-heads 4 --decoder-embed-dim 64 --decoder-depth 2 --decoder-num-heads 4", 28, 256),
    "cifar": ("--embed-dim 192 --depth 6 --num-heads 3 --decoder-embed-dim 96 --decoder-depth 2 --decoder-num-heads 3", 32, 256),
    "cifar-small-batch": ("--embed-dim 128 --depth 6 --num-heads 4 --decoder-embed-dim 64 --decoder-depth 2 --decoder-num-heads 4", 32, 64),
    "pixels64": ("--embed-dim 192 --depth 12 --num-heads 3 --decoder-embed-dim 128 --decoder-depth 4 --decoder-num-heads 4", 64, 64),
}


def main():
    options = parse()
    with tempfile.TemporaryDirectory() as folder:
        lines = [line for case in options.cases.split(",") for line in measure(case, Path(folder), options)]
    table = "\n".join(heading(options) + lines) + "\n"
    print(table)
    if options.output:
        Path(options.output).write_text(table)


def parse():
    parser = argparse.ArgumentParser(prog="tests/bench/run")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--steps", type=int, default=20)
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--cases", default="fashion,cifar")
    parser.add_argument("-o", "--output")
    return parser.parse_args()


def measure(case, folder, options):
    model, size, batch = CASES[case]
    shard, untrained, features = folder / f"{case}.h5", folder / f"{case}-untrained", folder / f"{case}-features.h5"
    quiet(BIN / "mae-patchify", ROOT / "share/data/fashion-mnist/t10k-images-idx3-ubyte.gz", "-o", shard, "--image-size", f"{size}x{size}",
          "--patch-size", 4, "--channels", 1, "--limit", 4 * batch, "--compute-mean-std")
    recipe = [*model.split(), "--norm-pix-loss", "--batch-size", batch, "--warmup-epochs", 0, "--augment", "none"]
    quiet(BIN / "mae-pretrain", shard, "-o", untrained, *recipe, "--epochs", 0)
    quiet(BIN / "mae-encode", "--model", untrained, shard, "-o", features, "--pool", "mean", "--limit", 64)
    checkpoint = untrained / "checkpoint.safetensors"

    def peer(dtype, mode, *more):
        return [sys.executable, HERE / "peer_pretrain.py", checkpoint, shard, batch, options.steps, options.threads, dtype, mode, *more]

    def ours(dtype, kernels):
        run = [BIN / "mae-pretrain", shard, "-o", folder / "run", *recipe, "--epochs", 1000, "--max-steps", options.steps,
               "--dtype", dtype, "-j", options.threads, "-q"]
        return ["env", f"MAE_KERNELS={kernels}", "sh", "-c", 'rm -rf "$0"; exec "$@"', folder / "run", *run]

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
    samples = take_samples(contenders, options.rounds)
    return [f"\n**{case}**: {size} x {size}, patch 4, batch {batch}; features equal within {difference:.0e}\n"] + rows(samples)


def take_samples(contenders, rounds):
    names, samples = list(contenders), {name: [] for name in contenders}
    for turn in range(rounds):
        for name in names[turn % len(names):] + names[: turn % len(names)]:
            samples[name].append(sample(contenders[name]))
            print(f"{turn + 1}/{rounds}\t{name}\t{samples[name][-1]:.1f}", file=sys.stderr)
    return samples


def sample(command):
    """Pictures a second, measured while nobody else used the cores; after ATTEMPTS what there is."""
    for _ in range(ATTEMPTS):
        busy, started, own = busy_seconds(), time.time(), os.times()
        text = output(command)
        after = os.times()
        used = after.children_user + after.children_system - own.children_user - own.children_system
        foreign = (busy_seconds() - busy - used) / ((time.time() - started) * os.cpu_count())
        if foreign < FOREIGN:
            break
        print(f"other processes used {foreign:.0%} of the cores", file=sys.stderr)
    for line in text.splitlines():
        if line.startswith("images_per_second\t"):
            return float(line.split("\t")[1])
    return float(text)


def rows(samples):
    best = max((name for name in samples if not name.startswith("mae-")), key=lambda name: statistics.median(samples[name]))
    lines = ["| contender | images/s, median [range] | against the best peer |", "|---|---|---|"]
    for name, values in samples.items():
        ratios = [a / b for a, b in zip(values, samples[best])]
        lines.append(f"| {name} | {statistics.median(values):.0f} [{min(values):.0f}..{max(values):.0f}] | "
                     f"{statistics.median(ratios):.2f} [{min(ratios):.2f}..{max(ratios):.2f}] |")
    return lines


def heading(options):
    commit = output(["git", "-C", ROOT, "rev-parse", "--short", "HEAD"]).strip()
    with open("/proc/cpuinfo") as file:
        cpu = next((line.split(":")[1].strip() for line in file if line.startswith("model name")), platform.machine())
    return [f"{time.strftime('%Y-%m-%d')}, {cpu}, {options.threads} threads, PyTorch {torch.__version__}, commit {commit}; "
            f"{options.rounds} rounds of {options.steps} steps."]


def busy_seconds():
    with open("/proc/stat") as file:
        user, nice, system = (int(field) for field in file.readline().split()[1:4])
    return (user + nice + system) / os.sysconf("SC_CLK_TCK")


def output(command):
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"tests/bench/run: {command[0]} failed:\n{done.stderr}")
    return done.stdout


def quiet(*command):
    output([*command, "-q"])


main()
