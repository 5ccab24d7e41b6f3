"""The samples of a TIFF's page, of any depth and kind, as a picture. tifffile decodes them."""

from __future__ import annotations

from typing import Any

import numpy as np
from tifffile import COMPRESSION, EXTRASAMPLE, PHOTOMETRIC

from acolvit_jax.common.errors import ImageError
from acolvit_jax.photo.parts import in_parts
from acolvit_jax.photo.raster import CHANNELS, Raster
from acolvit_jax.photo.samples import full_range, unit_alpha

_SPACES = {
    PHOTOMETRIC.MINISWHITE: "grey",
    PHOTOMETRIC.MINISBLACK: "grey",
    PHOTOMETRIC.PALETTE: "grey",
    PHOTOMETRIC.RGB: "rgb",
    PHOTOMETRIC.YCBCR: "rgb",  # which its JPEG decoder makes of it
    PHOTOMETRIC.SEPARATED: "cmyk",
    PHOTOMETRIC.CIELAB: "lab",
    PHOTOMETRIC.ICCLAB: "lab",
}
_JPEG = (COMPRESSION.JPEG, COMPRESSION.OJPEG, COMPRESSION.JPEG_LOSSY)
_RAW = (PHOTOMETRIC.CFA, PHOTOMETRIC.LINEAR_RAW)
_INKSET, _CMYK_INKS = 332, 1
_LARGEST = (281, 341)  # MaxSampleValue, SMaxSampleValue
_MAX_SAMPLES = 16  # of a pixel; more is no photograph


def check_page(page: Any) -> None:
    """Refuses a page of tifffile that is no photograph, by what its tags say.

    Raises:
        ImageError: says what it is: raw data of a camera, a volume, other inks than CMYK.
    """
    if page.photometric in _RAW:
        raise ImageError(
            "its picture is the raw data of a camera's sensor; develop it to a JPEG, PNG or TIFF"
        )
    if page.photometric not in _SPACES:
        raise ImageError(f"its colors are {_name(page.photometric)}, which cannot be read")
    if page.axes not in ("YX", "YXS", "SYX") or page.samplesperpixel > _MAX_SAMPLES:
        raise ImageError(f"holds {page.axes} of {list(page.shape)}, which is no photograph")
    if page.photometric == PHOTOMETRIC.SEPARATED:
        inks = page.tags.valueof(_INKSET, default=_CMYK_INKS)
        if inks != _CMYK_INKS or page.samplesperpixel < CHANNELS["cmyk"]:
            raise ImageError("its inks are not cyan, magenta, yellow and black")


def decoded(page: Any) -> Raster | None:
    """The picture of a page.

    Args:
        page: of tifffile, that `check_page` lets pass.

    Returns:
        Its pixels, colors and alpha; None for what is left to libtiff: YCbCr that is no JPEG, and
        compressions without a decoder here.

    Raises:
        ImageError: if it has too few samples a pixel, or their range is unknown.
        Exception: tifffile's own, for a damaged page.
    """
    if page.photometric == PHOTOMETRIC.YCBCR and page.compression not in _JPEG:
        return None
    try:
        samples = page.asarray()
    except ValueError as error:
        if "COMPRESSION" in str(error) or "requires" in str(error):
            return None
        raise
    if page.axes == "SYX":
        samples = np.moveaxis(samples, 0, -1)
    samples = samples[..., None] if samples.ndim == 2 else samples
    space = _SPACES[page.photometric]
    bits = max(page.bitspersample) if isinstance(page.bitspersample, tuple) else page.bitspersample
    if page.photometric == PHOTOMETRIC.PALETTE:
        return Raster(_colored(samples[..., 0], page.colormap), "rgb")
    count = CHANNELS[space]
    if samples.shape[-1] < count:
        raise ImageError(f"has {samples.shape[-1]} samples a pixel where {count} are wanted")
    if space == "lab":
        samples = _icc_lab(samples, signed=page.photometric == PHOTOMETRIC.CIELAB)
    inverted = page.photometric == PHOTOMETRIC.MINISWHITE
    colors, white, of_ink = samples[..., :count], _white(page), inverted or space == "cmyk"
    pixels, notes = full_range(colors, bits, white=white, of_ink=of_ink)
    if inverted:
        pixels = _inverted(pixels)
    kind = page.extrasamples[0] if page.extrasamples else None
    if kind not in (EXTRASAMPLE.ASSOCALPHA, EXTRASAMPLE.UNASSALPHA):
        return Raster(pixels, space, notes=notes)
    alpha = unit_alpha(samples[..., count], colors, bits, white=white, of_ink=of_ink)
    if kind == EXTRASAMPLE.ASSOCALPHA:
        pixels = _unmultiplied(pixels, alpha)
    return Raster(pixels, space, alpha, notes=notes)


def _colored(indices: np.ndarray, colormap: np.ndarray) -> np.ndarray:
    """uint16 `[H, W, 3]` of a palette; some programs write 8-bit numbers into its 16 bits."""
    table = colormap.astype(np.uint16).T
    table = table * 257 if table.max(initial=0) <= 255 else table
    return table[np.minimum(indices, len(table) - 1)]


def _icc_lab(samples: np.ndarray, *, signed: bool) -> np.ndarray:
    """Lab as ICC has it: a and b of CIELAB are two's complement."""
    lab = samples[..., :3].copy()
    if signed:
        lab[..., 1:] ^= np.array(1 << (8 * lab.dtype.itemsize - 1), lab.dtype)
    return lab


def _white(page: Any) -> float | None:
    """The largest value, where the file states one."""
    for tag in _LARGEST:
        value = page.tags.valueof(tag)
        value = max(value) if isinstance(value, tuple) and value else value
        if isinstance(value, (int, float)) and value > 0:
            return float(value)
    return None


def _inverted(pixels: np.ndarray) -> np.ndarray:
    return 1.0 - pixels if pixels.dtype.kind == "f" else np.iinfo(pixels.dtype).max - pixels


def _unmultiplied(pixels: np.ndarray, alpha: np.ndarray) -> np.ndarray:
    """Colors that were stored times their alpha."""
    most = 1.0 if pixels.dtype.kind == "f" else float(np.iinfo(pixels.dtype).max)

    def divided(pixels: np.ndarray, alpha: np.ndarray) -> np.ndarray:
        own = np.minimum(pixels / np.maximum(alpha, 1 / 65535)[:, None], most)
        return (own if pixels.dtype.kind == "f" else np.rint(own)).astype(pixels.dtype)

    return in_parts(divided, pixels, alpha)


def _name(value: Any) -> str:
    return str(getattr(value, "name", value))
