"""What is done to each photograph: decode, crop, Lab, hints. NumPy only."""

from __future__ import annotations

import hashlib
import math
from dataclasses import dataclass
from types import ModuleType
from typing import Any

import numpy as np

from acolvit_jax import hints
from acolvit_jax.common.names import name_bytes
from acolvit_jax.config import DataConfig, ModelConfig
from acolvit_jax.data import augment
from acolvit_jax.hints.clicks import sample_clicks
from acolvit_jax.photo import color, images

Example = dict[str, np.ndarray]
Box = tuple[float, float, float, float]

CROP_ASPECTS = (3 / 4, 4 / 3)
CROP_TRIES = 10
STEP = 2.0**-14  # of normalized values on their way to the devices


def random_crop_box(rng: np.random.Generator, size: tuple[int, int], scale_min: float) -> Box:
    """Draws the part of a photo that a training image shows.

    Args:
        rng: source of randomness.
        size: height and width of the photo.
        scale_min: smallest share of the photo's area; the largest is 1. Aspects are log-uniform
            in 3/4 to 4/3.

    Returns:
        left, top, right, bottom in pixels. Where no box fits in ten tries, the largest centered
        one of an allowed aspect.
    """
    height, width = size
    log_low, log_high = (math.log(aspect) for aspect in CROP_ASPECTS)
    for _ in range(CROP_TRIES):
        area = height * width * rng.uniform(scale_min, 1.0)
        aspect = math.exp(rng.uniform(log_low, log_high))
        w, h = round(math.sqrt(area * aspect)), round(math.sqrt(area / aspect))
        if 0 < w <= width and 0 < h <= height:
            top = int(rng.integers(height - h + 1))
            left = int(rng.integers(width - w + 1))
            return left, top, left + w, top + h
    w = min(width, max(1, round(height * CROP_ASPECTS[1])))
    h = min(height, max(1, round(width / CROP_ASPECTS[0])))
    return (width - w) / 2, (height - h) / 2, (width + w) / 2, (height + h) / 2


def window_box(box: Box, origin: np.ndarray, window: int, grid_size: int) -> Box:
    """The part of a crop that a window of patches shows.

    Args:
        box: of the whole image.
        origin: int `[2]`, row and column of the window in the patch grid.
        window: patches along a side of the window.
        grid_size: patches along a side of the whole image.

    Returns:
        left, top, right, bottom in pixels of the photo.
    """
    left, top, right, bottom = box
    row, column = (int(x) for x in origin)
    dx, dy = (right - left) / grid_size, (bottom - top) / grid_size
    return (
        left + column * dx,
        top + row * dy,
        left + (column + window) * dx,
        top + (row + window) * dy,
    )


@dataclass(frozen=True)
class TrainTransform:
    """Makes a training example of a decoded photo.

    Attributes:
        data: crops, hints and window size.
        model: size of image and patch.
    """

    data: DataConfig
    model: ModelConfig

    def __call__(self, rgb: np.ndarray, rng: np.random.Generator) -> Example:
        """Crops, converts and hints.

        Uniform hints are drawn over the whole image, as many as a whole image gets, and a window
        keeps those that fall inside; clicks are placed in what is shown.

        Args:
            rgb: uint8 `[H, W, 3]`.
            rng: source of randomness, seeded by example.

        Returns:
            What the devices make a model's input of, small enough to be sent: `l` int16 `[S, S]`
            and `ab` int16 `[S, S, 2]`, normalized, in steps of `STEP`; `hinted` bool
            `[S / h, S / h]`, the hinted cells; for windows `origin` int32 `[2]` too. S is the side
            of the image or window, h that of a cell.
        """
        box = random_crop_box(rng, rgb.shape[:2], self.data.crop_scale_min)
        window = self.data.window or self.model.grid_size
        origin = rng.integers(self.model.grid_size - window + 1, size=2).astype(np.int32)
        box = window_box(box, origin, window, self.model.grid_size)
        side = window * self.model.patch_size
        shown = images.crop_resize(rgb, box, (side, side))
        if self.data.flip and rng.random() < 0.5:
            shown = shown[:, ::-1]
        l_norm, ab_norm = to_model_units(shown)
        if self.data.click_share and rng.random() < self.data.click_share:
            cells = self._clicks(rng, ab_norm)
        else:
            cells = self._cells(rng, origin, side)
        if self.data.aged_share and rng.random() < self.data.aged_share:
            l_norm = augment.age_lightness(rng, l_norm)
        hinted = np.zeros((side // self.model.hint_size,) * 2, bool)
        hinted[cells[:, 0], cells[:, 1]] = True
        example = {"l": in_steps(l_norm), "ab": in_steps(ab_norm)}
        return example | {"hinted": hinted} | ({"origin": origin} if self.data.window else {})

    def _clicks(self, rng: np.random.Generator, ab_norm: np.ndarray) -> np.ndarray:
        """Hint cells where a person would click."""
        ab_cells = hints.cell_means(ab_norm, self.model.hint_size)
        return sample_clicks(rng, ab_cells, self.data.max_clicks, self.data.click_exponent)

    def _cells(self, rng: np.random.Generator, origin: np.ndarray, side: int) -> np.ndarray:
        """Hint cells of a window, counted from its corner."""
        h = self.model.hint_size
        whole = self.model.image_size // h
        count = hints.sample_count(rng, self.data.max_hints, self.data.hint_counts)
        cells = hints.sample_cells(rng, (whole, whole), count)
        cells = cells - origin * (self.model.patch_size // h)
        return cells[((cells >= 0) & (cells < side // h)).all(axis=1)]


def in_steps(norm: Any, xp: ModuleType = np) -> Any:
    """Normalized values, int16 in steps of `STEP`: as small as half precision, finer, quicker.

    Args:
        norm: float32, any shape.
        xp: `numpy` or `jax.numpy`.

    Returns:
        int16 of the same shape.
    """
    return xp.rint(norm * np.float32(1 / STEP)).astype(np.int16)


@dataclass(frozen=True)
class EvalTransform:
    """Makes a validation example of a decoded photo: whole image, hints seeded by its name.

    Attributes:
        data: hint size.
        model: size of image and patch.
        counts: numbers of hints K; the hints of a smaller K are among those of a larger.
    """

    data: DataConfig
    model: ModelConfig
    counts: tuple[int, ...]

    def __call__(self, rgb: np.ndarray, name: str) -> Example:
        """Resizes (aspect not kept), converts and hints.

        Args:
            rgb: uint8 `[H, W, 3]`.
            name: of the image; the same name always gets the same hints.

        Returns:
            `inputs` float32 `[len(counts), S, S, 4]`, `rgb` uint8 `[S, S, 3]`.
        """
        side = self.model.image_size
        h = self.model.hint_size
        small = images.resize(rgb, (side, side))
        l_norm, ab_norm = to_model_units(small)
        digest = hashlib.sha256(name_bytes(name)).digest()
        rng = np.random.default_rng(int.from_bytes(digest[:8], "little"))
        flat = rng.choice((side // h) ** 2, size=max(self.counts, default=0), replace=False)
        cells = np.stack(np.divmod(flat, side // h), axis=-1)
        inputs = [hints.model_input(l_norm, ab_norm, cells[:k], h) for k in self.counts]
        return {"inputs": np.stack(inputs), "rgb": small}


def to_model_units(rgb: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Normalized lightness `[H, W]` and colors `[H, W, 2]` of uint8 sRGB `[H, W, 3]`."""
    planes = color.uint8_to_planes(rgb)
    ab_norm = np.empty((*rgb.shape[:-1], 2), np.float32)
    for i in range(2):
        np.divide(planes[1 + i], np.float32(color.AB_SCALE), out=ab_norm[..., i])
    return color.normalize_l(planes[0]), ab_norm
