"""What a tool takes for more and more pictures: its time should grow with their number, its memory should not."""

import shutil
import sys

from contest import BIN, ROOT, output, parser, publish, quiet

SIZES = (1000, 10000, 50000)
IN_FILE = 10000
MODEL = "--embed-dim 128 --depth 6 --num-heads 4 --patch-size 4 --decoder-embed-dim 64 --decoder-depth 2 --decoder-num-heads 4".split()


def main():
    options = parser("growth").parse_args()
    options.rounds = 1
    publish(options, f"{', '.join(f'{size:,}' for size in SIZES)} pictures of 28 x 28",
            lambda folder: table(folder, options))


def table(folder, options):
    pictures = ROOT / "share/data/fashion-mnist/t10k-images-idx3-ubyte.gz"
    inputs = [folder / f"{size}.h5" for size in SIZES]
    features = [folder / f"{size}-features.h5" for size in SIZES]
    quiet(BIN / "mae-patchify", pictures, "-o", folder / "small.h5", "--limit", 256, "--patch-size", 4, "--image-size", 28, "--channels", 1,
          "--compute-mean-std")
    quiet(BIN / "mae-pretrain", folder / "small.h5", "-o", folder / "model", *MODEL, "--epochs", 0, "--warmup-epochs", 0)
    threads = ["-j", options.threads, "-q"]
    copies = [folder / f"pictures{i}-images-idx3-ubyte.gz" for i in range(-(-max(SIZES) // IN_FILE))]
    for copy in copies:
        shutil.copy(pictures, copy)
        shutil.copy(pictures.with_name("t10k-labels-idx1-ubyte.gz"), str(copy).replace("images-idx3", "labels-idx1"))
    work = {
        "mae-patchify": lambda i: ["mae-patchify", *copies[: -(-SIZES[i] // IN_FILE)], "-o", inputs[i], "--limit", SIZES[i], "--patch-size", 4, "--image-size", 28,
                                   "--channels", 1],
        "mae-encode": lambda i: ["mae-encode", "--model", folder / "model", inputs[i], "-o", features[i]],
        "mae-pretrain, one epoch": lambda i: ["mae-pretrain", inputs[i], "-o", folder / f"run{i}", *MODEL, "--epochs", 1, "--warmup-epochs", 0,
                                              "--batch-size", 250],
        "mae-probe, linear, 10 epochs": lambda i: ["mae-probe", "--method", "linear", "--epochs", 10, "--warmup-epochs", 1, features[i], "--",
                                                   features[0]],
    }
    lines = ["", "| tool | " + " | ".join(f"{size:,}: s, MiB" for size in SIZES) + " | ms for each more, to 10,000 and to 50,000 |",
             "|---" * (len(SIZES) + 2) + "|"]
    for name, command in work.items():
        taken = [measured([BIN / command(i)[0], *threads, *command(i)[1:]]) for i in range(len(SIZES))]
        slopes = [1000 * (taken[i + 1][0] - taken[i][0]) / (SIZES[i + 1] - SIZES[i]) for i in range(len(SIZES) - 1)]
        lines.append(f"| {name} | " + " | ".join(f"{seconds:.2f}, {mib:.0f}" for seconds, mib in taken) +
                     " | " + ", ".join(f"{slope:.3f}" for slope in slopes) + " |")
    return lines


# Memory is counted from a process of its own: a child's begins with what its parent holds, here PyTorch.
MEASURE = """
import resource, subprocess, sys, time
started = time.perf_counter()
subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL, check=True)
print(time.perf_counter() - started, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024)
"""


def measured(command):
    """Seconds and the most memory at once, in MiB."""
    return [float(number) for number in output([sys.executable, "-c", MEASURE, *command]).split()]


main()
