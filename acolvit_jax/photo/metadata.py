"""What a photograph's file says beside its pixels, and what of it is true of the result too."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from PIL import Image
from PIL.ExifTags import IFD, Base

JPEG_SEGMENT_MAX = 65_533  # bytes that one segment of a JPEG holds
JPEG_XMP_MAX = 65_502  # likewise, of an XMP packet

# EXIF tags that say how a file's pixels lie, which the new file says for itself: size, orientation,
# compression, strips and tiles of TIFF, further pictures, color profile.
_PIXEL_TAGS = {*range(254, 260), 262, 266, 273, 274, *range(277, 282), 284, 317, 320}
_PIXEL_TAGS |= {*range(322, 326), 330, *range(338, 342), 347, *range(530, 533), 34675}
# What editors keep in a TIFF beside EXIF, megabytes of it: XMP (kept by itself), IPTC, layers of
# Photoshop.
_EDITOR_TAGS = {700, 33723, 34377, 37724}
_TABLES = {int(IFD.Exif), int(IFD.GPSInfo), int(IFD.Interop)}
_INCH, _UNITS = 2, {2: 1.0, 3: 2.54}  # of EXIF's resolution: inches, centimeters
_MOST_DPI = 65_535  # what a JPEG holds
_SRGB, _SRGB_RULES = 1, "R98"  # EXIF's ColorSpace and interoperability index of an sRGB file
_INTEROP_INDEX = 1
_ADOBE_RGB, _ADOBE_RULES = 2, "R03"
_XMP_TRUE = (  # of an upright sRGB picture
    (rb'(tiff:Orientation\s*=\s*["\'])\d', rb"\g<1>1"),
    (rb"(<tiff:Orientation>)\d", rb"\g<1>1"),
    (rb'(exif:ColorSpace\s*=\s*["\'])\d+', rb"\g<1>1"),
    (rb"(<exif:ColorSpace>)\d+", rb"\g<1>1"),
    (rb'(photoshop:ICCProfile\s*=\s*["\'])[^"\']*', rb"\g<1>sRGB IEC61966-2.1"),
    (rb"(<photoshop:ICCProfile>)[^<]*", rb"\g<1>sRGB IEC61966-2.1"),
    # What it refers to does not go along.
    (rb'\sxmpNote:HasExtendedXMP\s*=\s*("[^"]*"|\'[^\']*\')', b""),
    (rb"<xmpNote:HasExtendedXMP>[^<]*</xmpNote:HasExtendedXMP>", b""),
)
_EXTENDED_XMP = b"http://ns.adobe.com/xmp/extension/\0"  # of a JPEG's segment


@dataclass(frozen=True)
class Metadata:
    """What a file says beside its pixels, as it says it.

    Attributes:
        exif: EXIF block.
        xmp: XMP packet.
        dpi: pixels an inch, across and down.
        text: of PNG, by keyword.
        comment: of JPEG or GIF.
    """

    exif: bytes | None = None
    xmp: bytes | None = None
    dpi: tuple[float, float] | None = None
    text: Mapping[str, str] = field(default_factory=dict)
    comment: bytes | None = None

    @property
    def nbytes(self) -> int:
        """Memory that it takes."""
        texts = sum(len(key) + len(value) for key, value in self.text.items())
        return len(self.exif or b"") + len(self.xmp or b"") + len(self.comment or b"") + texts


def of_image(image: Image.Image) -> Metadata:
    """The metadata of a file that Pillow has opened and loaded."""
    info = image.info
    text = {
        key: str(value)
        for key, value in getattr(image, "text", {}).items()
        if key not in ("XML:com.adobe.xmp", "Raw profile type exif")
    }
    xmp = info.get("xmp") or info.get("XML:com.adobe.xmp")
    comment = info.get("comment")
    return Metadata(
        exif=exif_of(image),
        xmp=xmp.encode() if isinstance(xmp, str) else xmp,
        dpi=_dpi(info.get("dpi")),
        text=text,
        comment=comment if isinstance(comment, bytes) else None,
    )


def dpi_of(exif: Image.Exif) -> tuple[float, float] | None:
    """Pixels an inch as an EXIF block states them; None where it gives only the pixels' shape."""
    scale = _UNITS.get(exif.get(Base.ResolutionUnit, _INCH), 0)
    given = exif.get(Base.XResolution), exif.get(Base.YResolution)
    return _dpi(given, scale)


def _dpi(value: Any, scale: float = 1) -> tuple[float, float] | None:
    """A resolution that formats can hold; None for others, which are damaged."""
    try:
        across, down = (scale * float(number) for number in value)
    except (TypeError, ValueError, ArithmeticError):
        return None
    fits = 0 < across <= _MOST_DPI and 0 < down <= _MOST_DPI
    return (across, down) if fits else None


def orientation_of(exif: Image.Exif) -> int:
    """EXIF's orientation, 1 where it says none that can be read."""
    value = exif.get(Base.Orientation, 1)
    return value if isinstance(value, int) and 1 <= value <= 8 else 1


def says_adobe_rgb(exif: Image.Exif) -> bool:
    """Whether a camera names Adobe RGB, as it does where it embeds no profile."""
    ifd = exif.get_ifd(IFD.Exif)
    rules = exif.get_ifd(IFD.Interop).get(_INTEROP_INDEX)
    return ifd.get(Base.ColorSpace) == _ADOBE_RGB or rules == _ADOBE_RULES


def has_extended_xmp(image: Image.Image) -> bool:
    """Whether an open JPEG has XMP beyond its packet, of depth or an editor's history, say."""
    segments = getattr(image, "applist", ())
    return any(content.startswith(_EXTENDED_XMP) for _, content in segments)


def exif_of(image: Image.Image) -> bytes | None:
    """The EXIF block of an open file without what described its pixels; None if there is none."""
    try:
        return without_pixel_tags(image.getexif())
    except Exception:  # Pillow raises many kinds on odd metadata, and the pixels are fine
        return None


def without_pixel_tags(exif: Image.Exif) -> bytes | None:
    """An EXIF block without what describes the file's pixels; None if nothing is left.

    Made anew: what Pillow gives is the open image's own, and stays as it is.
    """
    own = Image.Exif()
    own.endian = exif.endian
    for tag in set(exif) - _PIXEL_TAGS - _EDITOR_TAGS - _TABLES:
        own[tag] = exif[tag]
    for tag in (IFD.Exif, IFD.GPSInfo):
        if table := dict(exif.get_ifd(tag)):
            own[tag] = table
    details = own.get(IFD.Exif, {})
    if isinstance(details.get(IFD.Interop), int):  # where the table of it stands
        details[IFD.Interop] = exif.get_ifd(IFD.Interop)
    return own.tobytes() if len(own) else None


def without_tables(metadata: Metadata) -> Metadata:
    """The metadata without those parts of EXIF that are tables of their own: camera, place.

    Pages after the first have none: who appends a page to a TIFF moves what its main table points
    at, and not what stands further down.

    Returns:
        The same object where there are no such parts.
    """
    exif = Image.Exif()
    try:
        exif.load(metadata.exif or b"")
        tables = _TABLES & set(exif)
        for tag in tables:
            del exif[tag]
        block = exif.tobytes() if len(exif) else None
    except Exception:  # Pillow raises many kinds on odd metadata
        return replace(metadata, exif=None)
    return replace(metadata, exif=block) if tables else metadata


def of_result(metadata: Metadata, size: tuple[int, int]) -> Metadata:
    """What is true of the photo in color: upright, sRGB, of its own sides.

    Args:
        metadata: of the photo.
        size: height and width of the result.

    Returns:
        The metadata to write.
    """
    xmp = metadata.xmp and _true_xmp(metadata.xmp)
    exif = metadata.exif and _true_exif(metadata.exif, size)
    return Metadata(exif, xmp, metadata.dpi, metadata.text, metadata.comment)


def _true_xmp(packet: bytes) -> bytes:
    for pattern, value in _XMP_TRUE:
        packet = re.sub(pattern, value, packet)
    return packet


def _true_exif(block: bytes, size: tuple[int, int]) -> bytes | None:
    exif = Image.Exif()
    try:
        exif.load(block)
        if IFD.Exif not in exif:
            return block
        details, rules = exif.get_ifd(IFD.Exif), dict(exif.get_ifd(IFD.Interop))
        stated = {
            Base.ColorSpace: _SRGB,
            Base.ExifImageWidth: size[1],
            Base.ExifImageHeight: size[0],
        }
        for tag, value in stated.items():
            if tag in details:
                details[tag] = value
        if _INTEROP_INDEX in rules:
            details[IFD.Interop] = rules | {_INTEROP_INDEX: _SRGB_RULES}
        return exif.tobytes()
    except Exception:  # Pillow raises many kinds on odd metadata
        return None
