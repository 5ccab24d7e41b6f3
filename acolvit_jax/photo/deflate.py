"""The pixels of a TIFF made smaller, its tags left as they are.

Pillow writes tables within tables (EXIF) only into files that are not compressed.
"""

from __future__ import annotations

import io

import imagecodecs
import numpy as np
import tifffile
from PIL import TiffImagePlugin

_STRIP = 2**18  # bytes of pixels that are packed at once
_HORIZONTAL = 2  # predictor: differences from the pixel to the left


def strips(width: int) -> dict[int, int]:
    """Tags that `encode_image` writes so that `deflated` can make use of them."""
    return {
        TiffImagePlugin.ROWSPERSTRIP: max(1, _STRIP // (3 * width)),
        TiffImagePlugin.PREDICTOR: _HORIZONTAL,
    }


def deflated(tiff: bytes) -> bytes:
    """Compresses the pixels of a TIFF without loss.

    Args:
        tiff: of `encode_image` with the tags of `strips`, RGB.

    Returns:
        The same file with its pixels as differences, deflated.
    """
    buffer = io.BytesIO(tiff)
    with tifffile.TiffFile(buffer) as file:
        page = file.pages.first
        start, packed = page.dataoffsets[0], []
        for offset, count in zip(page.dataoffsets, page.databytecounts, strict=True):
            rows = np.frombuffer(tiff, np.uint8, count, offset).reshape(-1, page.imagewidth, 3)
            differences = imagecodecs.delta_encode(rows, axis=1)
            packed.append(imagecodecs.deflate_encode(differences.tobytes()))
        counts = [len(strip) for strip in packed]
        buffer.seek(start)
        buffer.writelines(packed)
        buffer.truncate()
        ends = np.cumsum(counts) + start
        page.tags["Compression"].overwrite(tifffile.COMPRESSION.ADOBE_DEFLATE)
        page.tags["StripOffsets"].overwrite([start, *ends[:-1].tolist()])
        page.tags["StripByteCounts"].overwrite(counts, dtype="I")
        return buffer.getvalue()
