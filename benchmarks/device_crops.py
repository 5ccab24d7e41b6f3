"""How near crops of photos that devices keep are to the host's, by the side to which they are kept.

    python -m benchmarks.device_crops

The same boxes are cut out of the package's photographs (short sides of 336 pixels) by Pillow, and
on the device out of those that were made smaller first. Images of 112 pixels stand for photos three
times as large as they are, images of 224 for larger ones by a half.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence

import jax
import numpy as np

from acolvit_jax.common import cli
from acolvit_jax.common.tables import markdown_table
from acolvit_jax.data.memory import stack
from acolvit_jax.data.sources import sample_photos
from acolvit_jax.data.transforms import Box, random_crop_box
from acolvit_jax.photo import images
from acolvit_jax.training import crops

CROPS = 4  # of each photo
EQUAL = 99.0  # dB, where nothing differs


def distances(
    photos: list[np.ndarray], boxes: list[list[Box]], side: int, image_size: int
) -> tuple[list[float], float]:
    """PSNR of each crop in dB, and kB that a photo takes."""
    kept = stack((images.shrink(photo, side) for photo in photos), side)
    most = min(crops.most_lines(side, image_size), int(kept.sizes.max()))
    cut = jax.jit(functools.partial(crops.resample, side=image_size, most=most))
    lines, found = jax.device_put(kept.lines), []
    for photo, first, size, drawn in zip(photos, kept.first, kept.sizes, boxes, strict=True):
        for box in drawn:
            host = images.crop_resize(photo, box, (image_size, image_size)).astype(float)
            smaller = np.array(box, np.float32) * (size[0] / len(photo))
            error = np.mean((np.asarray(cut(lines, first, size, smaller)) - host) ** 2)
            found.append(10 * np.log10(255**2 / error) if error else EQUAL)
    return found, kept.lines.nbytes / len(photos) / 1e3


def main(argv: Sequence[str]) -> None:
    parser = cli.ArgumentParser(description=__doc__)
    parser.add_argument("--image_size", type=int, default=112)
    parser.add_argument("--crop_scale_min", type=float, default=0.3)
    given = parser.parse_args(argv)
    photos = [images.read_image(path) for path in sample_photos()]
    rng = np.random.default_rng(0)
    boxes = [
        [random_crop_box(rng, photo.shape[:2], given.crop_scale_min) for _ in range(CROPS)]
        for photo in photos
    ]
    enough = int(np.ceil(given.image_size / given.crop_scale_min**0.5))
    rows = []
    largest = max(min(photo.shape[:2]) for photo in photos)
    for side in sorted({given.image_size, min(enough, largest), largest}):
        found, size = distances(photos, boxes, side, given.image_size)
        rows.append([f"{side}", f"{np.mean(found):.1f}", f"{np.min(found):.1f}", f"{size:.0f}"])
    print(markdown_table(["side", "mean dB", "worst dB", "kB a photo"], rows))


if __name__ == "__main__":
    cli.run(main)
