"""How to upsample the model's colors: PSNR, halos, time, on the photographs in the package.

    python -m benchmarks.upsampling [--checkpoint NAME] [--photos DIR] [--max_photos 42]

The model's own colors from some hints (`--checkpoint ""`: the true ones) are upsampled to the photo
and laid on its lightness. A halo is the error within 8 pixels of strong edges, the tenth of the
pixels with the largest gradient of lightness. `guided` adds to bilinear what a linear model of the
colors over lightness (He, Sun and Tang 2013, with residuals) makes of the photo's detail; `joint
bilateral` (Kopf et al. 2007) weighs the nearest 16 colors by place and likeness of lightness;
`4 grids` averages the model's answers to the photo moved by half a token.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from PIL import Image
from scipy import ndimage

from acolvit_jax import hints
from acolvit_jax.checkpoint.load import load_pretrained
from acolvit_jax.common import cli
from acolvit_jax.common.tables import markdown_table
from acolvit_jax.inference.engine import Engine
from acolvit_jax.photo import color, images
from acolvit_jax.photo.upsampling import upsample
from benchmarks.photo_sets import some_photos

SIDE = 224
HALF_TOKEN = 8
HALO = 8  # pixels of the photo
EDGE_SHARE = 0.1
Upsample = Callable[[np.ndarray, np.ndarray, np.ndarray], np.ndarray]


def resize(planes: np.ndarray, size: tuple[int, int], kind: Image.Resampling) -> np.ndarray:
    made = [
        Image.fromarray(np.ascontiguousarray(planes[..., i])).resize(size[::-1], kind)
        for i in range(planes.shape[-1])
    ]
    return np.stack([np.asarray(plane) for plane in made], axis=-1)


def bilinear(small_l: np.ndarray, ab: np.ndarray, full_l: np.ndarray) -> np.ndarray:
    return resize(ab, full_l.shape, Image.Resampling.BILINEAR)


def bicubic(small_l: np.ndarray, ab: np.ndarray, full_l: np.ndarray) -> np.ndarray:
    return upsample(ab.transpose(2, 0, 1), full_l.shape).transpose(1, 2, 0)


def guided(radius: int, epsilon: float) -> Upsample:
    def mean(x: np.ndarray) -> np.ndarray:
        return ndimage.uniform_filter(x, 2 * radius + 1, mode="nearest")

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


def joint_bilateral(tone: float, width: float = 0.8) -> Upsample:
    def upsample(small_l: np.ndarray, ab: np.ndarray, full_l: np.ndarray) -> np.ndarray:
        places = [(np.arange(n) + 0.5) * SIDE / n - 0.5 for n in full_l.shape]
        total = np.zeros((*full_l.shape, 2), np.float32)
        weights = np.zeros(full_l.shape, np.float32)
        for i in range(-1, 3):
            for j in range(-1, 3):
                taps = [np.floor(p).astype(int) + k for p, k in zip(places, (i, j), strict=True)]
                down, right = (
                    np.exp(-(((p - t) / width) ** 2) / 2).astype(np.float32)
                    for p, t in zip(places, taps, strict=True)
                )
                at = np.ix_(*(t.clip(0, SIDE - 1) for t in taps))
                like = np.exp(-(((full_l - small_l[at]) / tone) ** 2) / 2) + 1e-4
                weight = down[:, None] * right * like
                weights += weight
                total += weight[..., None] * ab[at]
        return total / weights[..., None]

    return upsample


UPSAMPLERS: dict[str, Upsample] = {
    "bilinear": bilinear,
    "bicubic": bicubic,
    "guided, radius 1, eps 100": guided(1, 100.0),
    "guided, radius 2, eps 100": guided(2, 100.0),
    "guided, radius 4, eps 30": guided(4, 30.0),
    "joint bilateral, 5 L*": joint_bilateral(5.0),
    "joint bilateral, 15 L*": joint_bilateral(15.0),
}


class Model:
    """The model's colors for true hints in random cells."""

    def __init__(self, checkpoint: str) -> None:
        self.engine = Engine(*load_pretrained(checkpoint))
        self.budget = self.engine.check_budget(None)

    def colors(self, inputs: np.ndarray) -> np.ndarray:
        return color.denormalize_ab(self.engine.one(inputs, self.budget)[0])

    def over_grids(self, inputs: np.ndarray) -> np.ndarray:
        pad = HALF_TOKEN
        wide = np.pad(inputs, ((pad, pad), (pad, pad), (0, 0)), mode="symmetric")
        total, count = np.zeros((*wide.shape[:2], 2), np.float32), np.zeros((*wide.shape[:2], 1))
        for i in (0, pad):
            for j in (0, pad):
                part = slice(i, i + SIDE), slice(j, j + SIDE)
                total[part] += self.colors(wide[part])
                count[part] += 1
        inside = slice(pad, pad + SIDE), slice(pad, pad + SIDE)
        return (total[inside] / count[inside]).astype(np.float32)


def near_edges(lightness: np.ndarray) -> np.ndarray:
    gradient = ndimage.gaussian_gradient_magnitude(lightness, 1.0)
    edges = gradient > np.quantile(gradient, 1 - EDGE_SHARE)
    return ndimage.distance_transform_edt(~edges) <= HALO


def decibels(squares: np.ndarray) -> float:
    return float(10 * np.log10(1 / max(squares.mean(), 1e-5)))


def main(argv: Sequence[str]) -> None:
    parser = cli.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--checkpoint", default="pretrained", help='"" takes the true colors')
    parser.add_argument("--photos", type=Path, help="folder (the photos in the package)")
    parser.add_argument("--max_photos", type=int, default=42, help="of them, evenly")
    parser.add_argument("--hints", type=int, default=10)
    args = parser.parse_args(argv)
    model = Model(args.checkpoint) if args.checkpoint else None
    paths = some_photos(args.photos, args.max_photos)
    names = [*UPSAMPLERS, *(["bicubic, 4 grids"] if model else [])]
    scores: dict[str, list[tuple[float, float]]] = {name: [] for name in names}
    times: dict[str, list[float]] = {name: [] for name in names}
    for seed, path in enumerate(paths):
        rgb = images.read_image(path)
        full_l = color.uint8_to_lab(rgb)[..., 0]
        small = color.uint8_to_lab(images.resize(rgb, (SIDE, SIDE)))
        planes = color.normalize_l(small[..., 0]), color.normalize_ab(small[..., 1:])
        cells = np.random.default_rng(seed).integers(0, SIDE // 2, (args.hints, 2))
        inputs = hints.model_input(*planes, cells)
        ab = model.colors(inputs) if model else small[..., 1:]
        halo = near_edges(full_l)
        for name in names:
            start = time.process_time()
            if name in UPSAMPLERS:
                up = UPSAMPLERS[name](small[..., 0], ab, full_l)
            else:
                up = bicubic(small[..., 0], model.over_grids(inputs), full_l)
            times[name].append((time.process_time() - start) / full_l.size * 1e9)
            result = color.lab_to_uint8(np.concatenate([full_l[..., None], up], axis=-1))
            squares = ((result.astype(np.float32) - rgb) ** 2).mean(axis=-1) / 255**2
            scores[name].append((decibels(squares), decibels(squares[halo])))
    rows = [
        [
            name,
            *(f"{value:.2f}" for value in np.mean(scores[name], axis=0)),
            f"{statistics.median(times[name]):.0f}",
        ]
        for name in names
    ]
    headings = ["a, b upsampled by", "PSNR, dB", "near edges, dB", "CPU ms a megapixel"]
    print(f"{len(paths)} photos, {args.hints} hints\n\n{markdown_table(headings, rows)}")


if __name__ == "__main__":
    cli.run(main)
