"""Files that lost a bit, an end or a block, or gained bytes, and sets whose members were mixed up: found by mae-info --check
and refused by whoever reads them, or shown to hold exactly the values they held before."""

import io
import json
import shutil
import struct

from cases import Case, chance
from commands import BY_NAME, Command

MASKED = Command("masked", "mae-encode --model mae.safetensors train.h5 --masks mask.h5 -o out.h5", "out.h5")
# Kind of file: its name in the world, and a command that reads it.
KINDS = {
    "patches": ("few.h5", BY_NAME["encode"]),
    "mask": ("mask.h5", MASKED),
    "features": ("test-features.h5", BY_NAME["probe"]),
    "checkpoint": ("mae.safetensors", BY_NAME["encode"]),
    "state": ("state.safetensors", None),
    "classifier": ("probe.safetensors", None),
}
BATCH = 250
SET_READER = "mae-encode --model mae.safetensors set -o out.h5 -q"


def cases(laboratory, tier):
    for kind in KINDS:
        for number in range(tier.corrupted_batches):
            name = f"corruptions/{kind}/{tier.seed}-{number}"
            yield Case(name, lambda k=kind, n=name: damage(laboratory, k, n))
        if tier.is_long:
            length = (laboratory.world / KINDS[kind][0]).stat().st_size
            step = max(1, length // 5000)
            for start in range(0, length, step * BATCH):
                name = f"cuts/{kind}/{start}-{step}"
                yield Case(name, lambda k=kind, n=name: cut_everywhere(laboratory, k, n))


    for number in range(tier.corrupted_sets):
        name = f"sets/{('members', 'index')[number % 2]}/{tier.seed}-{number}"
        yield Case(name, lambda n=name: damage_set(laboratory, n))


def single(laboratory, _, parts):
    if parts[0] == "sets":
        return damage_set(laboratory, "/".join(parts))
    work = damage if parts[0] == "corruptions" else cut_everywhere
    return work(laboratory, parts[1], "/".join(parts[:3]))


def damage(laboratory, kind, name):
    """A batch of changed copies; two of them are given to the tool that reads such files."""
    dice = chance(name)
    original = (laboratory.world / KINDS[kind][0]).read_bytes()
    changed = [changed_bytes(original, dice) for _ in range(BATCH)]
    counts, findings = check_all(laboratory, kind, name, original, changed)
    command = KINDS[kind][1]
    for number in dice.sample(range(BATCH), 2) if command else []:
        problem = reader_complaint(laboratory, command, KINDS[kind][0], changed[number][1])
        if problem:
            findings.append(f"{name}/{number}: {changed[number][0]}: {command.name}: {problem}")
    return counts, findings


def cut_everywhere(laboratory, kind, name):
    """Every length of a file, or so many of them that 5,000 are tried."""
    start, step = map(int, name.split("/")[2].split("-"))
    original = (laboratory.world / KINDS[kind][0]).read_bytes()
    lengths = range(start, min(len(original), start + step * BATCH), step)
    return check_all(laboratory, kind, name, original, [(f"cut to {n}", original[:n]) for n in lengths])


def changed_bytes(original, dice):
    """A description and other bytes."""
    while True:
        what, data = change(bytearray(original), dice)
        if data != original:
            return what, bytes(data)


def change(data, dice):
    place = dice.randrange(len(data))
    if dice.random() < 0.3:  # heads and ends hold what leads to all the rest
        place = dice.choice((dice.randrange(4096), len(data) - 1 - dice.randrange(4096))) % len(data)
    length = dice.choice((1, 2, 4, 8, 64, 512, 4096))
    way = dice.choices(("flip", "cut", "append", "zero", "noise", "repeat", "lose"), (50, 12, 8, 10, 10, 5, 5))[0]
    if way == "flip":
        data[place] ^= 1 << dice.randrange(8)
    elif way == "cut":
        del data[place:]
    elif way == "append":
        data += dice.randbytes(length)
    elif way == "zero":
        data[place : place + length] = bytes(len(data[place : place + length]))
    elif way == "noise":
        data[place : place + length] = dice.randbytes(len(data[place : place + length]))
    elif way == "repeat":
        data[place:place] = data[place : place + length]
    else:
        del data[place : place + length]
    return f"{way} at {place}, {length} bytes", data


def check_all(laboratory, kind, name, original, changed):
    folder = laboratory.sandbox()
    ending = KINDS[kind][0].rsplit(".", 1)[1]
    names = [f"{number:05}.{ending}" for number in range(len(changed))]
    for file, (_, data) in zip(names, changed):
        (folder / file).write_bytes(data)
    outcome = laboratory.run(folder, ["mae-info", "--check", "--json", *names])
    verdicts = {entry["file"]: entry["ok"] for entry in map(json.loads, outcome.output.splitlines())}
    counts, findings = {"corruptions": len(changed), "found": 0, "harmless": 0}, []
    if outcome.code not in (0, 1) or len(verdicts) != len(changed):
        findings.append(f"{name}: exit code {outcome.code}, {len(verdicts)} verdicts: {outcome.errors[-300:]}")
    for number, file in enumerate(names):
        if not verdicts.get(file, True):
            counts["found"] += 1
        elif same_values(original, changed[number][1]):
            counts["harmless"] += 1
        else:
            findings.append(f"{name}/{number}: {changed[number][0]}: taken for whole")
    shutil.rmtree(folder)
    return counts, findings


def same_values(original, changed):
    """Whether a file that passed the check says all that it said before."""
    try:
        if original[:4] == b"\x89HDF":
            return hdf5_values(original) == hdf5_values(changed)
        return safetensors_values(original) == safetensors_values(changed)
    except (OSError, ValueError, KeyError, RuntimeError):
        return False


def hdf5_values(data):
    import h5py  # of the tests' own Python, with another HDF5 library than ours

    with h5py.File(io.BytesIO(data), "r") as file:
        values = {"/": attributes(file)}
        for name, dataset in file.items():
            values[name] = (dataset.shape, str(dataset.dtype), dataset[()].tobytes(), attributes(dataset))
        return values


def attributes(item):
    return {key: str(value) for key, value in item.attrs.items()}


def safetensors_values(data):
    (length,) = struct.unpack("<Q", data[:8])
    return json.loads(data[8 : 8 + length]), data[8 + length :]


def reader_complaint(laboratory, command, file, data):
    """A tool that is given the changed file refuses it, or makes what it makes of the good one."""
    folder = laboratory.sandbox()
    (folder / file).unlink()
    (folder / file).write_bytes(data)
    outcome = laboratory.run(folder, command.arguments())
    left = sorted(outcome.files)
    shutil.rmtree(folder)
    if outcome.code == 0:
        return "" if same_result(laboratory, command, outcome) else "exit code 0 and another output"
    if outcome.code != 3:
        return f"exit code {outcome.code}: {outcome.errors[-300:]}"
    return f"left {left}" if left else ""


def same_result(laboratory, command, outcome):
    """Whether an output holds the expected values; its provenance holds the digest of the changed input."""
    wanted = laboratory.reference(command).files[command.output]
    made = outcome.files.get(command.output, b"")
    if command.output.endswith(".safetensors"):
        return safetensors_values(made)[1] == safetensors_values(wanted)[1]
    values = [hdf5_values(data) for data in (made, wanted)]
    for one in values:
        one.pop("/")
    return values[0] == values[1]


def damage_set(laboratory, name):
    """Members of a set that were swapped, lost, doubled, exchanged for another's or changed, or an index that lost or gained
    bytes. What cannot be noticed has no effect."""
    dice = chance(name)
    folder = laboratory.sandbox()
    (folder / "set").mkdir()
    make = "mae-patchify test -o set/a.h5 --image-size 64 --shard-size 3 -q"
    laboratory.run(folder, make.split())
    expected = laboratory.run(folder, SET_READER.split())
    members = sorted((folder / "set").glob("*.h5"))
    (folder / "out.h5").unlink()
    if expected.code != 0 or len(members) != 3:
        return {"sets": 1}, [f"{name}: a good set is not read: {expected.errors}"]
    if name.split("/")[1] == "index":
        index = next((folder / "set").glob("*.index"))
        what, data = changed_bytes(index.read_bytes(), dice)
        index.unlink()
        index.write_bytes(data)
    else:
        what = change_members(members, dice, folder)
    outcome = laboratory.run(folder, SET_READER.split())
    same = outcome.code == 0 and outcome.files.get("out.h5") == expected.files["out.h5"]
    problem = "" if outcome.code == 3 or same else f"exit code {outcome.code}: {outcome.errors[-300:]}"
    shutil.rmtree(folder)
    counts = {"sets": 1, "found": int(outcome.code == 3), "harmless": int(same)}
    return counts, [f"{name}: {what}: {problem}"] if problem else []


def change_members(members, dice, folder):
    """Does something to the files of a set; returns what."""
    first, second = dice.sample(members, 2)
    way = dice.choice(("swap", "lose", "double", "exchange", "change"))
    one, two = first.read_bytes(), second.read_bytes()
    first.unlink()
    if way == "swap":
        second.unlink()
        first.write_bytes(two)
        second.write_bytes(one)
    elif way == "double":
        first.write_bytes(two)
    elif way == "exchange":
        first.write_bytes((folder / "few.h5").read_bytes())
    elif way == "change":
        first.write_bytes(changed_bytes(one, dice)[1])
    return f"{way} {first.name} {second.name}"
