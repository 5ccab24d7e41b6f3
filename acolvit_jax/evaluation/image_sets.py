"""The images of an evaluation."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from pathlib import Path

from acolvit_jax.config import DataConfig
from acolvit_jax.data.records import ImageSource, Record
from acolvit_jax.data.sources import folder_source, make_source
from acolvit_jax.data.tfds import TFDS_SETS
from acolvit_jax.errors import ConfigError, DataError

SAMPLE = "sample"
TFDS_PREFIX = "tfds:"


class _Part:
    """Some of a source's images."""

    def __init__(self, source: ImageSource, indices: Sequence[int]) -> None:
        self.description = source.description
        self._source = source
        self._indices = indices

    def __len__(self) -> int:
        return len(self._indices)

    def __getitem__(self, index: int) -> Record:
        return self._source[self._indices[index]]

    def name_of(self, index: int) -> str:
        return self._source.name_of(self._indices[index])


def open_images(images: str, list_file: str = "", max_images: int = 0) -> ImageSource:
    """Opens the images of an evaluation.

    Args:
        images: a folder, `sample` (validation photographs in the package), or `tfds:NAME`.
        list_file: text file of the images to take from a folder.
        max_images: take at most so many, spread evenly; 0 takes all.

    Returns:
        Their source, in order.

    Raises:
        DataError: if they are missing.
        ConfigError: for an unknown data set.
    """
    source = _whole(images, list_file)
    if not max_images or max_images >= len(source):
        return source
    return _Part(source, [i * len(source) // max_images for i in range(max_images)])


def _whole(images: str, list_file: str) -> ImageSource:
    if images == SAMPLE:
        return make_source(DataConfig(), "validation")
    if images.lower().startswith(TFDS_PREFIX):
        name = images[len(TFDS_PREFIX) :]
        known = {spec.name.split("/")[0]: key for key, spec in TFDS_SETS.items()}
        dataset = known.get(name, name)
        if dataset not in TFDS_SETS:
            names = ", ".join(sorted({*known, *TFDS_SETS}))
            raise ConfigError(f"data set {name!r} is unknown; use one of {names}")
        return make_source(DataConfig(dataset=dataset), "validation")
    return folder_source(Path(images), list_file)


def image_names(source: ImageSource) -> list[str]:
    """File names of all images by index, each once.

    Raises:
        DataError: if two images share a stem: they would share their hints.
    """
    names = [source.name_of(i) for i in range(len(source))]
    stems = sorted(Path(name).stem for name in names)
    twice = sorted({a for a, b in itertools.pairwise(stems) if a == b})
    if twice:
        raise DataError(f"{len(twice)} image names occur twice, {twice[0]!r} first; rename them")
    return names
