"""Other people's odd files, where MAE_ODD_IMAGES or MAE_ODD_HDF5 name folders of them: read or refused by every reader, without a
signal and without much time or memory."""

import os
import pathlib
import shutil

from cases import Case, verdict
from harness import measured

IMAGE_READERS = (
    "mae-patchify @ -o out.h5 --image-size 32 -q",
    "mae-patchify @ -o out.h5 --image-size 32 -q --strict",
    "mae-patchify @ -o out.h5 --image-size 32 -q --untrusted",
)
SHARD_READERS = ("mae-info --check @", "mae-info --check @ --untrusted", "mae-mask @ -o out.h5 -q")
MOST_MEMORY_KB = 300 * 1024
MOST_SECONDS = 20  # of processor time; the limit of the tools' own child processes


def cases(laboratory, _):
    for variable, readers in (("MAE_ODD_IMAGES", IMAGE_READERS), ("MAE_ODD_HDF5", SHARD_READERS)):
        folders = os.environ.get(variable, "")
        if not folders:
            print(f"strangers: {variable} names no folder")
        for folder in filter(None, folders.split(":")):
            for path in sorted(p for p in pathlib.Path(folder).iterdir() if p.is_file()):
                for number, reader in enumerate(readers):
                    name = f"strangers/{reader.split()[0]}-{number}/{path.name}"
                    yield Case(name, lambda p=path, r=reader, n=name: read(laboratory, p, r, n))


def single(laboratory, tier, parts):
    return next(case for case in cases(laboratory, tier) if case.name == "/".join(parts)).work()


def read(laboratory, path, reader, name):
    folder = laboratory.sandbox()
    code, kilobytes, seconds = measured(laboratory, folder, [str(path) if part == "@" else part for part in reader.split()])
    shutil.rmtree(folder)
    problem = ""
    if code not in (0, 1, 3):
        problem = f"exit code {code}"
    elif kilobytes > MOST_MEMORY_KB:
        problem = f"took {kilobytes} kB"
    elif seconds > MOST_SECONDS:
        problem = f"took {seconds} s"
    return verdict(name, problem, files=1, refused=int(code != 0))
