"""Colors of any profile to sRGB. LittleCMS does all of it."""

from __future__ import annotations

import functools

import imagecodecs
import numpy as np

from acolvit_jax.photo.parts import in_parts
from acolvit_jax.photo.raster import Raster

SRGB: bytes = imagecodecs.cms_profile("srgb")
SAME = 1  # 8-bit steps; a profile that moves no color by more is sRGB under whatever name
_ICC_SPACES = {b"GRAY": "grey", b"RGB ": "rgb", b"CMYK": "cmyk", b"Lab ": "lab"}
_CMS_SPACES = {"grey": "minisblack", "rgb": "rgb", "cmyk": "cmyk", "lab": "lab"}


def to_srgb(raster: Raster) -> tuple[np.ndarray, tuple[str, ...]]:
    """The picture in sRGB, alpha and orientation left as they are.

    A grey picture with an RGB profile is taken for a color picture without colors, as every
    viewer does. A profile of another kind of pixels, or one that cannot be read, changes nothing.

    Args:
        raster: in the colors of its file.

    Returns:
        uint8 `[H, W, 3]`, and what a person should know of it.
    """
    if raster.space == "lab":
        return _transform(raster.pixels, "lab", imagecodecs.cms_profile("lab4")), ()
    profile = raster.profile
    if profile is None:
        return without_profile(raster), ()
    space = _ICC_SPACES.get(profile[16:20])
    pixels = raster.pixels
    if space == "rgb" and raster.space == "grey":
        pixels = np.repeat(pixels, 3, axis=-1)
    elif space != raster.space:
        kind = profile[16:20].decode("ascii", "replace").strip()
        note = f"its {kind} profile does not fit its {raster.space} pixels and is left aside"
        return without_profile(raster), (note,)
    try:
        if space == "rgb" and _is_srgb(profile):
            return without_profile(raster), ()
        return _transform(pixels, space, profile), ()
    except (RuntimeError, ValueError):
        return without_profile(raster), ("its color profile cannot be read and is left aside",)


def without_profile(raster: Raster) -> np.ndarray:
    """The picture with its numbers taken for sRGB, as uint8 `[H, W, 3]`; CMYK by 1 - C - K."""
    if raster.space == "lab":
        return to_srgb(raster)[0]
    pixels = to_8_bits(raster.pixels)
    if raster.space == "cmyk":
        return in_parts(_without_inks, pixels)
    return np.repeat(pixels, 3, axis=-1) if raster.space == "grey" else pixels


def _without_inks(cmyk: np.ndarray) -> np.ndarray:
    """uint8 `[N, 3]` of uint8 `[N, 4]`."""
    inks, black = cmyk[:, :3].astype(np.uint16), cmyk[:, 3:].astype(np.uint16)
    product = (255 - inks) * (255 - black)
    return ((product + 127) // 255).astype(np.uint8)


def to_8_bits(pixels: np.ndarray) -> np.ndarray:
    """uint16, or float32 in [0, 1], as uint8; rounded to the nearest."""
    if pixels.dtype == np.uint8:
        return pixels
    scale = np.float32(255.0 if pixels.dtype.kind == "f" else 255.0 / 65535.0)
    return in_parts(lambda some: np.rint(some.astype(np.float32) * scale).astype(np.uint8), pixels)


def _transform(pixels: np.ndarray, space: str, profile: bytes) -> np.ndarray:
    """Converts `[H, W, C]` to uint8 `[H, W, 3]` sRGB, perceptual as viewers do."""
    if space == "grey" and pixels.dtype == np.uint8:
        table = _transform(np.arange(256, dtype=np.uint16)[:, None, None] * 257, space, profile)
        return table[:, 0][pixels[..., 0]]
    channels = np.ascontiguousarray(pixels if space != "grey" else pixels[..., 0])
    # LittleCMS shortens 16-bit transforms by a coarse table, which is wrong at the gamut's edge.
    exact = pixels.dtype != np.uint8
    return imagecodecs.cms_transform(
        channels,
        profile,
        SRGB,
        colorspace=_CMS_SPACES[space],
        outcolorspace="rgb",
        outdtype="uint8",
        intent=imagecodecs.CMS.INTENT.PERCEPTUAL,
        flags=imagecodecs.CMS.FLAGS.NOOPTIMIZE if exact else None,
    )


@functools.lru_cache(64)
def _is_srgb(profile: bytes) -> bool:
    """Whether a profile means sRGB, by what it does to colors and not by its name.

    Raises:
        RuntimeError: if it cannot be read.
    """
    levels = np.arange(0, 256, 17, dtype=np.uint8)
    probe = np.stack(np.meshgrid(levels, levels, levels), axis=-1).reshape(64, 64, 3)
    moved = _transform(probe, "rgb", profile).astype(int) - probe
    return int(np.abs(moved).max()) <= SAME


@functools.cache
def adobe_rgb() -> bytes:
    """A profile of Adobe RGB (1998), for cameras that name it in EXIF alone."""
    return imagecodecs.cms_profile("adobergb")


def with_gamma(
    gamma: float, chromaticities: tuple[float, ...] | None, *, grey: bool
) -> bytes | None:
    """The profile that a PNG's gAMA and cHRM chunks describe.

    Args:
        gamma: of encoding, 0.45455 for sRGB-like pictures.
        chromaticities: x and y of white, red, green and blue; None are sRGB's.
        grey: for a grey picture.

    Returns:
        A profile; None where they say no other than sRGB's, or nothing that can be.
    """
    if not 0.1 <= gamma <= 10.0:
        return None
    srgb = (0.3127, 0.3290, 0.64, 0.33, 0.30, 0.60, 0.15, 0.06)
    points = chromaticities if chromaticities and len(chromaticities) == 8 else srgb
    usual = max(abs(a - b) for a, b in zip(points, srgb, strict=True)) < 0.005
    if abs(gamma - 0.45455) < 0.01 and (usual or grey):
        return None
    decoding = 1.0 / gamma
    try:
        if grey:
            return imagecodecs.cms_profile("gray", whitepoint=srgb[:2], gamma=decoding)
        red, green, blue = points[2:4], points[4:6], points[6:8]
        return imagecodecs.cms_profile(
            "rgb",
            whitepoint=points[:2],
            primaries=[*red, 1.0, *green, 1.0, *blue, 1.0],
            gamma=decoding,
        )
    except (RuntimeError, ValueError, TypeError):
        return None
