"""Photographs to measure with: options, and a folder of as many as are asked for."""

import pathlib
import shutil

# Two small JPEGs, which cost little to decode.
SMALL_PHOTOS = pathlib.Path(__file__).resolve().parents[1] / "golden" / "preprocess"


def add_photo_options(parser, pictures):
    parser.add_argument("--photos", type=pathlib.Path, default=SMALL_PHOTOS)
    parser.add_argument("--pictures", type=int, default=pictures)


def make_photo_folder(folder, photos, count):
    """folder/photos with `count` JPEG files from below `photos`, copies where there are fewer."""
    made = folder / "photos"
    made.mkdir()
    kinds = sorted(path for path in photos.rglob("*") if path.suffix.lower() in (".jpg", ".jpeg"))
    for number in range(count):
        shutil.copy(kinds[number % len(kinds)], made / f"{number:06}.jpg")
    return made
