"""Draws the pictures of the tables' world: class folders and a painted mask. Needs no package."""

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


def main(folder):
    for split, numbers in (("train", range(6)), ("test", range(6, 10))):
        for name, is_upright in (("bars", True), ("ladders", False)):
            (folder / split / name).mkdir(parents=True)
            for number in numbers:
                (folder / split / name / f"{number}.png").write_bytes(png(stripes(number, is_upright, 40)))
    sky = [[(255 if y < 20 else 0,) * 3 for _ in range(48)] for y in range(48)]
    (folder / "sky.png").write_bytes(png(sky))


main(pathlib.Path(sys.argv[1]))
