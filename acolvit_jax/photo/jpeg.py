"""JPEG files: whole ones in color decoded in one go, and those that end too early."""

from __future__ import annotations

import contextlib
import io

import imagecodecs
import numpy as np
from PIL import Image, JpegImagePlugin

_END = b"\xff\xd9"
_FILLINGS = (b"", b"\xa5\x3c" * 64)
MOST_LOST = 0.1  # of the rows


class JpegFile(JpegImagePlugin.JpegImageFile):
    """A JPEG file that opens whatever its EXIF says of its resolution."""

    def _read_dpi_from_exif(self) -> None:
        with contextlib.suppress(Exception):  # Pillow raises many kinds, and the pixels are fine
            super()._read_dpi_from_exif()


def decode_color(image: Image.Image, data: bytes) -> np.ndarray | None:
    """The pixels of what nearly all photos are, in three quarters of Pillow's time.

    The library is the same, libjpeg-turbo, and so are the pixels; Pillow feeds it by small pieces
    and copies what comes out twice.

    Args:
        image: of the file, opened by Pillow and not loaded.
        data: the file's bytes.

    Returns:
        uint8 `[H, W, 3]`, not turned upright; None for other files than whole JPEGs in RGB or
        YCbCr, and for damaged ones: Pillow says what is wrong with them.
    """
    if image.format not in ("JPEG", "MPO") or image.mode != "RGB" or not data.endswith(_END):
        return None
    try:
        return imagecodecs.jpeg8_decode(data)
    except (RuntimeError, ValueError):
        return None


def mend(data: bytes) -> tuple[bytes, int] | None:
    """Ends a file whose last bytes are missing.

    The rows that are lost are those that come out otherwise when other bytes are put in the place
    of the missing ones.

    Args:
        data: of a JPEG file that ends too early.

    Returns:
        The file with an end, and how many of its rows are lost; None if more than `MOST_LOST` of
        them are.
    """
    plain, filled = (_decoded(data + filling + _END) for filling in _FILLINGS)
    lost = np.flatnonzero((plain != filled).reshape(len(plain), -1).any(axis=1))
    count = len(plain) - int(lost[0]) if len(lost) else 0
    return None if count > MOST_LOST * len(plain) else (data + _END, count)


def _decoded(data: bytes) -> np.ndarray:
    with JpegFile(io.BytesIO(data)) as image:
        return np.asarray(image)
