"""Shards whose metadata was changed and sealed again with the right checksums, as an attacker would: libhdf5 then believes what
it reads, and may crash. The tool that opens such a file must not: refused, or read."""

import json
import shutil
import struct

from cases import Case, chance

FILES = ("few.h5", "mask.h5", "test-features.h5")
BATCH = 50
WORD = 0xFFFFFFFF


def cases(laboratory, tier):
    for file in FILES:
        for number in range(tier.forged_batches):
            name = f"forgeries/{file}/{tier.seed}-{number}"
            yield Case(name, lambda f=file, n=name: forge_many(laboratory, f, n))


def single(laboratory, _, parts):
    return forge_many(laboratory, parts[1], "/".join(parts))


def forge_many(laboratory, file, name):
    dice, folder = chance(name), laboratory.sandbox()
    original = (laboratory.world / file).read_bytes()
    names = [f"{number:03}.h5" for number in range(BATCH)]
    for forged in names:
        (folder / forged).write_bytes(forge(bytearray(original), dice))
    outcome = laboratory.run(folder, ["mae-info", "--check", "--json", *names])
    verdicts = [json.loads(line)["ok"] for line in outcome.output.splitlines()]
    findings = []
    if outcome.code not in (0, 1) or len(verdicts) != BATCH:
        findings.append(f"{name}: exit code {outcome.code} after {len(verdicts)} files: {outcome.errors[-300:]}")
    for forged in dice.sample(names, 2):
        outcome = laboratory.run(folder, ["mae-mask", forged, "-o", "out.h5", "-q"])
        if outcome.code not in (0, 3):
            findings.append(f"{name}: {forged}: mae-mask: exit code {outcome.code}: {outcome.errors[-300:]}")
    shutil.rmtree(folder)
    return {"forgeries": BATCH, "refused": verdicts.count(False)}, findings


def forge(data, dice):
    """Changes up to four bytes of HDF5's own structures and makes the checksums right."""
    structures = list(sealed_structures(data))
    for _ in range(dice.randint(1, 4)):
        start, size = dice.choice(structures)
        place = start + dice.randrange(4, max(5, size - 4))
        data[place] = dice.choice((0, 1, 2, 127, 128, 255, data[place] ^ 1 << dice.randrange(8), dice.randrange(256)))
    for start, size in sealed_structures(data):
        data[start + size - 4 : start + size] = struct.pack("<I", lookup3(data[start : start + size - 4]))
    return bytes(data)


def sealed_structures(data):
    """Start and size, checksum included, of the superblock, object headers and fixed arrays that lie in the file."""
    found = [(0, 48)]
    for mark, size_of in ((b"OHDR", object_header_size), (b"FAHD", lambda *_: 28)):
        place = data.find(mark)
        while place >= 0:
            size = size_of(data, place)
            if 12 < size <= len(data) - place:
                found.append((place, size))
            place = data.find(mark, place + 4)
    return found


def object_header_size(data, start):
    flags = data[start + 5]
    prefix = 6 + (16 if flags & 32 else 0) + (4 if flags & 16 else 0)
    width = 1 << (flags & 3)
    return prefix + width + int.from_bytes(data[start + prefix : start + prefix + width], "little") + 4


def rotated(value, bits):
    return (value << bits | value >> (32 - bits)) & WORD


def lookup3(data):
    """Bob Jenkins' hash of 2006 (public domain), which HDF5 seals its metadata with."""
    a = b = c = (0xDEADBEEF + len(data)) & WORD
    blocks = max(0, (len(data) - 1) // 12)
    for number in range(blocks):
        x, y, z = struct.unpack_from("<III", data, 12 * number)
        a, b, c = (a + x) & WORD, (b + y) & WORD, (c + z) & WORD
        a, b, c = mix(a, b, c)
    x, y, z = struct.unpack("<III", bytes(data[12 * blocks :]).ljust(12, b"\0"))
    return final((a + x) & WORD, (b + y) & WORD, (c + z) & WORD)


def mix(a, b, c):
    for bits in (4, 6, 8, 16, 19, 4):
        a = (a - c & WORD) ^ rotated(c, bits)
        c = c + b & WORD
        a, b, c = b, c, a
    return a, b, c


def final(a, b, c):
    for bits in (14, 11, 25, 16, 4, 14, 24):
        c = (c ^ b) - rotated(b, bits) & WORD
        a, b, c = b, c, a
    return b
