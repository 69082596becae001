"""Pictures that are cut, changed or claim to be enormous: none passes for whole, none takes the tool down."""

import os
import shutil
import struct
import zlib

from cases import Case, chance
from harness import measured

BATCH = 300
MOST_MEMORY_KB = 200 * 1024
MOST_MS = 50  # of processor time, from the program's first instruction to its last
JPEGS = ("baseline_420.jpg", "progressive.jpg", "bearskin.jpg", "sidewinder.jpg")
PICTURES = JPEGS + ("rgb.png", "rgb_lossless.webp")


def cases(laboratory, tier):
    for picture in PICTURES:
        length = (laboratory.world / "photos" / picture).stat().st_size
        step = 1 if tier.is_long else max(1, length // 40)
        for start in range(0, length, BATCH * step):
            name = f"picture-cuts/{picture}/{start}-{step}"
            yield Case(name, lambda p=picture, n=name: cuts(laboratory, p, n))
        for number in range(tier.picture_batches):
            name = f"picture-flips/{picture}/{tier.seed}-{number}"
            yield Case(name, lambda p=picture, n=name: flips(laboratory, p, n))
    for number, (kind, _) in enumerate(bombs(laboratory)):
        yield Case(f"bombs/{kind}/{number}", lambda k=kind, n=number: bomb(laboratory, k, n))


def single(laboratory, _, parts):
    if parts[0] == "bombs":
        return bomb(laboratory, parts[1], int(parts[2]))
    return (cuts if parts[0] == "picture-cuts" else flips)(laboratory, parts[1], "/".join(parts[:3]))


def cuts(laboratory, picture, name):
    start, step = map(int, name.split("/")[2].split("-"))
    data = (laboratory.world / "photos" / picture).read_bytes()
    lengths = list(range(start, min(len(data), start + BATCH * step), step))
    rejected, problem = rejects(laboratory, picture, [data[:n] for n in lengths])
    findings = [f"{name}: {problem}"] if problem else []
    missed = [n for number, n in enumerate(lengths) if number not in rejected]
    findings += [f"{name}: cut to {n} of {len(data)} bytes, taken for whole" for n in missed]
    return {"cuts": len(lengths), "found": len(lengths) - len(missed)}, findings


def flips(laboratory, picture, name):
    """How many are noticed depends on the format: JPEG and WebP have no checksums."""
    dice = chance(name)
    data = (laboratory.world / "photos" / picture).read_bytes()
    changed = []
    for _ in range(BATCH):
        one = bytearray(data)
        one[dice.randrange(len(one))] ^= 1 << dice.randrange(8)
        changed.append(bytes(one))
    rejected, problem = rejects(laboratory, picture, changed)
    return {"flips": BATCH, "found": len(rejected)}, [f"{name}: {problem}"] if problem else []


def rejects(laboratory, picture, variants):
    """Numbers of the variants that mae-patchify refuses, and what was wrong with its end."""
    folder, ending = laboratory.sandbox(), picture.rsplit(".", 1)[1]
    (folder / "changed").mkdir()
    for number, data in enumerate(variants):
        (folder / "changed" / f"{number:05}.{ending}").write_bytes(data)
    line = "mae-patchify changed sky.png -o out.h5 --image-size 16 --on-error skip --rejects rejects.tsv -q"
    outcome = laboratory.run(folder, line.split())
    listed = outcome.files.get("rejects.tsv", b"").decode().splitlines()
    shutil.rmtree(folder)
    rejected = {int(os.path.basename(entry.split("\t")[0])[:5]) for entry in listed}
    good = outcome.code == (1 if rejected else 0)
    return rejected, "" if good else f"exit code {outcome.code}: {outcome.errors[-300:]}"


def bombs(laboratory):
    """A few bytes that claim 65,000 x 65,000 pixels, or really hold very many equal ones."""
    side = 65000
    photos = laboratory.world / "photos"
    jpeg = bytearray((photos / "baseline_420.jpg").read_bytes())
    progressive = bytearray((photos / "progressive.jpg").read_bytes())
    for data, mark in ((jpeg, b"\xff\xc0"), (progressive, b"\xff\xc2")):
        place = data.index(mark)
        data[place + 5 : place + 9] = struct.pack(">HH", side, side)

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    def png(side, rows):
        header = struct.pack(">IIBBBBB", side, side, 8, 0, 0, 0, 0)
        packer = zlib.compressobj(9)
        data = b"".join(packer.compress(bytes(side + 1)) for _ in range(rows)) + packer.flush()
        return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", data) + chunk(b"IEND", b"")

    tiff = [(256, 4, 1, side), (257, 4, 1, side), (258, 3, 1, 8), (259, 3, 1, 1), (262, 3, 1, 1), (273, 4, 1, 200)]
    tiff += [(277, 3, 1, 1), (278, 4, 1, side), (279, 4, 1, 100)]
    yield "jpeg", bytes(jpeg)
    yield "jpeg-progressive", bytes(progressive)
    yield "png", png(side, 0)
    yield "png-real", png(20000, 20000)
    yield "bmp", b"BM" + struct.pack("<IHHIIiiHHIIiiII", 1000, 0, 0, 54, 40, side, side, 1, 24, 0, 0, 0, 0, 0, 0) + bytes(900)
    yield "ppm", b"P6 %d %d 255\n" % (side, side) + bytes(1000)
    yield "tif", b"II*\0" + struct.pack("<IH", 8, len(tiff)) + b"".join(struct.pack("<HHII", *e) for e in tiff) + bytes(500)
    webp = b"\x2f" + struct.pack("<I", 16382 | 16382 << 14) + bytes(1000)
    yield "webp", b"RIFF" + struct.pack("<I", 12 + len(webp)) + b"WEBPVP8L" + struct.pack("<I", len(webp)) + webp


def bomb(laboratory, kind, number):
    data = dict(enumerate(bombs(laboratory)))[number][1]
    folder = laboratory.sandbox()
    path = folder / f"bomb.{kind.split('-')[0]}"
    path.write_bytes(data)
    runs = [measured(laboratory, folder, ["mae-patchify", path, "-o", "out.h5", "-q"]) for _ in range(5)]
    shutil.rmtree(folder)
    codes, kilobytes, milliseconds = {run[0] for run in runs}, max(run[1] for run in runs), 1000 * min(run[2] for run in runs)
    problem = ""
    if codes != {3}:
        problem = f"exit codes {codes}"
    elif kilobytes > MOST_MEMORY_KB:
        problem = f"took {kilobytes} kB"
    elif milliseconds > MOST_MS:
        problem = f"took {milliseconds:.0f} ms"
    findings = [f"bombs/{kind}/{number}: {problem}"] if problem else []
    return {"bombs": 1, "ms": round(milliseconds), "MB": round(kilobytes / 1024)}, findings
