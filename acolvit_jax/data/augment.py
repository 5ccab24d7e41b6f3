"""What scans, old prints and phones do to lightness: noise, tones, blur, JPEG.

The model sees the lightness that this leaves and learns the true colors. Lightness is float32
`[H, W]`, normalized to [-0.5, 0.5].
"""

from __future__ import annotations

import io
import math
from collections.abc import Callable

import numpy as np
from PIL import Image, ImageFilter

MOST_GAMMA = 1.6
MOST_NOISE = 0.08  # standard deviation, in normalized L
JPEG_QUALITIES = (15, 70)
BLUR_RADII = (0.4, 1.2)  # pixels
CHANCE = 0.5  # of each change, in an image that is changed at all

Change = Callable[[np.random.Generator, np.ndarray], np.ndarray]


def age_lightness(rng: np.random.Generator, l_norm: np.ndarray) -> np.ndarray:
    """Changes lightness in the order in which a photo meets it: blur, tones, noise, JPEG.

    Args:
        rng: source of randomness.
        l_norm: float32 `[H, W]`, normalized.

    Returns:
        Float32 `[H, W]`, normalized, inside [-0.5, 0.5].
    """
    for change in (blur, tones, noise, jpeg):
        if rng.random() < CHANCE:
            l_norm = change(rng, l_norm)
    return np.clip(l_norm, -0.5, 0.5)


def tones(rng: np.random.Generator, l_norm: np.ndarray) -> np.ndarray:
    """Bends the tones by a gamma and squeezes them between a lifted black and a dull white."""
    gamma = math.exp(rng.uniform(-1, 1) * math.log(MOST_GAMMA))
    black, white = rng.uniform(0, 0.25), rng.uniform(0.75, 1)
    curve = black + (white - black) * np.linspace(0, 1, 257) ** gamma - 0.5
    return np.interp(l_norm, np.linspace(-0.5, 0.5, 257), curve).astype(np.float32)


def noise(rng: np.random.Generator, l_norm: np.ndarray) -> np.ndarray:
    """Adds the grain of film or sensor, white and Gaussian."""
    size = np.float32(rng.uniform(0, MOST_NOISE))
    return l_norm + size * rng.standard_normal(l_norm.shape, np.float32)


def blur(rng: np.random.Generator, l_norm: np.ndarray) -> np.ndarray:
    """Blurs by a Gaussian, as a lens or a rescaled scan does."""
    return _from_image(_to_image(l_norm).filter(ImageFilter.GaussianBlur(rng.uniform(*BLUR_RADII))))


def jpeg(rng: np.random.Generator, l_norm: np.ndarray) -> np.ndarray:
    """Writes the lightness as a grey JPEG and reads it again."""
    buffer = io.BytesIO()
    quality = int(rng.integers(*JPEG_QUALITIES, endpoint=True))
    _to_image(l_norm).save(buffer, "JPEG", quality=quality)
    with Image.open(buffer) as image:
        return _from_image(image)


def _to_image(l_norm: np.ndarray) -> Image.Image:
    """Eight bits of lightness."""
    levels = np.clip(np.round((l_norm + 0.5) * 255), 0, 255)
    return Image.fromarray(levels.astype(np.uint8))


def _from_image(image: Image.Image) -> np.ndarray:
    return np.asarray(image).astype(np.float32) / 255 - np.float32(0.5)
