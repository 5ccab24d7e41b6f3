"""JSON bodies of requests: read, checked, and named to the field where they are wrong."""

from __future__ import annotations

import hashlib
import json
import math
from collections import Counter
from dataclasses import dataclass
from typing import Any, TypeVar

from acolvit_jax.common.errors import ConfigError, HintError
from acolvit_jax.config import ModelConfig
from acolvit_jax.config.budgets import checked_budget
from acolvit_jax.demo.server.problems import RequestError, shown
from acolvit_jax.hints import Hint
from acolvit_jax.hints.text import KEEP, color_text, hint_of

MAX_DIGITS = 18  # of a whole number; longer ones are no coordinate
MAX_KEY = 100  # characters of a client's key that an answer repeats

T = TypeVar("T")


@dataclass(frozen=True)
class Rules:
    """What a model and a server allow in a request.

    Attributes:
        hints: the most on one photo.
        budget: where a request names none; None for a model whose budget is fixed.
        model: the architecture, which knows its smallest budget.
    """

    hints: int
    budget: float | None
    model: ModelConfig


@dataclass(frozen=True)
class ColorizeRequest:
    """What a client asks of a photo.

    Attributes:
        hints: in pixels of the photo.
        budget: keep ratio, None for a model whose budget is fixed.
        exact_hints: give the photo's pixels under hints the colors asked for, as `Colorizer` does.
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
                "reach": None if hint.reach is None else float(hint.reach),
            }
            for hint in self.hints
        ]
        fields = {
            "hints": hints,
            "budget": self.budget,
            "exact_hints": self.exact_hints,
        }
        return json.dumps(fields, separators=(",", ":")).encode()


@dataclass(frozen=True)
class SuggestRequest:
    """What a client asks about a place of a photo.

    Attributes:
        place: names the place; it has no color.
        hints: the others on the photo.
        budget: keep ratio, None for a model whose budget is fixed.
    """

    place: Hint
    hints: tuple[Hint, ...]
    budget: float | None


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
    fields = _object(_json(body), ("hints",), ("budget", "exact_hints"))
    hints = _hints(fields["hints"], rules, size)
    exact = _of_type(fields.get("exact_hints", True), bool, "exact_hints", "true or false")
    return ColorizeRequest(hints, _budget(fields, rules), exact)


def read_suggest(body: bytes, rules: Rules, size: tuple[int, int]) -> SuggestRequest:
    """Reads the body of a `suggestions` request.

    Args:
        body: JSON.
        rules: what is allowed.
        size: height and width of the photo.

    Returns:
        The request with its defaults filled in.

    Raises:
        RequestError: 400 for no JSON, 422 for other JSON than what is wanted.
    """
    fields = _object(_json(body), ("row", "column"), ("hints", "budget"))
    named = {name: fields[name] for name in ("row", "column")}
    place = _hint(named | {"color": KEEP}, "", size)
    return SuggestRequest(
        place, _hints(fields.get("hints", []), rules, size), _budget(fields, rules)
    )


def read_sample(body: bytes) -> str:
    """Reads `{"sample": NAME}`.

    Args:
        body: JSON.

    Returns:
        The name.

    Raises:
        RequestError: 400 for no JSON, 422 for other JSON than what is wanted.
    """
    fields = _object(_json(body), ("sample",))
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
    value: Any, required: tuple[str, ...], optional: tuple[str, ...] = ()
) -> dict[str, Any]:
    """An object with known keys only."""
    fields = _mapping(value, "")
    for key in required:
        if key not in fields:
            raise RequestError(422, f"{key} is missing", key)
    for key in fields:
        if key not in required and key not in optional:
            known = ", ".join(required + optional)
            message = f"{shown(key)} is unknown here; the fields are {known}"
            raise RequestError(422, message, key[:MAX_KEY])
    return fields


def _mapping(value: Any, path: str) -> dict[str, Any]:
    """An object that names no key twice."""
    if isinstance(value, _Repeated):
        key = value.key[:MAX_KEY]
        message = f"the key {shown(key)} is there twice"
        raise RequestError(422, message, f"{path}.{key}" if path else key)
    if not isinstance(value, dict):
        raise RequestError(422, f"wanted an object, got {_kind(value)}", path or None)
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


def _hints(value: Any, rules: Rules, size: tuple[int, int]) -> tuple[Hint, ...]:
    entries = _of_type(value, list, "hints", "a list")
    if len(entries) > rules.hints:
        raise RequestError(
            422, f"{len(entries)} hints are more than the {rules.hints} allowed", "hints"
        )
    return tuple(_hint(entry, f"hints[{i}]", size) for i, entry in enumerate(entries))


def _hint(entry: Any, path: str, size: tuple[int, int]) -> Hint:
    try:
        hint = hint_of(_mapping(entry, path))
        hint.check_inside(size)
    except HintError as error:
        names = [name for name in (path, (error.field or "")[:MAX_KEY]) if name]
        raise RequestError(422, str(error), ".".join(names)) from None
    return hint


def _budget(fields: dict[str, Any], rules: Rules) -> float | None:
    value = fields.get("budget")
    if value is None:
        return rules.budget
    if type(value) not in (int, float):
        raise RequestError(422, f"wanted a number, got {_kind(value)}", "budget")
    try:
        return checked_budget(rules.model, value)
    except ConfigError as error:
        raise RequestError(422, str(error), "budget") from None
