"""Any photograph's file in, 8-bit sRGB out."""

from __future__ import annotations

import io
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any, BinaryIO

import numpy as np
from PIL import Image

from acolvit_jax.common.errors import ConfigError, ImageError, PixelLimitError
from acolvit_jax.common.places import place
from acolvit_jax.photo import formats, jpeg, limits, metadata, png, profiles
from acolvit_jax.photo.metadata import Metadata
from acolvit_jax.photo.pixels import profile_of, raster_of
from acolvit_jax.photo.raster import Raster, over_white, upright
from acolvit_jax.photo.tiff import read_tiff, tiff_pages

ImageSource = str | os.PathLike[str] | bytes | bytearray | memoryview | BinaryIO | Image.Image


@dataclass(frozen=True)
class Photo:
    """A photograph and what its file said of it.

    Attributes:
        rgb: uint8 `[H, W, 3]` sRGB, upright.
        metadata: of the file, for writing back.
        notes: what a person should know of how it was read: pages left out, rows lost, bits.
        alpha: uint8 `[H, W]`, 255 where opaque, for writing back; None for a photo without.
    """

    rgb: np.ndarray
    metadata: Metadata = field(default_factory=Metadata)
    notes: tuple[str, ...] = ()
    alpha: np.ndarray | None = None


def read_photo(source: ImageSource, *, max_pixels: int | None = None) -> Photo:
    """Reads a photograph with its metadata.

    Colors are converted from the file's profile (ICC, PNG's gamma, Adobe RGB of EXIF) to sRGB;
    EXIF orientation is applied; alpha is laid over white, unless it is zero everywhere, as some
    programs leave it; deep, floating-point, palette, grey, Lab and CMYK files become 8-bit sRGB.

    Args:
        source: path, encoded bytes, binary file or PIL image.
        max_pixels: larger pictures are refused before they are decoded; None is
            `limits.max_pixels()`.

    Returns:
        The upright photo.

    Raises:
        PixelLimitError: if it has more pixels than allowed.
        ImageError: one line that names the file and what is wrong with it.
    """
    with _errors_of(_name_of(source)):
        return _in_srgb(_decode(source, _most(max_pixels)))


def read_pages(source: str | os.PathLike[str], *, max_pixels: int | None = None) -> Iterator[Photo]:
    """Reads a file with all its pages, one at a time.

    Only TIFF has pages; previews among them are left out. Other files have one photo, that of
    `read_photo`, and so do animations.

    Args:
        source: path.
        max_pixels: of a page, as of `read_photo`.

    Yields:
        The upright photos.

    Raises:
        PixelLimitError: if a page has more pixels than allowed.
        ImageError: one line that names the file, the page where there are several, and what is
            wrong with it.
    """
    name, most = str(source), _most(max_pixels)
    with _errors_of(name):
        data = _bytes_of(source)
        if not formats.is_tiff(data):
            yield _in_srgb(_decode(data, most))
            return
        with tiff_pages(data, most) as pages:
            for number, read in enumerate(pages, 1):
                with _errors_of(name if len(pages) == 1 else f"page {number}"):
                    photo = _in_srgb(read())
                yield photo


def read_image(source: ImageSource, *, max_pixels: int | None = None) -> np.ndarray:
    """Reads a photograph's pixels for training and evaluation.

    As `read_photo`, but color profiles are ignored, as the published protocol does, and a file
    that has lost rows is refused: what stands in their place is nobody's truth.

    Returns:
        uint8 `[H, W, 3]`, upright.
    """
    with _errors_of(_name_of(source)):
        raster = _decode(source, _most(max_pixels), whole=True)
        return _finished(raster, profiles.without_profile(raster), ()).rgb


def _in_srgb(raster: Raster) -> Photo:
    rgb, notes = profiles.to_srgb(raster)
    return _finished(raster, rgb, (*raster.notes, *notes))


def _most(max_pixels: int | None) -> int:
    return limits.max_pixels() if max_pixels is None else max_pixels


def _finished(raster: Raster, rgb: np.ndarray, notes: tuple[str, ...]) -> Photo:
    """Settles alpha and orientation."""
    alpha, kept = raster.alpha, None
    if raster.pixels.dtype != np.uint8:
        notes = (*notes, "it has more than 8 bits a channel; the result has 8")
    if len(raster.metadata.exif or b"") > metadata.JPEG_SEGMENT_MAX:
        notes = (*notes, "its EXIF is more than a JPEG holds; other formats keep it")
    if len(raster.metadata.xmp or b"") > metadata.JPEG_XMP_MAX:
        notes = (*notes, "its XMP is more than a JPEG holds; other formats keep it")
    if alpha is not None and not alpha.any():
        notes = (*notes, "its alpha is zero everywhere and is left aside")
    elif alpha is not None and not (alpha == 1).all():
        rgb = over_white(rgb, alpha)
        kept = upright(np.rint(255 * alpha).astype(np.uint8), raster.orientation)
    return Photo(upright(rgb, raster.orientation), raster.metadata, notes, kept)


def _decode(source: ImageSource, max_pixels: int, *, whole: bool = False) -> Raster:
    """Decodes a file, one that has lost its last rows too unless it must be whole.

    Its colors are still its own.
    """
    if isinstance(source, Image.Image):
        return _of_pillow(source, max_pixels)
    data = _bytes_of(source)
    if formats.is_tiff(data):
        return read_tiff(data, max_pixels)
    if data.startswith(png.SIGNATURE):
        cleaned = png.clean(data)
        return png.completed(cleaned, _by_pillow(cleaned.data, max_pixels))
    try:
        return _by_pillow(data, max_pixels)
    except OSError as error:
        if not data.startswith(b"\xff\xd8") or "truncated" not in str(error):
            raise
        mended = jpeg.mend(data)
        if mended is None:
            raise
        note = f"the file ends too early: {mended[1]} of its rows are lost"
        if whole and mended[1]:
            raise ImageError(note) from None
        raster = _by_pillow(mended[0], max_pixels)
        return replace(raster, notes=(*raster.notes, note))


def _by_pillow(data: bytes, max_pixels: int) -> Raster:
    """Decodes what Pillow reads."""
    open_ = formats.opener(data)
    if open_ is None:
        raise ImageError("is not an image that can be read")
    with open_(io.BytesIO(data)) as image:
        return _of_pillow(image, max_pixels, data)


def _of_pillow(image: Image.Image, max_pixels: int, data: bytes = b"") -> Raster:
    """The picture of an image that Pillow has opened, of these bytes if they are known."""
    limits.check_size(image.size, max_pixels)
    frames = getattr(image, "n_frames", 1)
    pixels = jpeg.decode_color(image, data)
    if pixels is None:
        image.load()
        raster = raster_of(image)
    else:
        raster = Raster(pixels, "rgb", profile=profile_of(image))
    exif = _exif(image)
    profile = raster.profile
    if profile is None and exif is not None and metadata.says_adobe_rgb(exif):
        profile = profiles.adobe_rgb()
    notes = raster.notes
    if frames > 1 and image.format not in ("MPO", "HEIF"):  # there they belong to one photo
        which = f"number {image.tell() + 1}" if image.tell() else "the first"
        notes = (*notes, f"of its {frames} frames {which} is taken")
    if metadata.has_extended_xmp(image):
        notes = (*notes, "a part of its XMP is left out")
    return replace(
        raster,
        profile=profile,
        orientation=1 if exif is None else metadata.orientation_of(exif),
        metadata=metadata.of_image(image),
        notes=notes,
    )


def _exif(image: Image.Image) -> Image.Exif | None:
    try:
        return image.getexif()
    except Exception:  # Pillow raises many kinds on odd metadata, and the pixels are fine
        return None


def _bytes_of(source: Any) -> bytes:
    """The file's content."""
    if isinstance(source, bytes):
        return source
    if isinstance(source, (bytearray, memoryview)):
        return bytes(source)
    if isinstance(source, (str, os.PathLike)):
        return place(source).read_bytes()
    if not hasattr(source, "read"):
        raise ImageError(
            "a photo is a path, encoded bytes, a binary file, a PIL image or a uint8 array, not "
            f"{type(source).__name__}"
        )
    try:
        content = source.read()
    except UnicodeDecodeError:  # of a file that is open as text
        content = ""
    if not isinstance(content, (bytes, bytearray, memoryview)):
        raise ImageError("gives no bytes when it is read; open it in binary mode, as 'rb'")
    return bytes(content)


def _name_of(source: ImageSource) -> str:
    if isinstance(source, (str, os.PathLike)):
        return str(source)
    name = getattr(source, "name", None)  # of an open file
    return name if isinstance(name, str) else "the image"


@contextmanager
def _errors_of(name: str) -> Iterator[None]:
    """Turns what decoders and the system raise into one line about the file."""
    try:
        yield
    except PixelLimitError as error:
        raise PixelLimitError(f"{name}: {error}") from None
    except ImageError as error:
        raise ImageError(f"{name}: {error}") from None
    except ConfigError as error:  # an address that is no place of ours; it names it
        raise ImageError(str(error)) from None
    except FileNotFoundError as error:
        raise ImageError(f"{name}: no such file") from error
    except IsADirectoryError as error:
        raise ImageError(f"{name}: is a folder, not an image") from error
    except MemoryError as error:
        raise ImageError(f"{name}: is too large for this machine's memory") from error
    except OSError as error:
        if error.errno is None:
            raise ImageError(f"{name}: {_damaged(error)}") from error
        raise ImageError(f"{name}: cannot be read ({error.strerror})") from error
    except Exception as error:  # decoders of damaged files raise anything
        raise ImageError(f"{name}: {_damaged(error)}") from error


def _damaged(error: Exception) -> str:
    text = " ".join(str(error).split())[:200]
    return f"is damaged or cannot be decoded ({text or type(error).__name__})"
