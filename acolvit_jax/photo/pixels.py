"""Pillow's modes as rasters."""

from __future__ import annotations

import numpy as np
from PIL import Image

from acolvit_jax.photo.raster import Raster
from acolvit_jax.photo.samples import full_range

_DEEP = ("I;16", "I;16L", "I;16B", "I;16N", "I", "F")
_SPACES = {1: "grey", 3: "rgb", 4: "cmyk"}


def profile_of(image: Image.Image) -> bytes | None:
    """The ICC profile that an open file carries."""
    profile = image.info.get("icc_profile")
    return profile if isinstance(profile, bytes) and profile else None


def raster_of(image: Image.Image) -> Raster:
    """The pixels of an open file of any mode, with its color profile.

    Args:
        image: as Pillow has loaded it.

    Returns:
        The raster, not turned upright.

    Raises:
        ImageError: for samples whose range is unknown.
    """
    profile = profile_of(image)
    if image.mode in _DEEP:
        values = np.asarray(image)[..., None]
        bits = 16 if image.mode.startswith("I;16") else 32
        pixels, notes = full_range(values, bits)
        return Raster(pixels, "grey", profile=profile, notes=notes)
    if image.mode == "LAB":
        lab = np.array(image)
        lab[..., 1:] ^= 0x80
        return Raster(lab, "lab")
    if _has_alpha(image):
        return _with_alpha(image, profile)
    if image.mode == "1":
        image = image.convert("L")
    elif image.mode not in ("L", "RGB", "CMYK"):
        image = image.convert("RGB")
    pixels = np.asarray(image)
    pixels = pixels[..., None] if pixels.ndim == 2 else pixels
    return Raster(pixels, _SPACES[pixels.shape[-1]], profile=profile)


def _has_alpha(image: Image.Image) -> bool:
    return "A" in image.mode or "a" in image.mode or "transparency" in image.info


def _with_alpha(image: Image.Image, profile: bytes | None) -> Raster:
    grey = image.mode in ("1", "L", "LA", "La")
    layer = np.asarray(image.convert("RGBA"))
    alpha = layer[..., 3].astype(np.float32) / np.float32(255)
    pixels, space = (layer[..., :1], "grey") if grey else (layer[..., :3], "rgb")
    return Raster(np.ascontiguousarray(pixels), space, alpha, profile)
