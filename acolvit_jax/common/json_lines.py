"""JSON that other programs, a kill or a bad disk may have written: what is whole in it."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from acolvit_jax.common.files import free_path, write_bytes

T = TypeVar("T")

log = logging.getLogger(__name__)


def parse(text: str) -> Any:
    """Reads JSON of any kind.

    Raises:
        ValueError: for what is none, is nested beyond measure, or has thousands of digits.
    """
    try:
        return json.loads(text)
    except RecursionError as error:
        raise ValueError("it is nested too deeply") from error
    except json.JSONDecodeError:
        raise
    except ValueError as error:  # of Python's limit of digits
        raise ValueError("it holds a number of thousands of digits") from error


def parse_object(data: bytes) -> dict[str, Any]:
    """Reads a JSON object.

    Args:
        data: its text in UTF-8.

    Returns:
        The object.

    Raises:
        ValueError: for anything else: other bytes, no JSON, no object, nesting beyond measure.
    """
    value = parse(data.decode())
    if not isinstance(value, dict):
        raise ValueError(f"it holds no object, but {type(value).__name__}")
    return value


def read_lines(path: Path, make: Callable[[dict[str, Any]], T]) -> tuple[list[T], list[bytes]]:
    """Reads a file of JSON objects, a line each.

    Args:
        path: of the file; one that is not there has no lines.
        make: makes an entry of an object; raises ValueError for one that holds something else.

    Returns:
        The entries, and the lines that are none. A last line without its end is not among them:
        it was cut short by a kill.

    Raises:
        OSError: if the file cannot be read.
    """
    lines = path.read_bytes().split(b"\n") if path.exists() else []
    entries, damaged = [], []
    for line in lines[:-1]:
        try:
            entries.append(make(parse_object(line)))
        except ValueError:
            damaged.append(line)
    for line in filter(None, lines[-1:]):  # whole, but for the newline, or cut short
        try:
            entries.append(make(parse_object(line)))
        except ValueError:
            continue
    return entries, damaged


def keep_damaged(path: Path, damaged: list[bytes]) -> None:
    """Writes the damaged lines of a file to one beside it, and says so in a warning."""
    if not damaged:
        return
    aside = free_path(path.with_name(f"damaged-{path.name}"))
    write_bytes(aside, b"\n".join(damaged) + b"\n")
    log.warning("%d damaged lines of %s are set aside in %s", len(damaged), path, aside.name)
