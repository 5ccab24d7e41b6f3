"""Hint sets for evaluation: fixed files of points (docs/reference.md, "Evaluation protocol").

A set lies in `ROOT/SEED/h{hint size}-n{K}/{image stem}.txt`, one `row column` pair a line, in
pixels of the model's image, each the top left corner of a cell.
"""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import numpy as np

from acolvit_jax.common.errors import HintError
from acolvit_jax.common.files import write_text
from acolvit_jax.common.text import read_text

# The lists of K by the project that published them. The points depend on the whole list.
HINT_COUNTS = {
    "acolvit": (1, 5, 10, 20, 50, 100),
    "icolorit": (0, 1, 2, 5, 10, 20, 50, 100, 200),
}
DEFAULT_HINT_LIST = "acolvit"
SEED = 1234


def generate_hint_set(
    names: Iterable[str],
    counts: Sequence[int] = HINT_COUNTS[DEFAULT_HINT_LIST],
    *,
    seed: int = SEED,
    image_size: int = 224,
    hint_size: int = 2,
) -> Iterator[tuple[int, str, list[tuple[int, int]]]]:
    """Draws a hint set as the published ones were drawn.

    Args:
        names: file names of the images; they are sorted here.
        counts: every K of the set, in order.
        seed: of Python's generator, seeded once for the whole set.
        image_size: side of the model's image, in pixels.
        hint_size: side of a cell, in pixels.

    Yields:
        K, file name and K (row, column) pairs in pixels; pairs may repeat.
    """
    rng = random.Random(seed)
    last = image_size // hint_size - 1
    ordered = sorted(names)
    for count in counts:
        for name in ordered:
            pairs = [
                (rng.randint(0, last) * hint_size, rng.randint(0, last) * hint_size)
                for _ in range(count)
            ]
            yield count, name, pairs


def hint_file(root: Path, count: int, name: str, hint_size: int = 2) -> Path:
    """Where the hints of an image lie: `ROOT/h{hint size}-n{K}/{stem}.txt`."""
    return root / f"h{hint_size}-n{count}" / f"{Path(name).stem}.txt"


def write_hint_set(
    root: Path,
    names: Iterable[str],
    counts: Sequence[int] = HINT_COUNTS[DEFAULT_HINT_LIST],
    *,
    seed: int = SEED,
    image_size: int = 224,
    hint_size: int = 2,
) -> Path:
    """Writes a hint set as files, each atomically.

    Args:
        root: folder of hint sets; this one goes to `ROOT/SEED`.
        names: file names of the images, no two with the same stem.
        counts: every K of the set, in order.
        seed: of the set.
        image_size: side of the model's image, in pixels.
        hint_size: side of a cell, in pixels.

    Returns:
        The folder of the set.

    Raises:
        HintError: if two images share a stem, for their files would collide; or if a file exists
            that holds other points or cannot be read, for it may be a published one. Then nothing
            is written.
    """
    names = list(names)
    stems = sorted(Path(name).stem for name in names)
    twice = sorted({a for a, b in itertools.pairwise(stems) if a == b})
    if twice:
        raise HintError(f"{len(twice)} image stems occur twice, {twice[0]!r} first; rename them")
    folder = root / str(seed)
    options = {"seed": seed, "image_size": image_size, "hint_size": hint_size}
    texts = {
        hint_file(folder, count, name, hint_size): "".join(f"{row} {col}\n" for row, col in pairs)
        for count, name, pairs in generate_hint_set(names, counts, **options)
    }
    for path, text in texts.items():
        if path.exists() and _read(path).split() != text.split():
            raise HintError(f"{path} exists and holds other points; choose another folder")
    for path, text in texts.items():
        write_text(path, text)
    return folder


def read_hint_file(
    path: Path, count: int, *, image_size: int = 224, hint_size: int = 2
) -> np.ndarray:
    """Reads the hints of one image.

    Args:
        path: of the file.
        count: K, how many lines it must have; a repeated pair counts.
        image_size: side of the model's image, in pixels.
        hint_size: side of a cell, in pixels.

    Returns:
        int `[at most K, 2]` (row, column) in cells, each cell once, in the file's order.

    Raises:
        HintError: if the file is missing or has not K lines, or a line is no pair of corners inside
            the image.
    """
    pairs = [
        _parse_pair(line, f"{path}, line {number}", image_size, hint_size)
        for number, line in enumerate(_read(path).splitlines(), start=1)
        if line.strip()
    ]
    if len(pairs) != count:
        raise HintError(f"{path} has {len(pairs)} hints; files of its folder have {count}")
    return np.array(list(dict.fromkeys(pairs)), int).reshape(-1, 2)


def _read(path: Path) -> str:
    try:
        return read_text(path)
    except (OSError, UnicodeDecodeError) as error:
        raise HintError(f"cannot read hints from {path}: {error}") from error


def _parse_pair(line: str, place: str, image_size: int, hint_size: int) -> tuple[int, int]:
    """Reads `row column` in pixels; returns the cell."""
    try:
        row, column = (int(word) for word in line.split())
    except ValueError:
        raise HintError(f"{place}: {line.strip()!r} is no 'row column' pair") from None
    for value in (row, column):
        if not 0 <= value < image_size or value % hint_size:
            raise HintError(
                f"{place}: {row} {column} is no corner of a cell; both must be multiples of "
                f"{hint_size} in 0..{image_size - hint_size}"
            )
    return row // hint_size, column // hint_size
