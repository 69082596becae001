"""Contenders of one comparison take turns, in another order each round, and their ratios are paired by round."""

import argparse
import os
import platform
import re
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import torch
from devices import check_device, described, wait_until_idle
from photographs import add_photo_options

ROOT = Path(__file__).resolve().parent.parent.parent
BIN = Path(os.environ["MAE_BENCH_BIN"])
FOREIGN = 0.06  # of the cores; a sample with more of it is thrown away
ATTEMPTS = 5  # at a sample without foreign load


def publish(options, what, tables):
    """tables(folder) gives the lines under the heading, which says what was measured, with a folder for its files."""
    check_device(options.device)
    heads = heading(options, what)
    with tempfile.TemporaryDirectory() as folder:
        lines = tables(Path(folder))
    text = "\n".join(heads + lines) + "\n"
    print(text)
    if options.output:
        Path(options.output).write_text(text)


def parser(what, photos=False, devices=False):
    """Options of every comparison, of those that read photographs, and of those that a GPU can make."""
    options = argparse.ArgumentParser(prog="tests/bench/run " + what)
    options.add_argument("--rounds", type=int, default=5)
    options.add_argument("--threads", type=int, default=os.cpu_count())
    options.add_argument("--contenders", default="")
    options.add_argument("-o", "--output")
    options.set_defaults(device="cpu")
    if devices:
        options.add_argument("--device", choices=["cpu", "cuda"])
    if photos:
        add_photo_options(options, 600)
    return options


def rate_after_first(seconds, first, more):
    """Things a second behind the `first` ones, which starting and warming up belong to. seconds(N) is what N of them take."""
    warm = seconds(first)
    more_seconds = seconds(first + more) - warm
    if more_seconds <= 0:
        sys.exit("tests/bench/run: a sample is too short to be timed; ask for more steps or pictures")
    return more / more_seconds


def rate_of_processor(command, count):
    """Things a second of processor time, user and system, of a command that handles `count` of them."""
    before = os.times()
    output(command)
    after = os.times()
    return count / (after.children_user + after.children_system - before.children_user - before.children_system)


def take_samples(contenders, options):
    """Pictures a second of each contender, a command or a function that returns them."""
    names = [name for name in contenders if re.search(options.contenders, name)]
    samples, rounds = {name: [] for name in names}, options.rounds
    for turn in range(rounds):
        for name in names[turn % len(names):] + names[: turn % len(names)]:
            wait_until_idle(options.device)
            samples[name].append(sample(contenders[name]))
            print(f"{turn + 1}/{rounds}\t{name}\t{samples[name][-1]:.1f}", file=sys.stderr)
    return samples


def sample(contender):
    """Measured while nobody else used the cores; after ATTEMPTS what there is."""
    for _ in range(ATTEMPTS):
        busy, started, own = busy_seconds(), time.time(), os.times()
        rate = contender() if callable(contender) else rate_in(output(contender))
        after = os.times()
        used = after.children_user + after.children_system - own.children_user - own.children_system
        foreign = (busy_seconds() - busy - used) / ((time.time() - started) * os.cpu_count())
        if foreign < FOREIGN:
            break
        print(f"other processes used {foreign:.0%} of the cores", file=sys.stderr)
    return rate


def rate_in(text):
    return value_in(text, "images_per_second") or float(text.splitlines()[-1])  # libraries may have said something before


def value_in(text, name):
    """Of a line with a name, a tab and a number; nothing where there is none."""
    return next((float(line.split("\t")[1]) for line in text.splitlines() if line.startswith(name + "\t")), None)


def rows(samples, memory=None):
    """With `memory`, the most bytes of a GPU that each contender held, also a column of it."""
    peers = [name for name in samples if not name.startswith("mae-")]
    best = max(peers or samples, key=lambda name: statistics.median(samples[name]))
    lines = ["| contender | images/s, median [range] | against the best peer |", "|---|---|---|"]
    if memory:
        lines = [lines[0] + " GiB of the GPU |", lines[1] + "---|"]
    for name, values in samples.items():
        ratios = [a / b for a, b in zip(values, samples[best])]
        digits = 0 if min(values) >= 20 else 1
        rates = [f"{rate:.{digits}f}" for rate in (statistics.median(values), min(values), max(values))]
        lines.append(f"| {name} | {rates[0]} [{rates[1]}..{rates[2]}] | "
                     f"{statistics.median(ratios):.2f} [{min(ratios):.2f}..{max(ratios):.2f}] |" +
                     (f" {memory[name] / 2**30:.1f} |" if memory else ""))
    return lines


def heading(options, what):
    commit = output(["git", "-C", ROOT, "rev-parse", "--short", "HEAD"]).strip()
    with open("/proc/cpuinfo") as file:
        cpu = next((line.split(":")[1].strip() for line in file if line.startswith("model name")), platform.machine())
    return [f"{time.strftime('%Y-%m-%d')}, {cpu}, {options.threads} threads{described(options.device)}, PyTorch {torch.__version__}, commit {commit}; "
            f"{options.rounds} rounds of {what}."]


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
