"""The pages of a TIFF: which of them are pictures, and what each says of itself."""

from __future__ import annotations

import functools
import io
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np
import tifffile
from PIL import Image, TiffImagePlugin

from acolvit_jax.common.errors import ImageError
from acolvit_jax.photo import limits, metadata
from acolvit_jax.photo.raster import Raster
from acolvit_jax.photo.tiff_samples import check_page, decoded

_REDUCED, _MASK = 1, 4  # bits of NewSubfileType
_ORIENTATION, _XMP, _PROFILE = 274, 700, 34675
_PREVIEW_SHARE = 1 / 16  # of a photo's pixels; a page of no more is its preview, marked or not


class _File(NamedTuple):
    """An open file: its bytes, its main pages, and how numbers are written in it."""

    data: bytes
    pages: list[Any]
    byteorder: str
    is_bigtiff: bool


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
    with _opened(data) as file:
        pictures = _pictures(file.pages)
        best = max(range(len(pictures)), key=lambda i: _size(pictures[i]))
        raster = _read(file, pictures[best], max_pixels)
    if len(pictures) == 1:
        return raster
    which = f"number {best + 1}, the largest," if best else "the first"
    return replace(raster, notes=(f"of its {len(pictures)} pages {which} is taken", *raster.notes))


@contextmanager
def tiff_pages(data: bytes, max_pixels: int) -> Iterator[Sequence[Callable[[], Raster]]]:
    """Opens a TIFF to read its pages one at a time, previews left out.

    Args:
        data: the file's bytes.
        max_pixels: a larger page is refused before it is decoded.

    Yields:
        For each page what reads it, and raises what `read_tiff` does.
    """
    with _opened(data) as file:
        pictures = _pictures(file.pages)
        least = _PREVIEW_SHARE * max(map(_size, pictures))
        kept = [page for page in pictures if _size(page) > least]
        readers = [functools.partial(_read, file, page, max_pixels) for page in kept]
        left = len(pictures) - len(kept)
        if left:
            note = f"{left} of its {len(pictures)} pages, small previews, are left out"
            readers[0] = functools.partial(readers[0], notes=(note,))
        yield readers


@contextmanager
def _opened(data: bytes) -> Iterator[_File]:
    with tifffile.TiffFile(io.BytesIO(data)) as file:
        yield _File(data, list(file.pages), file.byteorder, file.is_bigtiff)


def _read(file: _File, page: Any, max_pixels: int, notes: tuple[str, ...] = ()) -> Raster:
    """A page in its own colors, with notes before its own."""
    limits.check_size((page.imagewidth, page.imagelength), max_pixels)
    check_page(page)
    raster = decoded(page)
    number = next((i for i, main in enumerate(file.pages) if main is page), None)
    if raster is None:
        if number is None:
            raise ImageError(
                f"its picture is packed as {getattr(page.compression, 'name', page.compression)}, "
                "which cannot be read; save it again, uncompressed or as PNG"
            )
        raster = _by_libtiff(file.data, number)
    first = file.pages[0]
    teller = first if number is None or _is_preview(first, page) else page
    return replace(
        raster,
        profile=_bytes_of(page.tags.get(_PROFILE)) or _bytes_of(first.tags.get(_PROFILE)),
        orientation=_orientation(page, teller),
        metadata=_metadata(file, teller),
        notes=(*notes, *raster.notes),
    )


def _size(page: Any) -> int:
    return int(page.imagelength * page.imagewidth)


def _is_preview(page: Any, photo: Any) -> bool:
    """Whether a page only shows a photo in small, marked so or not."""
    return bool(page.subfiletype & _REDUCED) or _size(page) <= _PREVIEW_SHARE * _size(photo)


def _pictures(pages: Sequence[Any]) -> list[Any]:
    """Pages and sub-files that are not marked as a preview or a mask; all, where all are.

    Raises:
        ImageError: if there are none.
    """
    found = []
    for page in pages:
        found.append(page)
        found += [sub for sub in page.pages or [] if isinstance(sub, tifffile.TiffPage)]
    pictures = [page for page in found if not page.subfiletype & (_REDUCED | _MASK)] or found
    if not any(map(_size, pictures)):
        raise ImageError("holds no picture")
    return pictures


def _by_libtiff(data: bytes, number: int) -> Raster:
    """A main page by Pillow, for what tifffile leaves out: YCbCr without JPEG, fax codes."""
    with TiffImagePlugin.TiffImageFile(io.BytesIO(data)) as image:
        image.seek(number)
        image.load()
        return Raster(np.asarray(image.convert("RGB")), "rgb")


def _orientation(*pages: Any) -> int:
    """The first orientation that a page states."""
    for page in pages:
        value = page.tags.valueof(_ORIENTATION)
        if isinstance(value, int) and 1 <= value <= 8:
            return int(value)
    return 1


def _metadata(file: _File, page: Any) -> metadata.Metadata:
    """EXIF, XMP and resolution of a main page."""
    exif = Image.Exif()
    exif.endian, exif.bigtiff = file.byteorder, file.is_bigtiff
    try:
        exif.load_from_fp(io.BytesIO(file.data), page.offset)
        exif.bigtiff = False  # a block of its own is never one
        dpi = metadata.dpi_of(exif)
        block = metadata.without_pixel_tags(exif)
    except Exception:  # Pillow raises many kinds on odd metadata, and the pixels are fine
        block = dpi = None
    return metadata.Metadata(exif=block, xmp=_bytes_of(page.tags.get(_XMP)), dpi=dpi)


def _bytes_of(tag: Any) -> bytes | None:
    """A tag's value where it is bytes: a tag may hold anything."""
    return tag.value if tag is not None and isinstance(tag.value, bytes) else None
