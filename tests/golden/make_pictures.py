"""Writes the pictures below this folder that other programs must have encoded, and what Pillow makes of them.

pip install pillow numpy tifffile imagecodecs && python tests/golden/make_pictures.py tests/golden

pictures/    TIFF of several bands, compressions and layouts; palettes
orientation/ pictures with an EXIF orientation, and each as ImageOps.exif_transpose turns it
"""

import pathlib
import struct
import sys

import numpy
import tifffile
from PIL import Image, ImageOps

ORIENTATION = 274


def pattern(height, width, bands, bits):
    """Every sample differs from its neighbours; the tests know the formula."""
    y, x, c = numpy.ogrid[:height, :width, :bands]
    value = 31 * y + 17 * x + 101 * c + 3
    return (value % 256).astype("u1") if bits == 8 else (value * 251 % 65536).astype("u2")


def noise(height, width, bands):
    i = numpy.arange(height * width * bands, dtype="u4")
    i = (i * 2654435761) & 0xFFFFFFFF
    return ((i ^ i >> 15) >> 7 & 255).astype("u1").reshape(height, width, bands)


def write_bands(folder):
    def write(name, pixels, **options):
        tifffile.imwrite(folder / name, pixels, metadata=None, software=False, **options)

    grey = {"photometric": "minisblack", "planarconfig": "contig"}
    write("bands5.tif", pattern(19, 23, 5, 8), **grey)
    write("bands5_16_lzw.tif", pattern(19, 23, 5, 16), compression="lzw", predictor=True, rowsperstrip=7, **grey)
    write("bands5_16_tiles.tif", pattern(19, 23, 5, 16), byteorder=">", compression="deflate", tile=(16, 16), **grey)
    planar = numpy.moveaxis(pattern(19, 23, 5, 8), -1, 0)
    write("bands5_planar.tif", planar, photometric="minisblack", planarconfig="separate", compression="deflate", rowsperstrip=8)
    write("bands5_float.tif", pattern(5, 4, 5, 8).astype("f4"), **grey)
    write("grey16_big_endian.tif", pattern(19, 23, 1, 16)[..., 0], byteorder=">", photometric="minisblack")
    # Long enough for codes of all widths and a full table.
    Image.fromarray(noise(48, 48, 3)).save(folder / "noise_lzw.tif", compression="tiff_lzw")
    rgb = Image.open(folder / "rgb.png").convert("RGB")
    alpha = Image.fromarray(pattern(19, 23, 1, 8)[..., 0])
    rgba = rgb.copy()
    rgba.putalpha(alpha)
    rgba.save(folder / "rgba_packbits.tif", compression="packbits")


def write_palettes(folder):
    palette = Image.open(folder / "rgb.png").convert("RGB").quantize(200)
    palette.convert("RGB").save(folder / "palette8_expected.png")
    for name in ("palette8.tif", "palette8.bmp", "palette8.png"):
        palette.save(folder / name)


def exif(orientation, order="<"):
    """The smallest EXIF data: a TIFF header and a directory of one entry."""
    mark = b"II*\0" if order == "<" else b"MM\0*"
    return mark + struct.pack(order + "IHHHIHHI", 8, 1, ORIENTATION, 3, 1, orientation, 0, 0)


def turned(picture, orientation):
    picture = picture.copy()
    picture.getexif()[ORIENTATION] = orientation
    return ImageOps.exif_transpose(picture).convert("RGB")


def write_orientations(folder):
    picture = Image.fromarray(pattern(5, 7, 3, 8))
    for orientation in range(1, 9):
        path = folder / f"{orientation}.jpg"
        picture.save(path, quality=90, exif=b"Exif\0\0" + exif(orientation))
        # exif_transpose keeps what it does not know; only pixels count here.
        ImageOps.exif_transpose(Image.open(path)).convert("RGB").save(folder / f"{orientation}_expected.png")
    cases = (("big_endian_8.png", 8, ">"), ("exif_6.png", 6, "<"), ("exif_5.webp", 5, "<"), ("exif_7.tif", 7, "<"))
    for name, orientation, order in cases:
        options = {"lossless": True} if name.endswith("webp") else {}
        if name.endswith("tif"):
            tags = Image.Exif()
            tags[ORIENTATION] = orientation
            picture.save(folder / name, exif=tags)
        else:
            picture.save(folder / name, exif=exif(orientation, order), **options)
        stem = name.split(".")[0]
        turned(picture, orientation).save(folder / f"{stem}_expected.png")


def main(folder):
    write_bands(folder / "pictures")
    write_palettes(folder / "pictures")
    (folder / "orientation").mkdir(exist_ok=True)
    write_orientations(folder / "orientation")


main(pathlib.Path(sys.argv[1]))
