"""The formats of photographs: what is read, told by a file's first bytes, and what is written.

This is an allow-list: Pillow can open far more, some of it (EPS) by starting other programs.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from importlib.util import find_spec

from PIL import (
    AvifImagePlugin,
    BmpImagePlugin,
    GifImagePlugin,
    Jpeg2KImagePlugin,
    PngImagePlugin,
    PpmImagePlugin,
    WebPImagePlugin,
)
from PIL.ImageFile import ImageFile

from acolvit_jax.common.errors import ImageError
from acolvit_jax.photo.jpeg import JpegFile

Opener = Callable[[io.BytesIO], ImageFile]

IMAGE_SUFFIXES = (
    *(".avif", ".bmp", ".dib", ".dng", ".gif", ".heic", ".heif", ".hif", ".j2k", ".jfif", ".jp2"),
    *(".jpe", ".jpeg", ".jpg", ".jpx", ".pbm", ".pgm", ".png", ".pnm", ".ppm", ".tif", ".tiff"),
    ".webp",
)
WRITERS = {
    ".avif": "AVIF",
    ".jfif": "JPEG",
    ".jpe": "JPEG",
    ".jpeg": "JPEG",
    ".jpg": "JPEG",
    ".png": "PNG",
    ".tif": "TIFF",
    ".tiff": "TIFF",
    ".webp": "WEBP",
}
_TIFF_STARTS = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")
_HEIF_BRANDS = (b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1")
_STARTS: tuple[tuple[bytes, Opener], ...] = (
    (b"\xff\xd8\xff", JpegFile),
    (b"\x89PNG\r\n\x1a\n", PngImagePlugin.PngImageFile),
    (b"GIF8", GifImagePlugin.GifImageFile),
    (b"BM", BmpImagePlugin.BmpImageFile),
    (b"\xff\x4f\xff\x51", Jpeg2KImagePlugin.Jpeg2KImageFile),
    (b"\0\0\0\x0cjP  \r\n\x87\n", Jpeg2KImagePlugin.Jpeg2KImageFile),
    *((b"P%d" % kind, PpmImagePlugin.PpmImageFile) for kind in range(1, 7)),
)


def is_tiff(data: bytes) -> bool:
    """Whether bytes begin as a TIFF, or a camera's raw file built like one."""
    return data.startswith(_TIFF_STARTS)


def opener(data: bytes) -> Opener | None:
    """What opens an encoded image that is no TIFF.

    Pillow's own classes are called, not `Image.open`: its guard against large pictures belongs to
    the process that uses this package, and ours stands in `limits`.

    Args:
        data: the file's bytes.

    Returns:
        A function of a stream; None for what is no image of a known format.

    Raises:
        ImageError: for a HEIC photo where its reader is not installed.
    """
    for start, open_ in _STARTS:
        if data.startswith(start):
            return open_
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return WebPImagePlugin.WebPImageFile
    if data[4:8] != b"ftyp":
        return None
    size = int.from_bytes(data[:4], "big")
    brands = {data[at : at + 4] for at in (8, *range(16, min(size, 64), 4))}
    if brands & {b"avif", b"avis"}:
        return AvifImagePlugin.AvifImageFile
    return _heif() if brands.intersection(_HEIF_BRANDS) else None


def _heif() -> Opener:
    if find_spec("pillow_heif") is None:
        raise ImageError("is a HEIC photo: pip install 'acolvit_jax[heic]' reads those")
    from pillow_heif import HeifImageFile

    return HeifImageFile
