"""What a photograph's file says beside its pixels: EXIF to keep, the profile of its colours."""

from __future__ import annotations

import io
import re

import numpy as np
from PIL import Image, ImageCms

# EXIF tags that say how a file's pixels lie, which the new file says for itself: size, orientation,
# compression, strips and tiles of TIFF, colour profile (a CMYK one would be wrong, and too long).
_PIXEL_TAGS = {*range(254, 260), 262, 266, 273, 274, *range(277, 280), 284, 317, 320}
_PIXEL_TAGS |= {*range(322, 326), 338, 339, 347, *range(530, 533), 34675}
# What editors keep in a TIFF beside EXIF, megabytes of it: XMP, IPTC, layers of Photoshop.
_EDITOR_TAGS = {700, 33723, 34377, 37724}
# How profiles that are sRGB call themselves; "Linear sRGB" and others are not.
_SRGB_NAME = re.compile(r"srgb( built-in| iec61966.*)?", re.IGNORECASE)
_SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB"))


def kept_exif(image: Image.Image) -> bytes | None:
    """The EXIF block of an open file without what described its pixels; None if there is none."""
    try:
        exif = image.getexif()
        for tag in (_PIXEL_TAGS | _EDITOR_TAGS) & set(exif):
            del exif[tag]
        return exif.tobytes() if len(exif) else None
    except Exception:  # Pillow raises many kinds on odd metadata, and the pixels are fine
        return None


def to_srgb(rgb: np.ndarray, icc: bytes | None) -> tuple[np.ndarray, bytes | None]:
    """Converts colours of another profile to sRGB; one that cannot be read changes nothing.

    Args:
        rgb: uint8 `[H, W, 3]` in the profile's colours.
        icc: the profile, None for sRGB.

    Returns:
        uint8 `[H, W, 3]` sRGB, and the profile to write back: None after a conversion.
    """
    if icc is None:
        return rgb, None
    try:
        profile = ImageCms.ImageCmsProfile(io.BytesIO(icc))
        if _SRGB_NAME.fullmatch(ImageCms.getProfileDescription(profile).strip()):
            return rgb, icc
        image = ImageCms.profileToProfile(Image.fromarray(rgb), profile, _SRGB)
    except (ImageCms.PyCMSError, OSError):
        return rgb, icc
    return np.asarray(image), None
