"""Writes cases.tsv: checksums of what Pillow makes of a picture for each operation of RandAugment.

    python3 -m venv venv && venv/bin/pip install pillow && venv/bin/python make_cases.py

Pillow 13.0.0 made the file that lies here. A row is a picture, an operation, its magnitude of 0 to 10, its direction, 1 for
the increasing scales, and the CRC-32 of the resulting samples, row by row with the channel fastest.
"""

import pathlib
import zlib

from PIL import Image, ImageEnhance, ImageOps

HERE = pathlib.Path(__file__).resolve().parent
ENHANCED = {
    "color": ImageEnhance.Color,
    "contrast": ImageEnhance.Contrast,
    "brightness": ImageEnhance.Brightness,
    "sharpness": ImageEnhance.Sharpness,
}
DIRECTED = {"rotate", "shear_x", "shear_y", "translate_x", "translate_y"} | set(ENHANCED)
SCALED = {"posterize", "solarize"} | set(ENHANCED)  # differ between inc0 and inc1
PLAIN = {"auto_contrast": ImageOps.autocontrast, "equalize": ImageOps.equalize, "invert": ImageOps.invert}
FILL = {"RGB": (124, 116, 104), "L": 120}


def pictures():
    photo = Image.open(HERE.parent / "preprocess" / "bearskin_crop_224.png").convert("RGB").crop((20, 30, 81, 77))
    yield "photo", photo
    yield "grey", photo.convert("L")
    dark = photo.point(lambda v: 20 + v // 5)  # for the histograms: few values, none of them extreme
    yield "dark", dark
    yield "flat", Image.new("RGB", (9, 7), (3, 200, 90))
    yield "tiny", photo.crop((10, 10, 12, 15))


def affine(image, matrix):
    return image.transform(image.size, Image.Transform.AFFINE, matrix, resample=Image.Resampling.BICUBIC, fillcolor=FILL[image.mode])


def apply(image, operation, magnitude, negative, increasing):
    level = magnitude / 10

    def directed(value):
        return -value if negative else value

    if operation in PLAIN:
        return PLAIN[operation](image)
    if operation in ENHANCED:
        factor = 1.0 + directed(level * 0.9) if increasing else level * 1.8 + 0.1
        return ENHANCED[operation](image).enhance(factor)
    if operation == "posterize":
        bits = 4 - int(level * 4) if increasing else int(level * 4)
        return ImageOps.posterize(image, bits) if bits else image.point(lambda v: 0)  # newer versions refuse 0 bits
    if operation == "solarize":
        threshold = int(level * 256)
        return ImageOps.solarize(image, 256 - threshold if increasing else threshold)
    if operation == "solarize_add":
        amount = int(level * 110)
        return image.point([min(255, v + amount) if v < 128 else v for v in range(256)] * len(image.getbands()))
    if operation == "rotate":
        return image.rotate(directed(level * 30), resample=Image.Resampling.BICUBIC, fillcolor=FILL[image.mode])
    shear, shift = directed(level * 0.3), directed(level * 0.45)
    return affine(
        image,
        {
            "shear_x": (1, shear, 0, 0, 1, 0),
            "shear_y": (1, 0, 0, shear, 1, 0),
            "translate_x": (1, 0, shift * image.size[0], 0, 1, 0),
            "translate_y": (1, 0, 0, 0, 1, shift * image.size[1]),
        }[operation],
    )


def cases():
    operations = [*PLAIN, "rotate", "posterize", "solarize", "solarize_add", *ENHANCED, "shear_x", "shear_y", "translate_x", "translate_y"]
    for name, image in pictures():
        for operation in operations:
            magnitudes = [9.0] if operation in PLAIN else [0.0, 0.7, 3.0, 6.18, 8.4375, 9.0, 9.377, 10.0]
            for magnitude in magnitudes if name in ("photo", "grey") else magnitudes[-3:]:
                for negative in (False, True) if operation in DIRECTED else (False,):
                    for increasing in (True, False) if operation in SCALED else (True,):
                        if not increasing and negative:
                            continue  # inc0 has one direction
                        made = apply(image, operation, magnitude, negative, increasing)
                        assert made.size == image.size and made.mode == image.mode
                        yield name, operation, repr(magnitude), "-" if negative else "+", int(increasing), "%08x" % zlib.crc32(made.tobytes())


with open(HERE / "cases.tsv", "w") as file:
    for case in cases():
        print(*case, sep="\t", file=file)
