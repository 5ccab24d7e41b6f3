"""What the page promises, in numbers: colors kept at hints, time of a saved PNG, room on screens.

    python -m benchmarks.page_numbers [--photos 42]

Hints in strong random colors, as far as sRGB has them at the place's lightness, at random places
of every photo: the distance (CIE76, in a* and b*) between what was asked for and what the saved
picture shows there, from the model's own answer and from what is saved. Then how much of the
photo a hint moves that asks for the color its place has already; the time of a PNG of twelve
megapixels, with its coloring; and how high the photo stands on small screens, in Chromium.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from acolvit_jax.common import cli
from acolvit_jax.common.tables import markdown_table
from acolvit_jax.data.sources import sample_photos
from acolvit_jax.hints import Hint, true_hints
from acolvit_jax.inference.colorizer import Colorizer
from acolvit_jax.photo import color, images
from acolvit_jax.photo.outputs import encode_output
from acolvit_jax.photo.reading import Photo
from tests.demo.browser.driver import browsing, open_sample, resize, serving

HINTS = 10  # a photo
CHROMA = 40.0
LARGE = (3000, 4000)
ROUNDS = 3
BEFORE = (0, 1, 5, 20)  # hints on a photo that one more repeats
SCREENS = ((667, 375), (740, 360), (390, 844), (320, 568), (1280, 720), (2560, 1440))
SHOWN = """
    const {width, height} = acolvit.photo;
    const [one, other] = [acolvit.locate(0, 0), acolvit.locate(height - 1, width - 1)];
    return [other.x - one.x, other.y - one.y];"""


def random_hints(rgb: np.ndarray, rng: np.random.Generator) -> list[Hint]:
    places = rng.integers(0, rgb.shape[:2], (HINTS, 2))
    hues = rng.uniform(0, 2 * np.pi, HINTS)
    lightness = color.uint8_to_lab(rgb[tuple(places.T)])[:, 0]
    asked = np.stack([lightness, CHROMA * np.cos(hues), CHROMA * np.sin(hues)], axis=1)
    had = color.uint8_to_lab(color.lab_to_uint8(asked))[:, 1:].tolist()
    return [Hint(int(r), int(c), (a, b)) for (r, c), (a, b) in zip(places, had, strict=True)]


def distances(colorizer: Colorizer, photos: int, exact: bool) -> np.ndarray:
    """Of what was asked for and what is saved, at all hints."""
    found = []
    for seed, path in enumerate(sample_photos()[:photos]):
        rgb = images.read_image(path)
        hints = random_hints(rgb, np.random.default_rng(seed))
        saved = colorizer(rgb, hints, exact_hints=exact).rgb
        for hint in hints:
            assert hint.color is not None
            shown = color.uint8_to_lab(saved[hint.row, hint.column])
            found.append(float(np.hypot(*(shown[1:] - np.array(hint.color)))))
    return np.array(found)


def moved(colorizer: Colorizer, photos: int, before: int) -> np.ndarray:
    """Mean distance in a*, b* by which a hint moves a photo that asks for what is there already.

    Args:
        colorizer: the model.
        photos: of the package.
        before: hints in true colors that the photo has already.

    Returns:
        A number a photo.
    """
    means = []
    for seed, path in enumerate(sample_photos()[:photos]):
        rgb = images.read_image(path)
        rng = np.random.default_rng(seed)
        hints = true_hints(rgb, before, seed)
        one = colorizer(rgb, hints)
        row, column = rng.integers(0, rgb.shape[:2]).tolist()
        place = Hint(row, column, (0.0, 0.0))
        ((a, b),) = colorizer.place([place], rgb.shape[:2]).shown(one.ab).tolist()
        other = colorizer(rgb, [*hints, replace(place, color=(a, b))])
        means.append(np.linalg.norm(other.ab - one.ab, axis=-1).mean())
    return np.array(means)


def saving(colorizer: Colorizer) -> tuple[float, float]:
    """Seconds of coloring a large photo, and of its PNG."""
    rgb = images.resize(images.read_image(sample_photos()[0]), LARGE)
    photo, hints = Photo(rgb), random_hints(rgb, np.random.default_rng(0))
    times = []
    for _ in range(ROUNDS):
        start = time.perf_counter()
        colored = colorizer(rgb, hints).rgb
        middle = time.perf_counter()
        encode_output("png", photo, colored)
        times.append((middle - start, time.perf_counter() - middle))
    coloring, encoding = (statistics.median(part) for part in zip(*times, strict=True))
    return coloring, encoding


def screens() -> list[list[str]]:
    """Size of the photo on screens, with a hint on it."""
    rows = []
    with serving() as address, browsing() as driver:
        for size in SCREENS:
            resize(driver, size)
            open_sample(driver, address, "coffee")
            width, height = driver.execute_script(SHOWN)
            share = width * height / (size[0] * size[1])
            cells = f"{size[0]}x{size[1]}", f"{width:.0f}x{height:.0f}", f"{share:.0%}"
            rows.append(list(cells))
    return rows


def main(argv: Sequence[str]) -> None:
    parser = cli.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--photos", type=int, default=42)
    photos = parser.parse_args(argv).photos
    colorizer = Colorizer.from_pretrained()
    rows = []
    for name, exact in (("the model's own answer", False), ("as it is saved", True)):
        apart = distances(colorizer, photos, exact)
        cells = [np.median(apart), np.percentile(apart, 90), apart.max()]
        rows.append([name, *(f"{value:.1f}" for value in cells), f"{(apart > 2.3).mean():.1%}"])
    print(markdown_table(["", "median", "90%", "worst", "more than just noticed"], rows))
    rows = []
    for before in BEFORE:
        means = moved(colorizer, photos, before)
        rows.append(
            [str(before), f"{means.mean():.2f}", f"{np.median(means):.2f}", f"{means.max():.2f}"]
        )
    print("\nA hint in the color that its place has already moves the photo, in a* and b*, by:\n")
    print(markdown_table(["hints before it", "mean", "median photo", "worst"], rows), "\n")
    coloring, encoding = saving(colorizer)
    print(f"12 megapixels: coloring {coloring:.2f} s, PNG {encoding:.2f} s")
    print(markdown_table(["screen", "photo (3:2)", "of the screen"], screens()))


if __name__ == "__main__":
    cli.run(main)
