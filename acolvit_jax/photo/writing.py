"""Pictures to files: always sRGB, and marked so."""

from __future__ import annotations

import io
import os
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import numpy as np
from PIL import Image, PngImagePlugin, TiffImagePlugin

from acolvit_jax.common.errors import ImageError
from acolvit_jax.common.files import write_bytes
from acolvit_jax.common.places import place
from acolvit_jax.photo import limits
from acolvit_jax.photo.formats import WRITERS
from acolvit_jax.photo.metadata import JPEG_SEGMENT_MAX, JPEG_XMP_MAX, Metadata, of_result
from acolvit_jax.photo.profiles import SRGB
from acolvit_jax.photo.raster import off_white

_XMP_TAG = 700
_TIFF_MAX = 2**32 - 2**20  # bytes, with room for what stands between pages

_SIDE_MAX = {"AVIF": 65_536, "JPEG": 65_500, "WEBP": 16_383}  # pixels that their encoders take

_PNG_LEVEL = 1  # of 9: four times as fast as the usual 6 and a tenth larger


def encode_image(
    rgb: np.ndarray,
    suffix: str,
    *,
    metadata: Metadata | None = None,
    alpha: np.ndarray | None = None,
    quality: int = 95,
    tags: Mapping[int, bytes | int] | None = None,
) -> bytes:
    """Encodes a picture in the format of a file suffix.

    Args:
        rgb: uint8 sRGB `[H, W, 3]`, `[H, W, 4]` with alpha, or `[H, W]` for a grey file.
        suffix: one of `WRITERS`, in any case.
        metadata: of the photo that the picture is made from; what is not true of the result is
            put right, and what the format cannot hold is left out.
        alpha: uint8 `[H, W]` that the picture, which lies over white, has; JPEG stays over white.
        quality: of JPEG, WebP and AVIF, 1 to 100.
        tags: of a TIFF, further ones by number.

    Returns:
        The file's bytes, with the sRGB profile where the picture has colors.

    Raises:
        ImageError: for another suffix, or a picture that the format cannot hold.
    """
    kind = WRITERS.get(suffix.lower())
    if kind is None:
        raise ImageError(f"cannot write {suffix!r} files; use one of {', '.join(sorted(WRITERS))}")
    height, width = rgb.shape[:2]
    most = _SIDE_MAX.get(kind)
    if most is not None and max(height, width) > most:
        raise ImageError(
            f"cannot write {width}x{height} pixels as {kind}, which holds at most {most} a side; "
            "use PNG or TIFF"
        )
    kept = of_result(metadata or Metadata(), (height, width))
    options = _OPTIONS[kind](kept)
    if tags:
        options.setdefault("exif", Image.Exif()).update(tags)
    if alpha is not None and kind != "JPEG":
        rgb = off_white(rgb, alpha)
    options |= {"icc_profile": SRGB} if rgb.ndim == 3 else {}
    if kind in ("JPEG", "WEBP", "AVIF"):
        options["quality"] = quality
    if kind in ("JPEG", "AVIF"):
        options["subsampling"] = "4:4:4"  # color is what this is about
    buffer = io.BytesIO()
    try:
        Image.fromarray(rgb).save(buffer, kind, **options)
    except Exception as error:  # encoders raise anything on what their format cannot hold
        why = " ".join(str(error).split())[:200] or type(error).__name__
        raise ImageError(f"cannot write {width}x{height} pixels as {kind}: {why}") from error
    return buffer.getvalue()


def write_image(
    path: str | os.PathLike[str],
    rgb: np.ndarray,
    *,
    metadata: Metadata | None = None,
    alpha: np.ndarray | None = None,
    quality: int = 95,
) -> None:
    """Writes a picture atomically: what was there stays until the new file is whole.

    Args:
        path: of the file; its suffix chooses the format.
        rgb: uint8 `[H, W, 3]`.
        metadata: as of `encode_image`.
        alpha: likewise.
        quality: of JPEG, WebP and AVIF, 1 to 100.

    Raises:
        ImageError: for an unknown suffix, or a picture that the format cannot hold.
        OSError: if the file cannot be written.
    """
    path = place(path)
    content = encode_image(rgb, path.suffix, metadata=metadata, alpha=alpha, quality=quality)
    write_bytes(path, content)


def join_pages(pages: Iterable[bytes]) -> memoryview:
    """One TIFF of several, a page of each.

    Args:
        pages: encoded TIFFs of one picture each, as of `encode_image`; the metadata of all but the
            first is `without_tables`.

    Returns:
        The file's bytes.

    Raises:
        ImageError: if they are more than a TIFF, or this machine's memory, can hold.
    """
    buffer, most = io.BytesIO(), limits.max_bytes()
    writer = TiffImagePlugin.AppendingTiffWriter(buffer)
    for page in pages:
        if buffer.tell() + len(page) > _TIFF_MAX:
            raise ImageError("its pages are more than the 4 GB that a TIFF holds; split the file")
        if buffer.tell() + len(page) > most:
            raise ImageError(
                f"its pages are more than the {most / 1e9:.3g} GB of memory that one result may "
                "take; split the file"
            )
        writer.write(page)
        writer.newFrame()
    return buffer.getbuffer()


def _given(**options: Any) -> dict[str, Any]:
    return {name: value for name, value in options.items() if value}


def _jpeg(metadata: Metadata) -> dict[str, Any]:
    exif = metadata.exif if len(metadata.exif or b"") <= JPEG_SEGMENT_MAX else None
    xmp = metadata.xmp if len(metadata.xmp or b"") <= JPEG_XMP_MAX else None
    comment = metadata.comment if len(metadata.comment or b"") <= JPEG_SEGMENT_MAX else None
    return _given(exif=exif, xmp=xmp, dpi=metadata.dpi, comment=comment)


def _png(metadata: Metadata) -> dict[str, Any]:
    chunks = PngImagePlugin.PngInfo()
    for keyword, text in metadata.text.items():
        chunks.add_itxt(keyword, text)
    if metadata.comment and "Comment" not in metadata.text:
        chunks.add_itxt("Comment", metadata.comment.decode("utf-8", "replace"))
    if metadata.xmp:
        chunks.add_itxt("XML:com.adobe.xmp", metadata.xmp.decode("utf-8", "replace"))
    kept = _given(exif=metadata.exif, dpi=metadata.dpi, pnginfo=chunks)
    return kept | {"compress_level": _PNG_LEVEL}


def _tiff(metadata: Metadata) -> dict[str, Any]:
    exif = Image.Exif()
    exif.load(metadata.exif or b"")
    if metadata.xmp:
        exif[_XMP_TAG] = metadata.xmp
    return _given(exif=exif if len(exif) else None, dpi=metadata.dpi)


def _webp(metadata: Metadata) -> dict[str, Any]:
    return _given(exif=metadata.exif, xmp=metadata.xmp)


_OPTIONS: dict[str, Callable[[Metadata], dict[str, Any]]] = {
    "AVIF": _webp,
    "JPEG": _jpeg,
    "PNG": _png,
    "TIFF": _tiff,
    "WEBP": _webp,
}
