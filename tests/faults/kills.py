"""Processes that are killed or asked to stop, at any time or at a chosen call; then run again, or resumed, to the same bytes."""

import shutil
import signal

from cases import Case, chance, verdict
from commands import COMMANDS
from harness import ALL_CALLS, OLD, completion_complaint, complaint
from injections import listed_calls

STOPPING = ("int", "term", "term-twice")
CALLS = ALL_CALLS + ",read"


def cases(laboratory, tier):
    for command in COMMANDS:
        if command.name == "info":
            continue
        for number in range(tier.kills):
            for section, work in (("kills", kill), ("double-kills", kill_twice), ("signals", stop)):
                if section != "kills" and number >= max(1, tier.kills // 3):
                    continue
                name = f"{section}/{command.name}/{tier.seed}-{number}"
                yield Case(name, lambda w=work, c=command, n=name: w(laboratory, c, n))


def single(laboratory, _, parts):
    command = next(c for c in COMMANDS if c.name == parts[1])
    work = {"kills": kill, "double-kills": kill_twice, "signals": stop}[parts[0]]
    return work(laboratory, command, "/".join(parts))


def end_somewhere(laboratory, command, folder, dice, effects, resumes=False):
    """Runs the command and ends it: half of the time at a moment, else at a call of its own. Returns the outcome."""
    arguments = command.arguments(resumes)
    if dice.random() < 0.5:
        moment = dice.uniform(0.02, laboratory.reference(command).seconds)
        number = signal.SIGKILL if "kill" in effects else dice.choice((signal.SIGINT, signal.SIGTERM))
        return laboratory.run(folder, arguments, kill_after=moment, signal_number=number)
    call = dice.randint(1, number_of_calls(laboratory, command))
    return laboratory.run(folder, arguments, laboratory.fault(folder, call, dice.choice(effects), CALLS))


def number_of_calls(laboratory, command):
    key = "calls of " + command.name
    if key not in laboratory.references:
        laboratory.references[key] = len(listed_calls(laboratory, command, CALLS))
    return laboratory.references[key]


def kill(laboratory, command, name, again=False):
    dice, folder = chance(name), laboratory.sandbox()
    if command.output and dice.random() < 0.5:
        (folder / command.output).write_bytes(OLD)
    killed, problem = 0, ""
    for attempt in range(2 if again else 1):
        effects = ("kill", "kill-after")
        outcome = end_somewhere(laboratory, command, folder, dice, effects, resumes=attempt > 0)
        killed += outcome.code == -signal.SIGKILL
        codes = (0, -signal.SIGKILL)
        problem = problem or complaint(laboratory, command, outcome, folder, codes, may_leave_temporaries=True)
    problem = problem or completion_complaint(laboratory, command, folder)
    shutil.rmtree(folder)
    return verdict(name, problem, runs=2 if again else 1, **{"killed at work": killed})


def kill_twice(laboratory, command, name):
    """The second kill meets the run that was to repair what the first one left."""
    return kill(laboratory, command, name, again=True)


def stop(laboratory, command, name):
    """Training saves and goes on later; everything else leaves nothing. Before main() a signal ends the process by itself."""
    dice, folder = chance(name), laboratory.sandbox()
    outcome = end_somewhere(laboratory, command, folder, dice, STOPPING)
    codes = (0, 130, 143, -signal.SIGINT, -signal.SIGTERM)
    problem = complaint(laboratory, command, outcome, folder, codes) if not is_second(outcome) else ""
    problem = problem or completion_complaint(laboratory, command, folder)
    shutil.rmtree(folder)
    return verdict(name, problem, runs=1, stopped=int(outcome.code != 0))


def is_second(outcome):
    """After the second signal there is no time for a message."""
    return outcome.code == 143 and not outcome.errors
