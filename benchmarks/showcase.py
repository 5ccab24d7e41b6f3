"""The README's picture: photographs in the package, with hints of their own colors.

python -m benchmarks.showcase docs/showcase.jpg
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from acolvit_jax import Colorizer
from acolvit_jax.common import cli
from acolvit_jax.data.sources import sample_photos
from acolvit_jax.hints import pictures as hint_pictures
from acolvit_jax.hints import true_hints
from acolvit_jax.photo import images, pictures

SHOWN = ("bee", "coffee", "astronaut", "autumn")
SIZE = (200, 300)
HINTS = 12


def rows(colorizer: Colorizer, paths: list[Path]) -> list[list[np.ndarray]]:
    made = []
    for seed, path in enumerate(paths):
        rgb = images.resize(images.read_image(path), SIZE)
        hints = true_hints(rgb, HINTS, seed)
        made.append(
            [
                hint_pictures.hinted_grey(rgb, hints),
                colorizer(rgb).rgb,
                colorizer(rgb, hints).rgb,
                rgb,
            ]
        )
    return made


def main(argv: Sequence[str]) -> None:
    parser = cli.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("picture", type=Path, help="file to write")
    target = parser.parse_args(argv).picture
    paths = sample_photos()
    chosen = [p for p in paths if p.stem in SHOWN] or paths
    headings = ["grey, hints", "no hints", f"{HINTS} hints", "the photo"]
    sheet = pictures.grid(rows(Colorizer.from_pretrained(), chosen[:4]), headings)
    images.write_image(target, sheet, quality=88)


if __name__ == "__main__":
    cli.run(main)
