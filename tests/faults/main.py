"""Command line of tests/faults/run: chooses sections and tier, runs the cases, prints counts and findings."""

import argparse
import concurrent.futures
import dataclasses
import os
import pathlib
import sys

import corruptions
import forgeries
import injections
import kills
import names
import pictures
import strangers
import surroundings
from cases import Ledger
from harness import Laboratory

ROOT = pathlib.Path(__file__).resolve().parents[2]
SECTIONS = {
    "injections": injections,
    "kills": kills,
    "corruptions": corruptions,
    "forgeries": forgeries,
    "pictures": pictures,
    "surroundings": surroundings,
    "names": names,
    "strangers": strangers,
}
# First word of a case's name, where it is not its section.
SECTION_OF = {
    "double-kills": kills,
    "signals": kills,
    "cuts": corruptions,
    "sets": corruptions,
    "picture-cuts": pictures,
    "picture-flips": pictures,
    "bombs": pictures,
    **{kind: surroundings for kind in surroundings.KINDS},
}


@dataclasses.dataclass(frozen=True)
class Tier:
    """How much is done. The short one is for every change, the long one for a release."""

    is_long: bool
    seed: int
    points: int  # injections at random points of a command, where not all are tried
    kills: int  # of every command; a third of it twice, and a third signals
    corrupted_batches: int  # of 250, of every kind of file
    corrupted_sets: int
    forged_batches: int  # of 50, of every kind of shard
    picture_batches: int  # of 300 flips, of every picture
    surroundings: int  # small disks, limits and rivals, of every command
    share_of_surroundings: float  # of all combinations with commands


LONG = {
    "points": 0,
    "kills": 45,
    "corrupted_batches": 14,
    "corrupted_sets": 100,
    "forged_batches": 40,
    "picture_batches": 7,
    "surroundings": 12,
    "share_of_surroundings": 1,
}
SHORT = {
    "points": 3,
    "kills": 2,
    "corrupted_batches": 1,
    "corrupted_sets": 6,
    "forged_batches": 1,
    "picture_batches": 1,
    "surroundings": 1,
    "share_of_surroundings": 0.3,
}


def main():
    options = parse_options()
    tier = Tier(options.long, options.seed, **(LONG if options.long else SHORT))
    laboratory = Laboratory(options.bin, options.shim, options.world, options.work)
    ledger = Ledger(options.ledger)
    try:
        if options.case:
            repeat(laboratory, tier, ledger, options.case)
        else:
            run_all(laboratory, tier, ledger, options)
    finally:
        laboratory.close()
    close(ledger)


def parse_options():
    programs = pathlib.Path(os.environ.get("MAE_BIN_DIR", pathlib.Path(os.environ.get("MAE_BUILD_DIR", ROOT / "build")) / "bin"))
    parser = argparse.ArgumentParser(prog="tests/faults/run", description=__doc__, allow_abbrev=False)
    add = parser.add_argument
    add("--long", action="store_true", help="every point of every tool, and the counts of the plan: hours")
    add("--section", action="append", choices=SECTIONS, help="only these")
    add("--only", action="append", help="only cases whose name begins so, for example kills/mask; may be repeated")
    add("--case", help="repeat one case by the name that its finding gave")
    add("--seed", type=int, default=1, help="another choice of moments, places and bytes (1)")
    add("--jobs", type=int, default=os.cpu_count(), help="cases at a time (all cores)")
    add("--ledger", type=pathlib.Path, help="file that remembers finished cases; a second call goes on after them")
    add("--world", type=pathlib.Path, help="folder of the command tables' world, when there is one already")
    add("--work", type=pathlib.Path, help="folder to work in (TMPDIR); about 100 MB")
    add("--bin", type=pathlib.Path, default=programs, help=f"folder of the programs ({programs})")
    add("--shim", type=pathlib.Path, help="the library that is preloaded (../tests/libmae_fault_shim.so beside the programs)")
    options = parser.parse_args()
    options.bin = options.bin.resolve()
    options.shim = options.shim or options.bin.parent / "tests" / "libmae_fault_shim.so"
    if not options.shim.exists():
        parser.error(f"{options.shim} is not there: build it first")
    return options


def repeat(laboratory, tier, ledger, name):
    parts = name.split("/")
    section = {**SECTIONS, **SECTION_OF}.get(parts[0])
    if section is None:
        raise SystemExit(f"no section of this name: {parts[0]}")
    ledger.add(name, *section.single(laboratory, tier, parts))


def run_all(laboratory, tier, ledger, options):
    wanted = tuple(options.only or [""])
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        waiting = {}
        for name in options.section or SECTIONS:
            for case in SECTIONS[name].cases(laboratory, tier):
                if case.name.startswith(wanted) and not ledger.is_done(case.name):
                    waiting[pool.submit(case.work)] = case
        for future in concurrent.futures.as_completed(waiting):
            case = waiting[future]
            counts, findings = future.result()
            ledger.add(case.name, counts, findings)
            for finding in findings:
                print(f"finding: {finding}", file=sys.stderr, flush=True)


def close(ledger):
    print("\n".join(ledger.table()))
    findings = ledger.findings()
    if not ledger.entries:
        raise SystemExit("tests/faults/run: error: no case ran")
    if findings:
        print("Repeat one with: tests/faults/run --case NAME", file=sys.stderr)
    for finding in findings:
        print(f"finding: {finding}", file=sys.stderr)
    raise SystemExit(1 if findings else 0)


if __name__ == "__main__":
    main()
