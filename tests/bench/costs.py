"""Processor time of the tools beside copies that leave sealing out, in turns; then the checks of a training step."""

import argparse
import os
import pathlib
import subprocess
import tempfile

from photographs import add_photo_options, make_photo_folder

BUILD = pathlib.Path(os.environ["MAE_BENCH_BUILD"])


def main():
    options = parse()
    with tempfile.TemporaryDirectory() as folder:
        for name, words in sealed_work(pathlib.Path(folder), options):
            print(line_of(name, words, options.rounds, pathlib.Path(folder)), flush=True)
    subprocess.run([BUILD / "bench" / "check_cost", str(options.steps)], check=True)


def parse():
    parser = argparse.ArgumentParser(prog="tests/bench/costs")
    add_photo_options(parser, 400)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--steps", type=int, default=50)
    return parser.parse_args()


def sealed_work(folder, options):
    """Names of programs and what they are given; the inputs are made on the way."""
    photos = make_photo_folder(folder, options.photos, options.pictures)
    print("work\tms sealed\tms unsealed\t% of the time", flush=True)
    yield "mae-patchify", [photos, "-j", 1]
    shard = folder / "photos.h5"
    run(BUILD / "bin" / "mae-patchify", photos, "-o", shard, "-q", "--limit", options.pictures // 4)
    model = folder / "tiny"  # a larger one computes longer for each feature that is sealed
    run(BUILD / "bin" / "mae-pretrain", shard, "-o", model, "--model", "mae-vit-tiny-patch16", "--epochs", 0, "-q")
    yield "mae-encode", ["--model", model, shard, "-j", 1]
    yield "mae-encode --patches", ["--model", model, shard, "-j", 1, "--patches"]


def run(*words):
    subprocess.run([str(word) for word in words], check=True, stdout=subprocess.DEVNULL)


def processor_ms(program, words, folder):
    output = folder / "out.h5"
    output.unlink(missing_ok=True)
    process = subprocess.Popen(
        [str(word) for word in (program, *words, "-o", output, "-q")], stdout=subprocess.DEVNULL, env=environment()
    )
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        raise SystemExit(f"{program}: exit code {process.returncode}")
    return 1000 * (used.ru_utime + used.ru_stime)


def environment():
    return {**os.environ, "OMP_NUM_THREADS": "1", "MAE_PROGRESS": "never"}


def line_of(name, words, rounds, folder):
    """The least of several runs, since other processes on the machine only ever add to it."""
    tool = name.split()[0]
    programs = {"sealed": BUILD / "bin" / tool, "unsealed": BUILD / "bench" / (tool + "-unsealed")}
    times = {kind: [] for kind in programs}
    for number in range(rounds + 1):  # the first round only warms up
        for kind in sorted(programs, reverse=number % 2 == 1):
            taken = processor_ms(programs[kind], words, folder)
            if number > 0:
                times[kind].append(taken)
    sealed, unsealed = min(times["sealed"]), min(times["unsealed"])
    return f"{name}\t{sealed:.0f}\t{unsealed:.0f}\t{100 * (1 - unsealed / sealed):.1f}"


if __name__ == "__main__":
    main()
