"""The hints of an evaluation: from files in the published form, or drawn as those were."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from acolvit_jax.common.errors import ConfigError, HintError
from acolvit_jax.common.names import name_bytes
from acolvit_jax.hints.files import (
    DEFAULT_HINT_LIST,
    HINT_COUNTS,
    SEED,
    generate_hint_set,
    hint_file,
    read_hint_file,
)

NO_CELLS = np.zeros((0, 2), int)

HintSet = Mapping[tuple[int, str], np.ndarray]  # (K, image name) -> cells [k, 2]


def drawn_hints(
    names: Sequence[str], counts: Sequence[int], image_size: int, hint_list: str = DEFAULT_HINT_LIST
) -> HintSet:
    """Draws the hints that the published files would hold for these images.

    Args:
        names: file names of all images.
        counts: K to evaluate; each in the list, or 0.
        image_size: side of the model's image, in pixels.
        hint_list: key of `HINT_COUNTS`; the points of a K differ between the lists.

    Returns:
        Cells by K and name.

    Raises:
        ConfigError: if the list does not hold these K.
    """
    if other := sorted(set(counts) - {0, *HINT_COUNTS[hint_list]}):
        lists = "; ".join(f"{name} has {list_}" for name, list_ in HINT_COUNTS.items())
        raise ConfigError(
            f"--hints {','.join(map(str, counts))}: {other} not among the hints that --hint_list "
            f"{hint_list} draws ({lists}); for others make files and give --hint_dir"
        )
    by_stem = {Path(name).name: name for name in names}
    drawn = generate_hint_set(by_stem, HINT_COUNTS[hint_list], seed=SEED, image_size=image_size)
    cells = {
        (count, by_stem[name]): np.array(list(dict.fromkeys(pairs)), int).reshape(-1, 2) // 2
        for count, name, pairs in drawn
        if count in counts
    }
    return cells | ({(0, name): NO_CELLS for name in names} if 0 in counts else {})


def digest(hints: HintSet) -> str:
    """Identifies a hint set by its points."""
    total = hashlib.sha256()
    for (count, name), cells in sorted(hints.items(), key=lambda item: item[0]):
        total.update(name_bytes(f"{count} {name} {cells.tolist()};"))
    return total.hexdigest()[:16]


def read_hint_set(
    folder: Path,
    names: Sequence[str],
    counts: Sequence[int],
    image_size: int,
    *,
    skip_bad: bool = False,
) -> tuple[HintSet, dict[str, str]]:
    """Reads the hint files of all images.

    Args:
        folder: that holds `h2-n{K}/{stem}.txt`.
        names: file names of the images.
        counts: K to evaluate.
        image_size: side of the model's image, in pixels.
        skip_bad: leave out images whose files hold something else, instead of stopping.

    Returns:
        Cells by K and name; and what is wrong with the hints of images to leave out, by name.

    Raises:
        HintError: if files are missing (the first few are named, and the command that makes them),
            or some hold something else and `skip_bad` is off.
    """
    wanted = [(count, name) for count in counts for name in names if count]
    missing = [path for c, n in wanted if not (path := hint_file(folder, c, n)).is_file()]
    if missing:
        first = ", ".join(str(path) for path in missing[:3])
        lists = [name for name, list_ in HINT_COUNTS.items() if set(counts) - {0} <= set(list_)]
        root = folder if folder.name == str(SEED) else folder / str(SEED)
        advice = "no published list holds these K: write the files yourself"
        if lists:
            advice = (
                f"make them with the same --images and --list and --make_hints --hint_list "
                f"{lists[0]} --hint_dir {root}"
            )
        raise HintError(
            f"{len(missing)} of {len(wanted)} hint files are missing, first {first}; {advice}"
        )
    hints, bad = {(0, name): NO_CELLS for name in names if 0 in counts}, {}
    for count, name in wanted:
        try:
            path = hint_file(folder, count, name)
            hints[count, name] = read_hint_file(path, count, image_size=image_size)
        except HintError as error:
            bad[name] = str(error)
    if bad and not skip_bad:
        first = "; ".join(list(bad.values())[:3])
        raise HintError(
            f"the hints of {len(bad)} of {len(names)} images are bad: {first}; --skip_bad leaves "
            "such images out"
        )
    return hints, bad
