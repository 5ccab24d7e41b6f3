"""The photos in the package, as a gallery."""

from __future__ import annotations

import functools
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

from acolvit_jax.data.sources import sample_photos

SOURCES = "sources.json"


@dataclass(frozen=True)
class Sample:
    """A photo of the gallery.

    Attributes:
        name: in addresses.
        title: for people.
        path: of the file.
        width: in pixels.
        height: in pixels.
    """

    name: str
    title: str
    path: Path
    width: int
    height: int


@functools.cache
def samples() -> Mapping[str, Sample]:
    """The gallery by name, in order; clients' names are looked up here and nowhere else."""
    paths = sample_photos()
    stated = json.loads((paths[0].parent / SOURCES).read_text(encoding="utf-8"))
    titles = {source["file"]: source["title"] for source in stated}
    return {path.stem: _sample(path, titles[path.name]) for path in paths}


def _sample(path: Path, title: str) -> Sample:
    with Image.open(path) as image:
        return Sample(path.stem, title, path, image.width, image.height)
