"""Linear probe and k-NN on features in files: our tool beside a script with scikit-learn, both from start to end, and beside its fitting
and predicting alone."""

import statistics
import sys
import time
from pathlib import Path

from contest import BIN, ROOT, output, parser, publish, quiet, take_samples

HERE = Path(__file__).resolve().parent
TRAIN, TEST = 8000, 2000
K = 20


def main():
    options = parser("probing").parse_args()
    publish(options, "one probe", lambda folder: measure(folder, options))


def measure(folder, options):
    """Raw pixels of Fashion-MNIST's test file, 784 numbers a picture."""
    pictures = ROOT / "share/data/fashion-mnist/t10k-images-idx3-ubyte.gz"
    quiet(BIN / "mae-patchify", pictures, "-o", folder / "set.h5", "--image-size", 28, "--patch-size", 28, "--channels", 1,
          "--compute-mean-std", "--shard-size", TEST)
    *train, test = sorted(folder.glob("set-*.h5"))
    accuracy = {}

    def ours(method, *more):
        def rate():
            started = time.perf_counter()
            text = output([BIN / "mae-probe", "--method", method, *more, "-j", options.threads, "-q", *train, "--", test])
            accuracy[f"mae-probe {method}"] = float(text.splitlines()[-1].split("\t")[2])
            return TEST / (time.perf_counter() - started)
        return rate

    def peer(method, alone):
        name = f"scikit-learn {method}" + (", fit and predict alone" if alone else "")

        def rate():
            started = time.perf_counter()
            seconds, top1 = output([sys.executable, HERE / "peer_probe.py", method, K, options.threads, *train, test]).split()
            accuracy[name] = float(top1)
            return TEST / (float(seconds) if alone else time.perf_counter() - started)
        return {name: rate}

    lines = []
    for method, more in (("knn", ("--k", K)), ("linear", ("--epochs", 30, "--warmup-epochs", 1))):
        samples = take_samples({f"mae-probe {method}": ours(method, *more), **peer(method, False), **peer(method, True)}, options)
        mine = samples[f"mae-probe {method}"]
        lines += [f"\n**{method}**, {TRAIN} x 784 to learn from, {TEST} to judge\n", "| probe | seconds | top-1 | mae-probe against it |",
                  "|---|---|---|---|"]
        for name, values in samples.items():
            ratios = [a / b for a, b in zip(mine, values)]
            lines.append(f"| {name} | {TEST / statistics.median(values):.2f} | {accuracy[name]:.2f} | "
                         f"{statistics.median(ratios):.1f} [{min(ratios):.1f}..{max(ratios):.1f}] |")
    return lines


main()
