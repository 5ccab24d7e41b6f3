"""How to upsample colours: PSNR at full size and time, on the photographs in the package.

    python -m benchmarks.upsampling [--checkpoint NAME]

The true colours at the model's size, or with a checkpoint the model's own from 50 hints, are
upsampled to the photo and laid on its lightness. `guided` adds to bilinear what a linear model
of the colours over lightness (He, Sun and Tang 2013, with residuals) makes of the photo's detail.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable

import numpy as np
from PIL import Image
from scipy.ndimage import uniform_filter

from acolvit_jax import hints
from acolvit_jax.data.sources import sample_photos
from acolvit_jax.photo import color, images

SIDE = 224
HINTS = 50
Upsampler = Callable[[np.ndarray, np.ndarray, np.ndarray], np.ndarray]


def resize(planes: np.ndarray, size: tuple[int, int], filter: Image.Resampling) -> np.ndarray:
    made = [
        Image.fromarray(np.ascontiguousarray(planes[..., i])).resize(size[::-1], filter)
        for i in range(planes.shape[-1])
    ]
    return np.stack([np.asarray(plane) for plane in made], axis=-1)


def plain(filter: Image.Resampling) -> Upsampler:
    return lambda small_l, ab, full_l: resize(ab, full_l.shape, filter)


def guided(radius: int, epsilon: float) -> Upsampler:
    def mean(x: np.ndarray) -> np.ndarray:
        return uniform_filter(x, 2 * radius + 1, mode="nearest")

    def upsample(small_l: np.ndarray, ab: np.ndarray, full_l: np.ndarray) -> np.ndarray:
        middle = mean(small_l)
        variance = mean(small_l * small_l) - middle**2 + epsilon
        slopes = [
            mean((mean(small_l * ab[..., i]) - middle * mean(ab[..., i])) / variance)
            for i in range(2)
        ]
        planes = np.stack([ab[..., 0], ab[..., 1], small_l, *slopes], axis=-1)
        up = resize(planes.astype(np.float32), full_l.shape, Image.Resampling.BILINEAR)
        return up[..., :2] + up[..., 3:] * (full_l - up[..., 2])[..., None]

    return upsample


UPSAMPLERS = {
    "bilinear": plain(Image.Resampling.BILINEAR),
    "bicubic": plain(Image.Resampling.BICUBIC),
    "guided, radius 1, eps 100": guided(1, 100.0),
    "guided, radius 1, eps 10": guided(1, 10.0),
    "guided, radius 2, eps 100": guided(2, 100.0),
}


def model_colors(checkpoint: str) -> Callable[[np.ndarray, int], np.ndarray]:
    from acolvit_jax.checkpoint.load import load_pretrained
    from acolvit_jax.inference.engine import Engine

    engine = Engine(*load_pretrained(checkpoint))

    def colors(lab: np.ndarray, seed: int) -> np.ndarray:
        cells = np.random.default_rng(seed).integers(0, SIDE // 2, (HINTS, 2))
        planes = color.normalize_l(lab[..., 0]), color.normalize_ab(lab[..., 1:])
        inputs = hints.model_input(*planes, cells)
        return color.denormalize_ab(engine.one(inputs, engine.check_budget(None))[0])

    return colors


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--checkpoint", default="")
    checkpoint = parser.parse_args().checkpoint
    colors = model_colors(checkpoint) if checkpoint else lambda lab, seed: lab[..., 1:]
    scores: dict[str, list[float]] = {name: [] for name in UPSAMPLERS}
    times: dict[str, list[float]] = {name: [] for name in UPSAMPLERS}
    for seed, path in enumerate(sample_photos()):
        rgb = images.read_image(path)
        full_l = color.uint8_to_lab(rgb)[..., 0]
        small = color.uint8_to_lab(images.resize(rgb, (SIDE, SIDE)))
        ab = colors(small, seed)
        for name, upsample in UPSAMPLERS.items():
            start = time.perf_counter()
            up = upsample(small[..., 0], ab, full_l)
            times[name].append((time.perf_counter() - start) / full_l.size * 1e9)
            result = color.lab_to_uint8(np.concatenate([full_l[..., None], up], axis=-1))
            mse = ((result.astype(float) - rgb) ** 2).mean() / 255**2
            scores[name].append(10 * np.log10(1 / max(mse, 1e-5)))
    print("| a, b upsampled by | PSNR at full size, dB | ms a megapixel |\n| :--- | ---: | ---: |")
    for name in UPSAMPLERS:
        milliseconds = statistics.median(times[name])
        print(f"| {name} | {np.mean(scores[name]):.2f} | {milliseconds:.1f} |")


if __name__ == "__main__":
    main()
