"""Small disks, folders that cannot be written, limits, closed descriptors and rivals. Each time: done and right, or one message
and nothing left."""

import os
import shutil
import subprocess
import time

from cases import Case, chance, verdict
from commands import COMMANDS
from harness import complaint, difference, message_complaint

# Runs a command in a small disk of its own ($1: size, $2: options), whose contents are then copied out to $3.
ON_A_SMALL_DISK = """
set -e
mkdir disk
mount -t tmpfs -o size=$1 mae-faults disk
ln -s "$PWD"/* disk/
rm disk/disk disk/printed
if [ "$2" = ro ]; then mount -o remount,ro disk; fi
copy=$3
shift 3
cd disk
code=0
"$@" || code=$?
find . -mindepth 1 -maxdepth 1 ! -type l -exec cp -a {} "$copy" ";"
exit $code
"""


def cases(laboratory, tier):
    can_mount = may_mount()
    for command in COMMANDS:
        for kind, work in KINDS.items():
            if kind in ("small-disk", "read-only") and (command.name == "info" or not can_mount):
                continue
            if kind in ("rivals", "missing-folder") and not command.output:
                continue
            for number in range(tier.surroundings if kind in REPEATED else 1):
                name = f"{kind}/{command.name}/{tier.seed}-{number}"
                if tier.is_long or chance("short", name).random() < tier.share_of_surroundings:
                    yield Case(name, lambda w=work, c=command, n=name: w(laboratory, c, n))
    if not can_mount:
        print("small-disk and read-only need the right to mount, which is not there")


def single(laboratory, _, parts):
    command = next(c for c in COMMANDS if c.name == parts[1])
    return KINDS[parts[0]](laboratory, command, "/".join(parts))


def may_mount():
    command = [*namespace(), "sh", "-c", "mount -t tmpfs none /mnt"]
    return subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False).returncode == 0


def namespace():
    return ["unshare", "-m"] if os.geteuid() == 0 else ["unshare", "-rm"]


def under_shell(script):
    """Runs a command below `sh -c script`, with the command as its arguments."""

    def work(laboratory, command, name, codes=(0, 4)):
        folder = laboratory.sandbox()
        line = ["sh", "-c", script(chance(name)), "sh", *command.arguments()]
        outcome = laboratory.run(folder, line)
        problem = complaint(laboratory, command, outcome, folder, codes + ((3,) if command.name == "info" else ()))
        shutil.rmtree(folder)
        return verdict(name, problem, runs=1, refused=int(outcome.code not in (0, None)))

    return work


def on_disk(size, option):
    def work(laboratory, command, name):
        folder, copy = laboratory.sandbox(), laboratory.sandbox()
        script = [*namespace(), "sh", "-c", ON_A_SMALL_DISK, "sh", size(chance(name)), option, copy]
        outcome = laboratory.run(folder, script + command.arguments())
        outcome.files = laboratory.new_files(copy)
        problem = complaint(laboratory, command, outcome, copy, (4,) if option == "ro" else (0, 4))
        shutil.rmtree(folder)
        shutil.rmtree(copy)
        return verdict(name, problem, runs=1, refused=int(outcome.code == 4))

    return work


def few_files(dice):
    return f'ulimit -n {dice.choice((4, 5, 6, 8, 10, 12, 16, 24, 32, 64))}; exec "$@"'


def closed(descriptor):
    """A program must not take the next file it opens for a standard descriptor."""

    def work(laboratory, command, name):
        folder = laboratory.sandbox()
        outcome = laboratory.run(folder, ["sh", "-c", f'exec "$@" {descriptor}', "sh", *command.arguments()])
        expected, problem = laboratory.reference(command), ""
        if outcome.code == 0:
            problem = difference(expected.files, outcome.files)
        elif outcome.code != 4 or descriptor != ">&-":
            problem = f"exit code {outcome.code}: {outcome.errors[-300:]}"
        shutil.rmtree(folder)
        return verdict(name, problem, runs=1, refused=int(outcome.code == 4))

    return work


def closed_pipe(laboratory, command, name):
    """A reader that went away is no failure of ours: no message, and files as ever."""
    folder = laboratory.sandbox()
    reading, writing = os.pipe()
    os.close(reading)
    outcome = laboratory.run(folder, command.arguments(), stdout=writing)
    os.close(writing)
    problem = f"exit code {outcome.code}" if outcome.code != 0 else outcome.errors
    problem = problem or difference(laboratory.reference(command).files, outcome.files)
    shutil.rmtree(folder)
    return verdict(name, problem, runs=1, refused=0)


def missing_folder(laboratory, command, name):
    folder = laboratory.sandbox()
    line = command.line.replace(command.output, "nowhere/" + command.output).split() + ["-q"]
    outcome = laboratory.run(folder, line)
    problem = f"exit code {outcome.code}" if outcome.code != 4 else message_complaint(outcome.errors)
    problem = problem or difference({}, outcome.files)
    shutil.rmtree(folder)
    return verdict(name, problem, runs=1, refused=1)


def rivals(laboratory, command, name):
    """Two processes that write one file, the second up to half a second later: one of them at least is done, nobody is hurt."""
    folder, dice = laboratory.sandbox(), chance(name)
    environment = laboratory.environment()
    processes = []
    for delay in (0, dice.uniform(0, 0.5)):
        time.sleep(delay)
        processes.append(
            subprocess.Popen(
                command.arguments(), cwd=folder, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
            )
        )
    errors = [process.communicate()[1] for process in processes]
    codes = [process.returncode for process in processes]
    problem = ""
    if sorted(codes) not in ([0, 0], [0, 4]):
        problem = f"exit codes {codes}: {errors}"
    elif 4 in codes:
        problem = message_complaint(errors[codes.index(4)])
    problem = problem or difference(laboratory.reference(command).files, laboratory.new_files(folder))
    shutil.rmtree(folder)
    return verdict(name, problem, runs=1, refused=int(4 in codes))


KINDS = {
    "small-disk": on_disk(lambda dice: f"{dice.choice((4, 8, 16, 32, 64, 96, 128, 256, 512, 1024, 5120))}k", "rw"),
    "read-only": on_disk(lambda dice: "5120k", "ro"),
    "few-files": under_shell(few_files),
    "file-size": under_shell(lambda dice: f'ulimit -f {dice.choice((0, 1, 2, 4, 8, 16, 32, 64, 128, 256))}; exec "$@"'),
    "umask": under_shell(lambda dice: f'umask {dice.choice(("077", "000", "277"))}; exec "$@"'),
    "closed-input": closed("<&-"),
    "closed-output": closed(">&-"),
    "closed-errors": closed("2>&-"),
    "closed-pipe": closed_pipe,
    "missing-folder": missing_folder,
    "rivals": rivals,
}
REPEATED = ("small-disk", "few-files", "file-size", "rivals")
