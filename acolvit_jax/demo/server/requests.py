"""JSON bodies of requests: read, checked, and named to the field where they are wrong."""

from __future__ import annotations

import functools
import hashlib
import json
import math
from collections import Counter
from dataclasses import dataclass
from typing import Any, TypeVar

from acolvit_jax.common.errors import HintError
from acolvit_jax.demo.server.problems import RequestError, shown
from acolvit_jax.hints import HINT_SIZE, HINT_SIZES, REACHES, Hint
from acolvit_jax.hints.points import Color
from acolvit_jax.hints.text import color_text, parse_color

MAX_DIGITS = 18  # of a whole number; longer ones are no coordinate
MAX_COLOR = 100  # characters

T = TypeVar("T")


@dataclass(frozen=True)
class Rules:
    """What a model and a server allow in a request.

    Attributes:
        hints: the most on one photo.
        budget: where a request names none; None for a model whose budget is fixed.
        budgets: the smallest and the largest.
    """

    hints: int
    budget: float | None
    budgets: tuple[float, float]


@dataclass(frozen=True)
class ColorizeRequest:
    """What a client asks of a photo.

    Attributes:
        hints: in pixels of the photo.
        budget: keep ratio, None for a model whose budget is fixed.
        exact_hints: give the photo's pixels under hints exactly the colors asked for.
    """

    hints: tuple[Hint, ...]
    budget: float | None
    exact_hints: bool

    def canonical(self) -> bytes:
        """The request as JSON with every field; equal requests give equal bytes."""
        hints = [
            {
                "row": hint.row,
                "column": hint.column,
                "color": color_text(hint),
                "size": hint.size,
                "reach": hint.reach,
            }
            for hint in self.hints
        ]
        fields = {
            "hints": hints,
            "budget": self.budget,
            "exact_hints": self.exact_hints,
        }
        return json.dumps(fields, separators=(",", ":")).encode()


def result_id(canonical: bytes) -> str:
    """The id of a request's result: the same for the same request."""
    return hashlib.sha256(canonical).hexdigest()[:32]


def read_colorize(body: bytes, rules: Rules, size: tuple[int, int]) -> ColorizeRequest:
    """Reads the body of a `colorize` request.

    Args:
        body: JSON.
        rules: what is allowed.
        size: height and width of the photo.

    Returns:
        The request with its defaults filled in.

    Raises:
        RequestError: 400 for no JSON, 422 for other JSON than what is wanted.
    """
    fields = _object(_json(body), "", ("hints",), ("budget", "exact_hints"))
    entries = _of_type(fields["hints"], list, "hints", "a list")
    if len(entries) > rules.hints:
        raise RequestError(
            422, f"{len(entries)} hints are more than the {rules.hints} allowed", "hints"
        )
    hints = tuple(_hint(entry, f"hints[{i}]", size) for i, entry in enumerate(entries))
    exact = _of_type(fields.get("exact_hints", True), bool, "exact_hints", "true or false")
    return ColorizeRequest(hints, _budget(fields, rules), exact)


def read_sample(body: bytes) -> str:
    """Reads `{"sample": NAME}`.

    Args:
        body: JSON.

    Returns:
        The name.

    Raises:
        RequestError: 400 for no JSON, 422 for other JSON than what is wanted.
    """
    fields = _object(_json(body), "", ("sample",), ())
    return _of_type(fields["sample"], str, "sample", "text")


@dataclass(frozen=True)
class _Repeated:
    """Stands for an object that names a key twice."""

    key: str


def _json(body: bytes) -> Any:
    """Reads JSON; numbers that are too long, and repeated keys, are left to the checks by field."""
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError as error:
        raise RequestError(400, f"the body is no JSON: byte {error.start} is not UTF-8") from None
    try:
        return json.loads(text, object_pairs_hook=_object_of, parse_int=_int)
    except RecursionError:
        raise RequestError(422, "the body is nested too deeply") from None
    except ValueError as error:
        raise RequestError(400, f"the body is no JSON: {error}") from None


def _object_of(pairs: list[tuple[str, Any]]) -> dict[str, Any] | _Repeated:
    fields = dict(pairs)
    if len(fields) == len(pairs):
        return fields
    counts = Counter(key for key, _ in pairs)
    return _Repeated(next(key for key, count in counts.items() if count > 1))


def _int(text: str) -> int | float:
    return int(text) if len(text) <= MAX_DIGITS else math.copysign(math.inf, -(text[0] == "-"))


def _object(
    value: Any, path: str, required: tuple[str, ...], optional: tuple[str, ...]
) -> dict[str, Any]:
    """An object with known keys only."""
    prefix = f"{path}." if path else ""
    if isinstance(value, _Repeated):
        key = value.key[:MAX_COLOR]
        raise RequestError(422, f"the key {shown(key)} is there twice", prefix + key)
    if not isinstance(value, dict):
        raise RequestError(422, f"wanted an object, got {_kind(value)}", path or None)
    for key in required:
        if key not in value:
            raise RequestError(422, f"{key} is missing", prefix + key)
    for key in value:
        if key not in required and key not in optional:
            known = ", ".join(required + optional)
            message = f"{shown(key)} is unknown here; the fields are {known}"
            raise RequestError(422, message, prefix + key[:MAX_COLOR])
    return value


def _of_type(value: Any, kind: type[T], path: str, wanted: str) -> T:
    if type(value) is not kind:
        raise RequestError(422, f"wanted {wanted}, got {_kind(value)}", path)
    return value


def _kind(value: Any) -> str:
    """What a value is, as JSON calls it."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str | int | float):
        return shown(value)
    return "a list" if isinstance(value, list) else "an object"


def _hint(entry: Any, path: str, size: tuple[int, int]) -> Hint:
    fields = _object(entry, path, ("row", "column", "color"), ("size", "reach"))
    row = _coordinate(fields["row"], f"{path}.row", size[0])
    column = _coordinate(fields["column"], f"{path}.column", size[1])
    text = _of_type(fields["color"], str, f"{path}.color", "text")
    if len(text) > MAX_COLOR:
        raise RequestError(422, f"the color has more than {MAX_COLOR} characters", f"{path}.color")
    try:
        color = _color(text)
    except HintError as error:
        raise RequestError(422, str(error), f"{path}.color") from None
    return Hint(row, column, color, _size(fields, path), _reach(fields, path))


@functools.lru_cache(4096)
def _color(text: str) -> Color | None:
    """A color; a drag sends the same colors again and again."""
    return Hint(0, 0, parse_color(text)).color


def _size(fields: dict[str, Any], path: str) -> int:
    value = fields.get("size", HINT_SIZE)
    if type(value) is not int or value not in HINT_SIZES:
        allowed = ", ".join(map(str, HINT_SIZES))
        raise RequestError(422, f"wanted one of {allowed}, got {_kind(value)}", f"{path}.size")
    return value


def _reach(fields: dict[str, Any], path: str) -> float | None:
    value = fields.get("reach")
    if value is None:
        return None
    low, high = REACHES
    if type(value) not in (int, float) or not low <= value <= high:
        message = f"wanted a number in {low:g}..{high:g}, got {_kind(value)}"
        raise RequestError(422, message, f"{path}.reach")
    return float(value)


def _coordinate(value: Any, path: str, size: int) -> int:
    number = _of_type(value, int, path, "a whole number")
    if not 0 <= number < size:
        raise RequestError(422, f"{number} is outside the photo: 0..{size - 1}", path)
    return number


def _budget(fields: dict[str, Any], rules: Rules) -> float | None:
    value = fields.get("budget")
    if value is None:
        return rules.budget
    if rules.budget is None:
        raise RequestError(422, "this model's budget is fixed: leave it out", "budget")
    low, high = rules.budgets
    if type(value) not in (int, float) or not low <= value <= high:
        raise RequestError(422, f"wanted a number in {low}..{high:g}, got {_kind(value)}", "budget")
    return float(value)
