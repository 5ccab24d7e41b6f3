"""Photographs that tests make: encoded, colorful, cheap."""

import io
from pathlib import Path

import numpy as np
from PIL import Image


def make_rgb(seed: int, size: tuple[int, int] = (48, 64)) -> np.ndarray:
    """Smooth random colors, uint8 `[*size, 3]`."""
    coarse = np.random.default_rng(seed).integers(0, 256, (4, 4, 3), dtype=np.uint8)
    return np.asarray(Image.fromarray(coarse).resize(size[::-1], Image.Resampling.BICUBIC))


def make_jpeg(seed: int, size: tuple[int, int] = (48, 64)) -> bytes:
    """The same as a JPEG file."""
    buffer = io.BytesIO()
    Image.fromarray(make_rgb(seed, size)).save(buffer, "JPEG", quality=95)
    return buffer.getvalue()


def make_folder(folder: Path, count: int, size: tuple[int, int] = (48, 64)) -> Path:
    """A folder of JPEG files `0000.jpg` and on."""
    folder.mkdir(parents=True, exist_ok=True)
    for i in range(count):
        (folder / f"{i:04d}.jpg").write_bytes(make_jpeg(i, size))
    return folder
