"""PNG files whose odd ancillary chunks would keep Pillow from their pixels."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from dataclasses import replace
from typing import NamedTuple

import imagecodecs

from acolvit_jax.photo import profiles
from acolvit_jax.photo.raster import Raster
from acolvit_jax.photo.samples import full_range, unit_alpha

SIGNATURE = b"\x89PNG\r\n\x1a\n"
_DEEP = 16  # bits a sample, which stand in byte 24
_TEXT_MAX = 1 << 20  # bytes of one text; more is a program's workflow, not a caption
_TEXTS_MAX = 32 << 20
_PROFILE_MAX = 16 << 20
_PROFILE_USUAL = 1 << 20  # as far as Pillow reads
_TEXTS = (b"tEXt", b"zTXt", b"iTXt")


class Cleaned(NamedTuple):
    """A PNG that Pillow reads.

    Attributes:
        data: the file's bytes without what was taken out.
        profile: the ICC profile, where it had to be taken out.
        gamma: of encoding, where the file states one and does not say that it is sRGB.
        chromaticities: x and y of white, red, green and blue as the file states them.
        notes: what was taken out.
    """

    data: bytes
    profile: bytes | None
    gamma: float | None
    chromaticities: tuple[float, ...] | None
    notes: tuple[str, ...]


def clean(data: bytes) -> Cleaned:
    """Takes out ancillary chunks that are damaged or very long; pixels stay as they are.

    Args:
        data: of a PNG file.

    Returns:
        The file, and what it said where that was taken out.
    """
    kept, notes, profile, texts = [SIGNATURE], [], None, 0
    gamma: float | None = None
    chromaticities, srgb = None, False
    for kind, body, whole in _chunks(data):
        ancillary = bool(kind[:1].islower())
        if ancillary and not _intact(kind, body, whole):
            notes.append(f"its damaged {kind.decode('latin-1')} chunk is left aside")
            continue
        if kind in _TEXTS:
            length = _text_length(kind, body)
            texts += min(length, _TEXT_MAX)
            if length > _TEXT_MAX or texts > _TEXTS_MAX:
                notes.append("a text of more than 1 MiB is left out")
                continue
        if kind == b"iCCP" and (long := _long_profile(body)) is not None:
            profile = long
            continue
        if kind == b"cHRM" and len(body) == 32:
            chromaticities = tuple(value / 1e5 for value in struct.unpack(">8I", body))
        if kind == b"gAMA" and len(body) == 4:
            gamma = int.from_bytes(body, "big") / 1e5
        srgb = srgb or kind == b"sRGB"
        kept.append(whole)
    clean_data = b"".join(kept) if notes or profile is not None else data
    stated = None if srgb else gamma
    return Cleaned(clean_data, profile, stated, chromaticities, tuple(notes))


def completed(cleaned: Cleaned, raster: Raster) -> Raster:
    """What Pillow does not tell of a PNG: all of 16 bits, and the colors that gAMA describes.

    Args:
        cleaned: the file.
        raster: as Pillow has read it.

    Returns:
        The whole picture.
    """
    profile = cleaned.profile or raster.profile
    notes = (*cleaned.notes, *raster.notes)
    if profile is None and cleaned.gamma is not None:
        grey = raster.space == "grey"
        profile = profiles.with_gamma(cleaned.gamma, cleaned.chromaticities, grey=grey)
    raster = replace(raster, profile=profile, notes=notes)
    if cleaned.data[24] != _DEEP:
        return raster
    samples = imagecodecs.png_decode(cleaned.data)
    samples = samples[..., None] if samples.ndim == 2 else samples
    count = samples.shape[-1] - 1 if samples.shape[-1] in (2, 4) else samples.shape[-1]
    colors, alpha = samples[..., :count], samples[..., count:]
    pixels, notes = full_range(colors, 16)
    return replace(
        raster,
        pixels=pixels,
        space="grey" if count == 1 else "rgb",
        alpha=unit_alpha(alpha[..., 0], colors, 16) if alpha.size else None,
        notes=(*cleaned.notes, *notes),
    )


def _chunks(data: bytes) -> Iterator[tuple[bytes, bytes, bytes]]:
    """Kind, content and all bytes of every chunk; what follows the last whole one is one too."""
    place = len(SIGNATURE)
    while place + 12 <= len(data):
        length, kind = struct.unpack_from(">I4s", data, place)
        end = place + 12 + length
        if end > len(data):
            break
        yield kind, data[place + 8 : end - 4], data[place:end]
        place = end
    if place < len(data):
        yield b"REST", b"", data[place:]


def _intact(kind: bytes, body: bytes, whole: bytes) -> bool:
    return zlib.crc32(body, zlib.crc32(kind)) == int.from_bytes(whole[-4:], "big")


def _inflated(body: bytes, most: int) -> bytes | None:
    """At most so many bytes of compressed data; None if it is damaged."""
    try:
        return zlib.decompressobj().decompress(body, most)
    except zlib.error:
        return None


def _text_length(kind: bytes, body: bytes) -> int:
    """Bytes of a text, counted no further than one more than is allowed."""
    _, _, rest = body.partition(b"\0")
    if kind == b"tEXt" or (kind == b"iTXt" and rest[:1] == b"\0"):
        return len(rest)
    if kind == b"iTXt":
        rest = rest[2:].split(b"\0", 2)[-1]
    inflated = _inflated(rest[1:] if kind == b"zTXt" else rest, _TEXT_MAX + 1)
    return len(inflated or b"")


def _long_profile(body: bytes) -> bytes | None:
    """The profile of an iCCP chunk, where it is too long for Pillow."""
    _, _, rest = body.partition(b"\0")
    inflated = _inflated(rest[1:], _PROFILE_MAX)
    return inflated if inflated is not None and len(inflated) >= _PROFILE_USUAL else None
