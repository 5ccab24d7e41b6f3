"""Names of files: as people write them, as systems spell them, as bytes."""

from __future__ import annotations

import hashlib
import posixpath
import unicodedata
from pathlib import Path

from acolvit_jax.common.places import absolute, resolved

LONGEST = 255  # bytes of a file's name, on every file system in use


def spelled(name: str) -> str:
    """One spelling of a name: composed characters, `/` between its parts, no `./` before it.

    macOS decomposes characters, Windows writes backslashes; to the eye they are the same name.
    """
    composed = unicodedata.normalize("NFC", name).replace("\\", "/")
    return posixpath.normpath(composed) if composed else composed


def spelled_below(name: str, root: Path) -> str:
    """As `spelled`, and relative to a folder where the name is a path into it."""
    plain = spelled(name)
    for folder in (spelled(str(absolute(root))), spelled(str(resolved(root)))):
        if plain.startswith(f"{folder}/"):
            return plain[len(folder) + 1 :]
    return plain


def name_bytes(name: str) -> bytes:
    """A name as bytes, also one that is no UTF-8; to hash it, or to seed by it."""
    return name.encode("utf-8", "surrogateescape")


def fitting(stem: str, tail: str) -> str:
    """`STEM` + `TAIL`, with the stem cut so that a file system holds the name.

    What is cut has a mark of the whole stem, by which stems that begin alike are told apart.
    """
    room = LONGEST - len(name_bytes(tail))
    whole = name_bytes(stem)
    if len(whole) <= room:
        return stem + tail
    end = f"-{mark(stem)}"
    return whole[: room - len(end)].decode("utf-8", "ignore") + end + tail


def mark(name: str) -> str:
    """Eight letters and digits that tell a name from others, its spelling and case included."""
    return hashlib.sha256(name_bytes(name)).hexdigest()[:8]
