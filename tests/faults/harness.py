"""Sandboxes, running a command in one, and what must be true of the files afterwards."""

import dataclasses
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time

TIMEOUT_S = 120
# A small process between us and a tool, since a child's peak begins with that of the process it was forked from.
MEASURE = """
import resource, subprocess, sys
code = subprocess.run(sys.argv[1:], stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL).returncode
used = resource.getrusage(resource.RUSAGE_CHILDREN)
print(code, used.ru_maxrss, used.ru_utime + used.ru_stime)
"""
OLD = b"an older output\n"
ALL_CALLS = "write,sync,rename,open,close,truncate,mkdir"


@dataclasses.dataclass
class Outcome:
    """How a command ended and what it left: new or changed files by name, without what may differ from run to run."""

    code: int  # negative: the signal that ended it; None: it had to be killed after TIMEOUT_S
    files: dict
    output: bytes
    errors: str
    seconds: float
    hits: list = dataclasses.field(default_factory=list)  # "CALL PATH" of every call the shim hit or listed


class Laboratory:
    """Everything that the cases share: programs, shim, world, a folder to work in, and the references."""

    def __init__(self, bin_folder, shim, world, folder):
        self.bin, self.shim = pathlib.Path(bin_folder), pathlib.Path(shim)
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="mae-faults-", dir=folder)).resolve()
        self.world = self.folder / "world"
        if world:
            shutil.copytree(world, self.world, symlinks=True)
        make = pathlib.Path(__file__).parent / "make_world"
        subprocess.run(
            [make, self.world, "few" if world else "all"],
            env=self.environment(),
            check=True,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
        )
        for name in ("run", "tuned"):  # their logs grow in place, so copies by link would share them
            shutil.rmtree(self.world / name, ignore_errors=True)
        self.listing = {path for path, _ in files_of(self.world)}
        self.references, self.lock, self.next = {}, threading.Lock(), 0

    def close(self):
        shutil.rmtree(self.folder, ignore_errors=True)

    def environment(self, **more):
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("MAE_", "OMP_")) or k == "MAE_TESTS_PYTHON"}
        kept.update(MAE_PROGRESS="never", MAE_BIN_DIR=str(self.bin), OMP_NUM_THREADS="1", OMP_WAIT_POLICY="passive")
        kept["PATH"] = f"{self.bin}:{kept['PATH']}"
        kept.update({k: str(v) for k, v in more.items()})
        return kept

    def sandbox(self):
        """A new folder with all of the world; files are links, since tools replace and never change them."""
        with self.lock:
            self.next += 1
            folder = self.folder / f"{self.next}"
        shutil.copytree(self.world, folder, copy_function=os.link)
        return folder

    def fault(self, folder, at, effect, calls=ALL_CALLS, times=1):
        """The environment that makes the shim act on files of `folder`."""
        return dict(
            LD_PRELOAD=self.shim,
            MAE_FAULT_ROOT=folder,
            MAE_FAULT_CALLS=calls,
            MAE_FAULT_AT=at,
            MAE_FAULT_TIMES=times,
            MAE_FAULT_EFFECT=effect,
            MAE_FAULT_REPORT=f"{folder}.hits",
        )

    def run(self, folder, arguments, environment=None, kill_after=None, signal_number=signal.SIGKILL, **popen):
        """Runs a command in a sandbox; standard output is a file there, so that its writes can be made to fail too."""
        printed = folder / "printed"
        printed.unlink(missing_ok=True)
        begin = time.monotonic()
        with open(printed, "wb") as output:
            popen.setdefault("stdout", output)
            popen.setdefault("stderr", subprocess.PIPE)  # not a file: a limit on file sizes would cut the message
            popen.setdefault("stdin", subprocess.DEVNULL)
            process = subprocess.Popen(arguments, cwd=folder, env=self.environment(**(environment or {})), **popen)
            code, errors = ended(process, kill_after, signal_number)
        seconds = time.monotonic() - begin
        text = errors.decode("utf-8", "backslashreplace")
        hits = pathlib.Path(f"{folder}.hits")
        lines = hits.read_text().splitlines() if hits.exists() else []
        hits.unlink(missing_ok=True)
        bytes_ = without_speed(printed.read_bytes())
        return Outcome(code, self.new_files(folder), bytes_, text, seconds, lines)

    def new_files(self, folder):
        return {
            name: comparable(name, path)
            for name, path in files_of(folder)
            if name not in self.listing and name != "printed" and not name.endswith("/.lock")
        }

    def reference(self, command):
        """The command left alone: what it makes, and how long that takes."""
        with self.lock:
            known = self.references.get(command.name)
        if known:
            return known
        folder = self.sandbox()
        outcome = self.run(folder, command.arguments())
        shutil.rmtree(folder)
        if outcome.code != 0:
            raise SystemExit(f"{command.name} fails when left alone:\n{outcome.errors}")
        with self.lock:
            self.references[command.name] = outcome
        return outcome


def ended(process, signal_after, signal_number):
    """Exit code and messages of a process that gets a signal after some time; None for the code when it had to be killed."""
    if signal_after is not None:
        try:
            errors = process.communicate(timeout=signal_after)[1]
            return process.returncode, errors
        except subprocess.TimeoutExpired:
            process.send_signal(signal_number)
    try:
        errors = process.communicate(timeout=TIMEOUT_S)[1]
        return process.returncode, errors
    except subprocess.TimeoutExpired:
        process.kill()
        return None, process.communicate()[1]


def files_of(folder):
    for parent, _, names in os.walk(folder):
        for name in names:
            path = os.path.join(parent, name)
            yield os.path.relpath(path, folder), path


def without_speed(data):
    """The numbers that tell how fast it went."""
    data = re.sub(rb'"(images_per_second|stall_share|peak_memory_bytes)":[^,}]*', b"", data)
    return re.sub(rb"(images_per_second|stall_share|peak_memory_bytes)\t[^\n]*", b"", data)


def comparable(name, path):
    """Bytes of a file without times; None when it cannot be read."""
    try:
        data = pathlib.Path(path).read_bytes()
    except OSError:
        return None
    if "events.out.tfevents" in name:
        return b""
    return without_speed(data) if name.endswith((".jsonl", "printed")) else data


def stable_name(name):
    return re.sub(r"events\.out\.tfevents.*", "events", name)


def stable(files):
    """By name, without the state before the last one: which that was depends on when saves came."""
    return {
        stable_name(name): data for name, data in files.items() if not name.endswith("state-previous.safetensors")
    }


def difference(expected, got):
    """What differs between two sets of files, in words; "" when nothing."""
    expected, got = stable(expected), stable(got)
    for name in sorted(expected.keys() | got.keys()):
        if name not in got:
            return f"{name} is missing"
        if name not in expected:
            return f"{name} should not be there"
        if expected[name] != got[name]:
            return f"{name} differs"
    return ""


def complaint(laboratory, command, outcome, folder, codes, may_leave_temporaries=False):
    """What is wrong with a command that was disturbed, "" when nothing: it is done and everything is as it should be, or it
    failed with a message and every final name holds nothing, the older file, or the whole new one."""
    reference = laboratory.reference(command)
    if outcome.code is None:
        return f"still ran after {TIMEOUT_S} s"
    if outcome.code not in codes:
        return f"exit code {outcome.code}: {outcome.errors.strip()[:300]}"
    if outcome.code == 0:
        if outcome.output != reference.output:
            lines = set(outcome.output.splitlines()) ^ set(reference.output.splitlines())
            return f"exit code 0, but it printed something else: {sorted(lines)}"
        different = difference(reference.files, outcome.files)
        return f"exit code 0, but {different}" if different else ""
    if outcome.code > 0 and (problem := message_complaint(outcome.errors)):
        return problem
    return leftover_complaint(laboratory, command, outcome, folder, may_leave_temporaries)


def message_complaint(errors):
    lines = errors.splitlines()
    if sum(": error: " in line for line in lines) != 1:
        return f"not one error line: {errors.strip()[:300]!r}"
    if re.search(r"[\x00-\x09\x0b-\x1f\x7f]", errors):
        return f"control characters in {errors[:300]!r}"
    return ""


def leftover_complaint(laboratory, command, outcome, folder, may_leave_temporaries):
    wanted = stable(laboratory.reference(command).files)
    for name, data in stable(outcome.files).items():
        is_temporary = re.search(r"(^|/)\.[^/]*\.tmp$", name)
        if is_temporary and may_leave_temporaries:
            continue
        if is_temporary:
            return f"{name} is left behind"
        if name not in wanted:
            return f"{name} is left behind"
        if data in (wanted[name], OLD) or name.endswith(("events", "log.jsonl")):
            continue
        if not command.trains:
            return f"{name} is neither old nor new"
        if not is_whole(laboratory, folder / name):
            return f"{name} is damaged"
    return ""


def is_whole(laboratory, path):
    check = subprocess.run(
        [laboratory.bin / "mae-info", "--check", path], env=laboratory.environment(), capture_output=True, check=False
    )
    return check.returncode == 0


def completion_complaint(laboratory, command, folder):
    """Runs or resumes the command undisturbed; "" when it ends in the files of one that was never disturbed."""
    outcome = laboratory.run(folder, command.arguments(resumes=True))
    if outcome.code != 0:
        return f"afterwards, exit code {outcome.code}: {outcome.errors.strip()[:300]}"
    different = difference(laboratory.reference(command).files, outcome.files)
    return f"afterwards, {different}" if different else ""


def measured(laboratory, folder, arguments):
    """Exit code, peak memory in kB and processor seconds of a command, its own children included."""
    output = subprocess.run(
        [sys.executable, "-c", MEASURE, *map(str, arguments)],
        cwd=folder,
        env=laboratory.environment(),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=True,
        text=True,
        timeout=TIMEOUT_S,
    ).stdout
    code, kilobytes, seconds = output.split()
    return int(code), int(kilobytes), float(seconds)
