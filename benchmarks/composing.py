"""What the steps around the model cost a megapixel, on one core, against how it can be done else.

    python -m benchmarks.composing [--rounds 15]

Every way is called in turns, and last the whole of a photo at the default budget, in the dtype that
is the faster one here. Times are the process's CPU time, medians, on one core. The error is
the largest distance, in 8-bit steps, from CIE's formulas in float64, or from the resampling of
floats (0.5 is what rounding costs).
"""

from __future__ import annotations

import os
import statistics
import time
from collections.abc import Callable, Sequence

import jax
import jax.numpy as jnp
import numpy as np
from PIL import Image

from acolvit_jax.common import cli
from acolvit_jax.common.tables import markdown_table
from acolvit_jax.data.sources import sample_photos
from acolvit_jax.hints import true_hints
from acolvit_jax.inference.colorizer import Colorizer
from acolvit_jax.inference.finish import color_photo
from acolvit_jax.photo import color
from acolvit_jax.photo.compose import CHUNK, GROUP, Composer
from acolvit_jax.photo.images import read_image, resize
from acolvit_jax.photo.upsampling import Upsampler

SIZE = (1000, 1000)
SIDE = 224
HINTS = 10


def pillow(ab: np.ndarray) -> np.ndarray:
    planes = [Image.fromarray(np.ascontiguousarray(ab[..., i])) for i in range(2)]
    resized = [plane.resize(SIZE[::-1], Image.Resampling.BICUBIC) for plane in planes]
    return np.stack([np.asarray(plane) for plane in resized])


def shrunk(rgb: np.ndarray) -> np.ndarray:
    small = Image.fromarray(rgb).resize((SIDE, SIDE), Image.Resampling.BILINEAR)
    return np.asarray(small)


def shrunk_floats(rgb: np.ndarray) -> np.ndarray:
    planes = [Image.fromarray(rgb[..., i].astype(np.float32)) for i in range(3)]
    resized = [plane.resize((SIDE, SIDE), Image.Resampling.BILINEAR) for plane in planes]
    return np.stack([np.asarray(plane) for plane in resized], axis=-1)


def narrow(ab: np.ndarray) -> np.ndarray:
    upsampler = Upsampler(ab.transpose(2, 0, 1), SIZE, apart=GROUP)
    made = np.empty((2, GROUP, SIZE[0], SIZE[1] // GROUP), np.float32)
    for top in range(0, SIZE[0], 65):
        rows = slice(top, min(SIZE[0], top + 65))
        upsampler.rows(rows, out=made[:, :, rows])
    return made


def by_words(rgb: np.ndarray, ab: np.ndarray) -> np.ndarray:
    pixels, colors = rgb.reshape(-1, 3), ab.reshape(2, -1)
    composer, out = Composer(), np.empty_like(pixels)
    for start in range(0, len(pixels), CHUNK):
        part = slice(start, min(len(pixels), start + CHUNK))
        count = part.stop - start
        composer.rgb(count)[:] = pixels[part]
        composer.ab(count)[:] = colors[:, part].reshape(2, -1, GROUP).swapaxes(1, 2)
        out[part] = composer.compose()[:count]
    return out.reshape(rgb.shape)


@jax.jit
def exact_powers(rgb: jax.Array, a: jax.Array, b: jax.Array) -> jax.Array:
    composed = color.recolor(rgb.astype(jnp.float32) / 255.0, a, b, jnp)
    return jnp.round(composed * 255.0).astype(jnp.uint8)


def float64(rgb: np.ndarray, ab: np.ndarray) -> np.ndarray:
    value = rgb / 255
    linear = np.where(value > 0.04045, ((value + 0.055) / 1.055) ** 2.4, value / 12.92)
    y = linear @ [0.212671, 0.715160, 0.072169]
    fy = np.where(y > 0.008856, np.cbrt(y), 7.787 * y + 16 / 116)
    f = np.stack([fy + ab[0] / 500, fy, np.maximum(fy - ab[1] / 200, 0)], axis=-1)
    xyz = np.where(f > 0.2068966, f**3, (f - 16 / 116) / 7.787) * [0.95047, 1, 1.08883]
    matrix = [
        [0.412453, 0.35758, 0.180423],
        [0.212671, 0.71516, 0.072169],
        [0.019334, 0.119193, 0.950227],
    ]
    linear = xyz @ np.linalg.inv(np.array(matrix)).T
    power = 1.055 * np.maximum(linear, 0.0031308) ** (1 / 2.4) - 0.055
    return 255 * np.clip(np.where(linear > 0.0031308, power, 12.92 * linear), 0, 1)


def main(argv: Sequence[str]) -> None:
    parser = cli.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=15)
    rounds = parser.parse_args(argv).rounds
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    rng = np.random.default_rng(0)
    rgb = rng.integers(0, 256, (*SIZE, 3), dtype=np.uint8)
    small = rng.normal(scale=20, size=(SIDE, SIDE, 2)).astype(np.float32)
    ab = pillow(small)
    truth = float64(rgb, ab.astype(np.float64))
    colorizer = Colorizer.from_pretrained()
    photo = resize(read_image(sample_photos()[0]), SIZE)
    hints = true_hints(photo, HINTS, 0)
    ways: dict[str, Callable[[], np.ndarray]] = {
        "make smaller: Pillow's bilinear": lambda: shrunk(photo),
        "make smaller: narrow products": lambda: resize(photo, (SIDE, SIDE)),
        "upsample: Pillow's bicubic": lambda: pillow(small),
        "upsample: narrow products": lambda: narrow(small),
        "compose: powers by exp and log": lambda: np.asarray(exact_powers(rgb, *ab)),
        "compose: polynomials, by words": lambda: by_words(rgb, ab),
        "both: Pillow, powers": lambda: np.asarray(exact_powers(rgb, *pillow(small))),
        "both: `color_photo`": lambda: color_photo(rgb, small),
        "a photo with ten hints, end to end": lambda: colorizer(photo, hints).rgb,
    }
    truths = {"make smaller": shrunk_floats(photo), "compose": truth, "both": truth}
    errors = {
        name: abs(way() - truths[kind]).max()
        for name, way in ways.items()
        if (kind := name.split(":")[0]) in truths
    }
    times: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(rounds):
        for name, way in ways.items():
            start = time.process_time()
            way()
            times[name].append(1e3 * (time.process_time() - start))
    medians = {name: statistics.median(values) for name, values in times.items()}
    before = {name.split(":")[0]: medians[name] for name in reversed(ways)}
    rows = [
        [
            name,
            f"{median:.1f}",
            f"{median / before[name.split(':')[0]]:.2f}",
            f"{errors[name]:.3f}" if name in errors else "",
        ]
        for name, median in medians.items()
    ]
    print(markdown_table(["", "CPU ms a megapixel", "ratio", "largest error, steps"], rows))


if __name__ == "__main__":
    cli.run(main)
