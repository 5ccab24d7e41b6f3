"""TIFF files of every kind: tifffile reads the samples, and here they become a picture."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import tifffile
from PIL import Image, TiffImagePlugin
from tifffile import COMPRESSION, EXTRASAMPLE, PHOTOMETRIC

from acolvit_jax.common.errors import ImageError, PixelLimitError
from acolvit_jax.photo import metadata
from acolvit_jax.photo.raster import CHANNELS, Raster
from acolvit_jax.photo.samples import full_range

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
_REDUCED, _MASK = 1, 4  # bits of NewSubfileType
_ORIENTATION, _XMP, _INKSET = 274, 700, 332
_WHITES = (281, 341)  # MaxSampleValue, SMaxSampleValue
_CMYK_INKS = 1
_MAX_SAMPLES = 16  # of a pixel; more is no photograph


class _Choice(NamedTuple):
    """The picture of a file, and what else there is."""

    page: Any
    first: bool
    notes: tuple[str, ...]


def read_tiff(data: bytes, max_pixels: int) -> Raster:
    """Reads the largest picture of a TIFF.

    Pages and sub-files are looked at, since cameras and scanners put a preview first.

    Args:
        data: the file's bytes.
        max_pixels: a larger picture is refused before it is decoded.

    Returns:
        The picture in its own colors.

    Raises:
        PixelLimitError: if it has more pixels than allowed.
        ImageError: for what is no picture: raw data of a camera, volumes, more than four inks.
        Exception: tifffile's own, for a damaged file.
    """
    with tifffile.TiffFile(io.BytesIO(data)) as file:
        pages: list[Any] = list(file.pages)
        chosen = _choose(pages)
        page = chosen.page
        height, width = page.imagelength, page.imagewidth
        if height * width > max_pixels:
            raise PixelLimitError(
                f"{width}x{height} pixels are more than the {max_pixels:,} allowed"
            )
        _check(page)
        raster = _raster(page) if _is_tifffiles(page) else None
        if raster is None:
            if not chosen.first:
                raise ImageError(
                    f"its picture is packed as {_name(page.compression)}, "
                    "which cannot be read; save it again, uncompressed or as PNG"
                )
            raster = _by_libtiff(data)
        return Raster(
            raster.pixels,
            raster.space,
            raster.alpha,
            profile=_bytes_of(page.tags.get(34675)) or _bytes_of(pages[0].tags.get(34675)),
            orientation=_orientation(page, pages[0]),
            metadata=_metadata(data, pages[0]),
            notes=(*chosen.notes, *raster.notes),
        )


def _choose(pages: Sequence[Any]) -> _Choice:
    """The largest page or sub-file that is not marked as a preview or a mask."""
    found = []
    for page in pages:
        found.append(page)
        found += [sub for sub in page.pages or [] if isinstance(sub, tifffile.TiffPage)]
    pictures = [page for page in found if not page.subfiletype & (_REDUCED | _MASK)] or found
    sizes = [page.imagelength * page.imagewidth for page in pictures]
    if not sizes:
        raise ImageError("holds no picture")
    best = sizes.index(max(sizes))
    notes: tuple[str, ...] = ()
    if len(pictures) > 1:
        which = "first" if best == 0 else f"{best + 1}th, the largest,"
        notes = (f"of its {len(pictures)} pages the {which} is taken",)
    return _Choice(pictures[best], pictures[best] is found[0], notes)


def _check(page: Any) -> None:
    """Refuses what is no photograph.

    Raises:
        ImageError: says what it is.
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


def _is_tifffiles(page: Any) -> bool:
    """Whether tifffile decodes a page; YCbCr that is no JPEG is left to libtiff."""
    return page.photometric != PHOTOMETRIC.YCBCR or page.compression in _JPEG


def _raster(page: Any) -> Raster | None:
    """The picture of a page; None if tifffile has no decoder for its compression."""
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
    pixels, notes = full_range(samples[..., :count], bits, white=_white(page))
    if page.photometric == PHOTOMETRIC.MINISWHITE:
        pixels = _inverted(pixels)
    kind = page.extrasamples[0] if page.extrasamples else None
    if kind not in (EXTRASAMPLE.ASSOCALPHA, EXTRASAMPLE.UNASSALPHA):
        return Raster(pixels, space, notes=notes)
    alpha = _unit(full_range(samples[..., count], bits)[0])
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
    """The value of white, where the file states one."""
    for tag in _WHITES:
        value = page.tags.valueof(tag)
        value = max(value) if isinstance(value, tuple) and value else value
        if isinstance(value, (int, float)) and value > 0:
            return float(value)
    return None


def _inverted(pixels: np.ndarray) -> np.ndarray:
    return 1.0 - pixels if pixels.dtype.kind == "f" else np.iinfo(pixels.dtype).max - pixels


def _unit(values: np.ndarray) -> np.ndarray:
    """float32 in [0, 1]."""
    most = 1.0 if values.dtype.kind == "f" else float(np.iinfo(values.dtype).max)
    return values.astype(np.float32) / np.float32(most)


def _unmultiplied(pixels: np.ndarray, alpha: np.ndarray) -> np.ndarray:
    """Colors that were stored times their alpha."""
    most = 1.0 if pixels.dtype.kind == "f" else float(np.iinfo(pixels.dtype).max)
    divided = pixels / np.maximum(alpha, 1 / 65535)[..., None]
    divided = np.minimum(divided, most)
    return (divided if pixels.dtype.kind == "f" else np.rint(divided)).astype(pixels.dtype)


def _by_libtiff(data: bytes) -> Raster:
    """The first page by Pillow, for what tifffile leaves out: YCbCr without JPEG, fax codes."""
    with TiffImagePlugin.TiffImageFile(io.BytesIO(data)) as image:
        image.load()
        return Raster(np.asarray(image.convert("RGB")), "rgb")


def _orientation(*pages: Any) -> int:
    """The first orientation that a page states."""
    for page in pages:
        value = page.tags.valueof(_ORIENTATION)
        if isinstance(value, int) and 1 <= value <= 8:
            return int(value)
    return 1


def _metadata(data: bytes, page: Any) -> metadata.Metadata:
    """EXIF and XMP of a page; resolution stands in its EXIF block."""
    exif = Image.Exif()
    try:
        exif.load(data)
        block = metadata.without_pixel_tags(exif)
    except Exception:  # Pillow raises many kinds on odd metadata, and the pixels are fine
        block = None
    return metadata.Metadata(exif=block, xmp=_bytes_of(page.tags.get(_XMP)))


def _bytes_of(tag: Any) -> bytes | None:
    """A tag's value where it is bytes: a tag may hold anything."""
    return tag.value if tag is not None and isinstance(tag.value, bytes) else None


def _name(value: Any) -> str:
    return str(getattr(value, "name", value))
