"""Draws the pictures of the tables' world: class folders, a painted mask, five-band TIFF. Needs no package."""

import pathlib
import random
import struct
import sys
import zlib


def png(rows):
    """rows of (r, g, b) -> bytes of a PNG."""
    height, width = len(rows), len(rows[0])
    raw = b"".join(b"\0" + bytes(value for pixel in row for value in pixel) for row in rows)

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(raw)) + chunk(b"IEND", b"")


def stripes(number, is_upright, size):
    """A picture whose class shows in the direction of its stripes."""
    noise = random.Random(number)
    rows = []
    for y in range(size):
        row = []
        for x in range(size):
            wave = (x if is_upright else y) * (2 + number % 3) // 4 % 2
            row.append(tuple(min(255, 60 + 150 * wave + noise.randrange(40)) for _ in range(3)))
        rows.append(row)
    return rows


def tiff(height, width, bands, sample):
    """sample(y, x, band) of 16 bits -> bytes of an uncompressed TIFF of one strip."""
    data = b"".join(struct.pack("<H", sample(y, x, b)) for y in range(height) for x in range(width) for b in range(bands))
    entries = [(256, 4, 1, width), (257, 4, 1, height), (259, 3, 1, 1), (262, 3, 1, 1), (277, 3, 1, bands), (284, 3, 1, 1)]
    extra = 8 + 2 + 12 * (len(entries) + 4) + 4
    entries += [(258, 3, bands, extra), (273, 4, 1, extra + 2 * bands), (278, 4, 1, height), (279, 4, 1, len(data))]
    directory = b"".join(struct.pack("<HHII", *entry) for entry in sorted(entries))
    header = b"II*\0" + struct.pack("<IH", 8, len(entries))
    return header + directory + struct.pack("<I", 0) + struct.pack(f"<{bands}H", *[16] * bands) + data


def satellite(number):
    """A scene of stripes at a level of its own in each of five bands."""
    noise = random.Random(100 + number)
    level = [noise.randrange(2000, 30000) for _ in range(5)]
    return tiff(48, 64, 5, lambda y, x, b: level[b] + 400 * ((x // 8 + y // 6 + b) % 5) + noise.randrange(300))


def main(folder):
    for split, numbers in (("train", range(6)), ("test", range(6, 10))):
        for name, is_upright in (("bars", True), ("ladders", False)):
            (folder / split / name).mkdir(parents=True)
            for number in numbers:
                (folder / split / name / f"{number}.png").write_bytes(png(stripes(number, is_upright, 40)))
    (folder / "satellite").mkdir()
    for number in range(4):
        (folder / "satellite" / f"{number}.tif").write_bytes(satellite(number))
    sky = [[(255 if y < 20 else 0,) * 3 for _ in range(48)] for y in range(48)]
    (folder / "sky.png").write_bytes(png(sky))


main(pathlib.Path(sys.argv[1]))
