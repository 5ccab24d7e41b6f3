"""Where photographs come from. Every source gives encoded images by index."""

from __future__ import annotations

import functools
import hashlib
import logging
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

from acolvit_jax.common.errors import DataError
from acolvit_jax.common.names import name_bytes, spelled, spelled_below
from acolvit_jax.common.places import files_below, is_remote, place, resolved
from acolvit_jax.common.text import read_list
from acolvit_jax.config import DataConfig
from acolvit_jax.data.records import ImageSource, Record
from acolvit_jax.data.shards import PackedSource, held_out
from acolvit_jax.data.tfds import TFDS_SETS, tfds_source
from acolvit_jax.photo import images

SAMPLE_VALIDATION_EVERY = 6
HELD_OUT_SHARE = 0.02  # of a folder without a validation folder
HELD_OUT_MIN = 8
HELD_OUT_MAX = 500
NO_VALIDATION_PATH = "without a data.validation_path a part of data.path is held out"

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class FileSource:
    """Images in files.

    Attributes:
        description: one phrase for the log.
        root: names are relative to it.
        paths: of the images.
    """

    description: str
    root: Path
    paths: Sequence[Path]

    def __len__(self) -> int:
        """Number of images."""
        return len(self.paths)

    def __getitem__(self, index: int) -> Record:
        """Reads the file at an index."""
        return Record(self.name_of(index), self.paths[index].read_bytes())

    def name_of(self, index: int) -> str:
        """Path relative to the root where it lies below, without reading the file."""
        return _name(self.paths[index], self.root)

    @property
    def identity(self) -> bytes:
        """All names, a line each."""
        return b"".join(name_bytes(self.name_of(i)) + b"\n" for i in range(len(self)))


def make_source(config: DataConfig, split: str) -> ImageSource:
    """Opens a data set.

    Args:
        config: which, and where.
        split: `train` or `validation`.

    Returns:
        Its images.

    Raises:
        DataError: if it is missing or empty; the message says what to do.
    """
    if config.dataset in TFDS_SETS:
        return tfds_source(config.dataset, config.data_dir, split)
    makers: dict[str, Callable[[], ImageSource]] = {
        "sample": lambda: _sample(split),
        "folder": lambda: _folder(config, split),
        "records": lambda: _packed(config, split),
    }
    return makers[config.dataset]()


def sample_photos() -> list[Path]:
    """The photographs in the package, sorted by name."""
    folder = Path(str(resources.files("acolvit_jax.assets") / "photos"))
    return images.list_images(folder)


def _sample(split: str) -> FileSource:
    """The photographs in the package; every sixth is for validation."""
    paths = sample_photos()
    held_out = paths[::SAMPLE_VALIDATION_EVERY]
    chosen = held_out if split == "validation" else sorted(set(paths) - set(held_out))
    return FileSource("photographs in the package", paths[0].parent, chosen)


def _folder(config: DataConfig, split: str) -> FileSource:
    """A tree of images; without a folder for validation, a part is held out by name."""
    if config.validation_path and split == "validation":
        return folder_source(place(config.validation_path), setting="validation_path")
    source = folder_source(place(config.path), config.list_file)
    if config.validation_path:
        return _outside(source, place(config.validation_path))
    held_out = _held_out(source)
    kept = [path for path in source.paths if path not in held_out]
    chosen = sorted(held_out) if split == "validation" else kept
    if not chosen:
        raise _too_few(source, config)
    return FileSource(source.description, source.root, chosen)


def _outside(source: FileSource, folder: Path) -> FileSource:
    """The images of a source that do not lie below another folder, links followed.

    Raises:
        DataError: if all do.
    """
    real = resolved(folder)
    below = functools.cache(lambda parent: resolved(parent).is_relative_to(real))

    def lies_below(path: Path) -> bool:
        return below((resolved(path) if os.path.islink(path) else path).parent)

    kept = [path for path in source.paths if not lies_below(path)]
    if not kept:
        raise DataError(
            f"all images of data.path={source.root} lie in data.validation_path={folder}, and none "
            f"is left to train on; {NO_VALIDATION_PATH}"
        )
    if len(kept) == len(source):
        return source
    return FileSource(f"{source.description} that are not in {folder}", source.root, kept)


def _packed(config: DataConfig, split: str) -> ImageSource:
    """A packed set; without another for validation, every fiftieth image is held out."""
    validation = split == "validation"
    if config.validation_path:
        paths = place(config.path), place(config.validation_path)
        if resolved(paths[0]) == resolved(paths[1]):
            raise DataError(
                f"data.path and data.validation_path are the same, {paths[0]}; {NO_VALIDATION_PATH}"
            )
        return PackedSource(paths[validation])
    source = PackedSource(place(config.path))
    chosen = held_out(source, validation=validation)
    if not len(chosen):
        raise _too_few(source, config)
    return chosen


def _too_few(source: ImageSource, config: DataConfig) -> DataError:
    return DataError(
        f"{len(source)} image(s) in {config.path} are too few to train on and to validate with"
    )


def _held_out(source: FileSource) -> set[Path]:
    """The part of a folder whose names have the lowest hashes; with its size some change sides."""
    least = min(HELD_OUT_MIN, len(source) // 4 or 1)
    count = min(HELD_OUT_MAX, max(least, round(HELD_OUT_SHARE * len(source))))
    ordered = sorted(
        set(source.paths),
        key=lambda path: hashlib.sha256(name_bytes(_name(path, source.root))).digest(),
    )
    return set(ordered[:count])


def folder_source(root: Path, list_file: str = "", *, setting: str = "path") -> FileSource:
    """A tree of images, or the part of it that a list names.

    Args:
        root: folder.
        list_file: text file with one path relative to `root` a line; empty takes every image.
            An image that is listed twice is there twice, so that training draws it twice as often.
        setting: field of `DataConfig` that names the folder, for the error.

    Returns:
        Its images, sorted.

    Raises:
        DataError: if the folder, the list or a listed file is missing, or there is no image.
    """
    if not root.is_dir():
        raise DataError(f"no folder at {root}; --config.data.{setting} wants a folder of images")
    paths = _listed(root, place(list_file)) if list_file else _found(root)
    if not paths:
        kinds = ", ".join(images.IMAGE_SUFFIXES)
        raise DataError(f"no images in {list_file or root} (looked for {kinds})")
    return FileSource(f"images of {root}", root, paths)


def _name(path: Path, root: Path) -> str:
    """A path relative to a folder, or as it is where it lies elsewhere: a list may say so."""
    return (path.relative_to(root) if path.is_relative_to(root) else path).as_posix()


def _found(root: Path) -> list[Path]:
    """Every photograph below a folder; what is not taken is named in the log."""
    found = images.find_images(root)
    for note in found.notes:
        log.warning("%s", note)
    return found.photos


def _listed(root: Path, list_file: Path) -> list[Path]:
    """The files that a list names, however it spells them."""
    try:
        lines = read_list(list_file)
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"cannot read the list {list_file}: {error}") from error
    is_file = _knowing(root)
    paths = [_listed_path(root, line, is_file) for line in lines]
    if not all(map(is_file, paths)):  # perhaps by characters that are composed here
        by_name = {spelled(_name(path, root)): path for path in images.list_images(root)}
        paths = [
            path if is_file(path) else by_name.get(spelled(_name(path, root)), path)
            for path in paths
        ]
    missing = [str(path) for path in paths if not is_file(path)]
    if missing:
        raise DataError(
            f"{len(missing)} of the {len(paths)} images in {list_file} are missing, "
            f"first {missing[0]}; paths are relative to {root}"
        )
    return sorted(paths)


def _knowing(root: Path) -> Callable[[Path], bool]:
    """What tells whether a file is there; of a bucket all are listed at once."""
    return set(files_below(root)).__contains__ if is_remote(root) else Path.is_file


def _listed_path(root: Path, line: str, is_file: Callable[[Path], bool]) -> Path:
    """The path that a line of a list means: below the folder if it can be."""
    plain = root / line
    elsewhere = Path(line).is_absolute() or is_remote(line)
    return plain if not elsewhere and is_file(plain) else root / spelled_below(line, root)
