"""Text that people write, whatever editor they write it with."""

from __future__ import annotations

import json
import reprlib
from pathlib import Path
from typing import Any


def brief(value: Any) -> str:
    """A value as a message repeats it: cut in its middle where it is long."""
    try:
        return reprlib.repr(value)
    except ValueError:  # Python writes no whole number of more than 4300 digits
        return "a number of thousands of digits"


def read_text(path: Path) -> str:
    """Reads a text file.

    UTF-8, UTF-16 and UTF-32 are told apart, with and without a byte order mark; the locale has no
    say in it.

    Args:
        path: of the file.

    Returns:
        Its text, without a mark.

    Raises:
        OSError: if it cannot be read.
        UnicodeDecodeError: if it is no text of these encodings.
    """
    data = path.read_bytes()
    return data.decode(json.detect_encoding(data))


def read_list(path: Path) -> list[str]:
    """Reads a list of names, one a line.

    Args:
        path: of the text file. Bytes of it that are no UTF-8 stay what they are, for a file's name
            may hold any.

    Returns:
        The lines without the space around them; empty ones are left out.

    Raises:
        OSError: if it cannot be read.
        UnicodeDecodeError: if it is cut off within a character of UTF-16.
    """
    data = path.read_bytes()
    text = data.decode(json.detect_encoding(data), "surrogateescape")
    return [line.strip() for line in text.splitlines() if line.strip()]
