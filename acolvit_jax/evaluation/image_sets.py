"""The images of an evaluation."""

from __future__ import annotations

import hashlib
import itertools
from pathlib import Path

from acolvit_jax.common.errors import DataError, ImageError
from acolvit_jax.common.names import spelled, spelled_below
from acolvit_jax.common.places import place
from acolvit_jax.common.progress import Progress
from acolvit_jax.common.text import read_list
from acolvit_jax.config import DataConfig
from acolvit_jax.data.records import ImageSource, Part, evenly, read_record
from acolvit_jax.data.sources import folder_source, make_source
from acolvit_jax.data.tfds import named_set, tfds_source

SAMPLE = "sample"


def open_images(images: str, list_file: str = "", data_dir: str = "") -> ImageSource:
    """Opens the images of an evaluation.

    Args:
        images: a folder, `sample` (validation photographs in the package), or `tfds:NAME`.
        list_file: text file with the name of one image a line, to take only those.
        data_dir: where `tfds:NAME` is prepared; empty is TFDS's own default.

    Returns:
        Their source, in order.

    Raises:
        DataError: if they, or some that are listed, are missing.
        ConfigError: for an unknown data set.
    """
    source = _whole(images, data_dir)
    return _listed(source, place(list_file)) if list_file else source


def _whole(images: str, data_dir: str) -> ImageSource:
    if images == SAMPLE:
        return make_source(DataConfig(), "validation")
    if dataset := named_set(images):
        return tfds_source(dataset, data_dir, "validation")
    if not place(images).is_dir():
        raise DataError(f"no folder at {images}; --images is a folder, tfds:NAME or sample")
    return folder_source(place(images))


def _listed(source: ImageSource, list_file: Path) -> ImageSource:
    """The images that a list names, by path or by file name, in the source's order."""
    try:
        lines = read_list(list_file)
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"cannot read the list {list_file}: {error}") from error
    root = getattr(source, "root", None)
    wanted = {spelled(line) if root is None else spelled_below(line, root) for line in lines}
    forms = [_forms(spelled(source.name_of(i))) for i in range(len(source))]
    chosen = [i for i, own in enumerate(forms) if wanted & own]
    found = {form for i in chosen for form in forms[i]}
    missing = sorted(wanted - found)
    if missing or not chosen:
        raise DataError(
            f"{len(missing)} of the {len(wanted)} images in {list_file} are missing, first "
            f"{', '.join(missing[:3]) or 'all'}"
        )
    return Part(source, chosen)


def _forms(name: str) -> set[str]:
    """What a list may call an image: its path, its file name, its stem."""
    return {name, Path(name).name, Path(name).stem}


def take_evenly(source: ImageSource, count: int) -> ImageSource:
    """At most so many images, spread evenly; 0 takes all."""
    if not count or count >= len(source):
        return source
    return Part(source, evenly(len(source), count))


def content_digest(source: ImageSource) -> str:
    """Identifies images by their bytes: those exported anew are others, whatever their names.

    Raises:
        UnreadableError: if the storage fails.
    """
    total = hashlib.sha256()
    with Progress(len(source)) as progress:
        for index in range(len(source)):
            try:
                data = read_record(source, index).data
            except ImageError:  # is told, or left out, where the image is wanted
                data = b""
            total.update(hashlib.sha256(data).digest())
            progress.advance()
    return total.hexdigest()[:16]


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
