"""The first, second, third ... call that changes or opens a file fails, until a run is left alone. Each time the tool must end
with one message, or with everything right; never by a signal, and never with something false under a final name."""

import errno
import shutil

from cases import Case, chance
from commands import COMMANDS
from harness import ALL_CALLS, OLD, completion_complaint, complaint

# What happens, and to how many calls: 0 is all from there on. An interrupted call that never gets through does not exist.
EFFECTS = [
    ("ENOSPC", 1),
    ("ENOSPC", 0),
    ("EIO", 1),
    ("EIO", 0),
    ("EDQUOT", 1),
    ("EDQUOT", 0),
    ("EINTR", 1),
    ("EINTR", 5),
    ("short", 1),
    ("short", 0),
    ("read-EIO", 1),
    ("read-short", 0),
    ("EMFILE", 1),
    ("EMFILE", 0),
]
MOST_POINTS = 2000
COMPLETE_IN_SHORT = (("patchify", "ENOSPC", 1), ("patchify", "EIO", 0), ("mask", "EMFILE", 1))


def cases(laboratory, tier):
    for command in COMMANDS:
        for effect, times in EFFECTS:
            name = f"injections/{command.name}/{effect}/{times}"
            if tier.is_long or (command.name, effect, times) in COMPLETE_IN_SHORT:
                yield Case(name, lambda c=command, e=effect, t=times, n=name: series(laboratory, c, e, t, n))
        if not tier.is_long:
            name = f"injections/{command.name}/some"
            yield Case(name, lambda c=command, n=name: some_points(laboratory, c, tier, n))


def single(laboratory, _, parts):
    """injections/COMMAND/EFFECT/TIMES/NUMBER: one point."""
    command = next(c for c in COMMANDS if c.name == parts[1])
    _, problem = point(laboratory, command, parts[2], int(parts[3]), int(parts[4]))
    return {"injections": 1}, [f"{'/'.join(parts)}: {problem}"] if problem else []


def series(laboratory, command, effect, times, name):
    """Every point of a command, one after another."""
    findings, number = [], 1
    while number < MOST_POINTS:
        happened, problem = point(laboratory, command, effect, times, number)
        if problem:
            findings.append(f"{name}/{number}: {problem}")
        if not happened:
            break
        number += 1
    return {"injections": number - 1}, findings


def some_points(laboratory, command, tier, name):
    """A handful of points anywhere, for the short tier."""
    dice, findings = chance(tier.seed, name), []
    total = len(listed_calls(laboratory, command))
    for _ in range(tier.points):
        effect, times = dice.choice(EFFECTS[:10])
        number = dice.randint(1, total)
        _, problem = point(laboratory, command, effect, times, number)
        if problem:
            findings.append(f"injections/{command.name}/{effect}/{times}/{number}: {problem}")
    return {"injections": tier.points}, findings


def listed_calls(laboratory, command, calls=ALL_CALLS):
    """Every call of an undisturbed run that could be made to fail."""
    folder = laboratory.sandbox()
    outcome = laboratory.run(folder, command.arguments(), laboratory.fault(folder, 0, "0", calls))
    shutil.rmtree(folder)
    return outcome.hits


def point(laboratory, command, effect, times, number):
    """Returns whether the fault happened, and what was wrong then."""
    calls = ALL_CALLS
    if effect.startswith("read-"):
        calls, effect = "read", effect[5:]
    if effect == "short":
        calls = "read" if calls == "read" else "write"
    if effect == "EMFILE":
        calls = "open"
    folder = laboratory.sandbox()
    if command.output and number % 2 == 0:
        (folder / command.output).write_bytes(OLD)
    what = effect if effect == "short" else getattr(errno, effect)
    outcome = laboratory.run(folder, command.arguments(), laboratory.fault(folder, number, what, calls, times))
    if not outcome.hits:
        problem = complaint(laboratory, command, outcome, folder, codes=(0,))
    else:
        # A check that could not read a file says no; a short or interrupted call is no failure at all.
        codes = (0, 1, 3, 4) if command.name == "info" else (0, 3, 4)
        # Too few file handles say nothing about the input.
        codes = {"short": (0,), "EMFILE": (0, 4)}.get(effect, codes)
        problem = complaint(laboratory, command, outcome, folder, codes)
        if not problem and outcome.code != 0 and not command.output:
            problem = completion_complaint(laboratory, command, folder)
        if problem:
            problem = f"{outcome.hits[0]}: {problem}".replace(str(folder), "")
    shutil.rmtree(folder, ignore_errors=True)
    return bool(outcome.hits), problem
