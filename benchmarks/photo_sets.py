"""The photos that a benchmark looks at."""

from __future__ import annotations

from pathlib import Path

from acolvit_jax.data.records import evenly
from acolvit_jax.data.sources import sample_photos
from acolvit_jax.photo import images


def some_photos(folder: Path | None, most: int) -> list[Path]:
    """So many photos at most, spread evenly over a folder, None for those of the package.

    Raises:
        SystemExit: if there are none.
    """
    paths = images.list_images(folder) if folder else sample_photos()
    if not paths or most < 1:
        raise SystemExit(f"{most} of the {len(paths)} photos in {folder}: at least one is needed")
    return [paths[i] for i in evenly(len(paths), most)]
