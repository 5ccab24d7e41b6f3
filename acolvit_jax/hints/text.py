"""Hints as people and programs write them: on a command line, in JSON files and requests."""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PIL import ImageColor

from acolvit_jax.common.errors import HintError
from acolvit_jax.common.json_lines import parse
from acolvit_jax.common.text import brief, read_text
from acolvit_jax.hints import Hint
from acolvit_jax.hints.points import Color
from acolvit_jax.hints.saved import HintedPhoto, hinted_photo

_FORM = (
    "ROW,COL:COLOR, for example 40,120:#c03020, 40,120:teal, 40,120:lab:20,-35 or 40,120:keep; "
    "then :size=4 and :reach=48 where wanted"
)
KEEP = "keep"  # in place of a color: leave it as the automatic result has it
_NEEDED = ("row", "column", "color")
_OPTIONS = ("size", "reach")
_MOST = 100  # characters of a color; of a hint that a message repeats


def parse_hint(text: str) -> Hint:
    """Reads `ROW,COL:COLOR[:size=SIZE][:reach=REACH]`.

    Args:
        text: row and column in pixels of the photo; the color as `parse_color` reads it.

    Returns:
        The hint.

    Raises:
        HintError: if the text has another form.
    """
    match = re.fullmatch(r"\s*(-?\d{1,9})\s*,\s*(-?\d{1,9})\s*:(.+?)((?::\s*\w+\s*=[^:]*)*)", text)
    given = repr(text) if len(text) <= _MOST else brief(text)
    if not match:
        raise HintError(f"hint {given} is not of the form {_FORM}")
    fields: dict[str, Any] = {}
    for option in match[4].split(":")[1:]:
        name, value = (part.strip() for part in option.split("="))
        if name not in _OPTIONS or name in fields:
            raise HintError(f"hint {given} is not of the form {_FORM}")
        fields[name] = _number(name, value)
    return Hint(int(match[1]), int(match[2]), parse_color(match[3]), **fields)


def _number(name: str, text: str) -> int | float:
    try:
        return int(text) if name == "size" else float(text)
    except ValueError:
        raise HintError(f"a hint's {name} {brief(text)} is no number") from None


def parse_color(text: str) -> Color | None:
    """Reads a color.

    Args:
        text: `#rrggbb`, a CSS name, or `lab:A,B` with a* and b*, or `keep`.

    Returns:
        An sRGB triple, or an (a*, b*) pair; None for `keep`.

    Raises:
        HintError: for anything else.
    """
    if len(text) > _MOST:
        raise HintError(f"color {brief(text)} has more than {_MOST} characters", "color")
    return _color_of(text.strip())


@functools.lru_cache(4096)  # a drag sends the same colors again and again
def _color_of(name: str) -> Color | None:
    if name.lower() == KEEP:
        return None
    if name.lower().startswith("lab:"):
        try:
            a, b = (float(part) for part in name[4:].split(","))
        except ValueError:
            raise HintError(f"color {name!r} is not of the form lab:A,B", "color") from None
        return a, b
    try:
        red, green, blue = ImageColor.getcolor(name, "RGB")[:3]  # type: ignore[index]
    except ValueError:
        raise HintError(
            f"color {name!r} is unknown; use #rrggbb, a CSS name such as teal, lab:A,B, or keep",
            "color",
        ) from None
    return red, green, blue


@dataclass(frozen=True)
class HintList:
    """Hints of one photo.

    Attributes:
        hints: in pixels of the photo.
        photo: that they were made on, where the file says so.
    """

    hints: list[Hint]
    photo: HintedPhoto | None = None


def read_hints(path: Path) -> HintList | dict[str, list[Hint]]:
    """Reads a JSON file of hints.

    The file holds a list of hints (`hint_of`) for one photo, an object that gives such a list by
    file name, or what the demo's page saves: an object with the list as `hints`, and the `photo`
    that they are of.

    Args:
        path: of the file.

    Returns:
        Hints of one photo, or by file name.

    Raises:
        HintError: if the file cannot be read; the message names the entry at fault.
    """
    try:
        content = parse(read_text(path))
    except (OSError, ValueError) as error:
        raise HintError(f"cannot read hints from {path}: {error}") from error
    if isinstance(content, dict) and isinstance(content.get("photo"), dict):
        hints = _hints_of(content.get("hints"), str(path))
        return HintList(hints, hinted_photo(content["photo"]))
    if isinstance(content, dict):
        return {name: _hints_of(entries, f"{path}, {name}") for name, entries in content.items()}
    return HintList(_hints_of(content, str(path)))


def _hints_of(entries: Any, place: str) -> list[Hint]:
    if not isinstance(entries, list):
        raise HintError(f"{place}: hints are a list, not {type(entries).__name__}")
    hints = []
    for number, entry in enumerate(entries, start=1):
        try:
            hints.append(hint_of(entry))
        except HintError as error:
            raise HintError(f"{place}, hint {number}: {error}", error.field) from None
    return hints


def hint_of(entry: Any) -> Hint:
    """Reads one hint of a JSON file or of a request's body.

    Args:
        entry: as JSON is read: `{"row": 40, "column": 120, "color": "#c03020"}`, the color as
            `parse_color` reads it; `size` and `reach` may stand beside them.

    Returns:
        The hint.

    Raises:
        HintError: for anything else; it names the field.
    """
    if not isinstance(entry, dict):
        raise HintError(f"wanted an object with {', '.join(_NEEDED)}, got {brief(entry)}")
    for name in _NEEDED:
        if name not in entry:
            raise HintError(f"{name} is missing", name)
    for name in entry:
        if name not in _NEEDED + _OPTIONS:
            known = ", ".join(_NEEDED + _OPTIONS)
            raise HintError(f"{brief(name)} is unknown here; the fields are {known}", name)
    row, column, text = (entry[name] for name in _NEEDED)
    if not isinstance(text, str):
        raise HintError(f"color {brief(text)} is no text", "color")
    return Hint(row, column, parse_color(text), **{n: entry[n] for n in _OPTIONS if n in entry})


def color_text(hint: Hint) -> str:
    """The hint's color as `parse_color` reads it: `#rrggbb`, `lab:A,B` or `keep`."""
    if hint.color is None:
        return KEEP
    if len(hint.color) == 2:
        a, b = hint.color
        return f"lab:{a!r},{b!r}"
    return "#" + bytes(hint.color).hex()
