"""Where files are: on this machine, or in a bucket of Google Cloud Storage (`gs://BUCKET/...`).

Every path that a person gives becomes one here, and is used as `pathlib.Path` is. A bucket differs
in what it promises: a file is there when all of it is and is replaced at once, so nothing is
renamed into place; nothing can be added to a file; a folder is no more than the start of a name.
"""

from __future__ import annotations

import contextlib
import functools
import importlib.util
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

from acolvit_jax.common.errors import ConfigError

BUCKETS = "gs://"
_LIBRARIES = ("gcsfs.", "google.auth.", "aiohttp.")  # of their errors, few are the system's own


def place(path: str | os.PathLike[str]) -> Path:
    """A path as it was given; `~` is the home folder, which shells see to only sometimes.

    Raises:
        ConfigError: for an empty path, as of a shell's variable that is not set; for other storage
            than Google's, or where the library for it is missing.
    """
    text = os.fspath(path)
    if not text:
        raise ConfigError("a path is empty: name a file or folder ('.' is the current folder)")
    if text.startswith(BUCKETS):
        _prepare()
        from etils import epath

        return cast(Path, epath.Path(text))  # it has what `pathlib.Path` has
    scheme, separator, _ = text.partition("://")
    if separator and scheme.isalnum() and not Path(text).exists():
        raise ConfigError(f"{text}: of storage elsewhere only {BUCKETS} is known")
    return Path(os.path.expanduser(text))  # `~backup.jpg` is a name where nobody has it


@functools.cache
def _prepare() -> None:
    """Makes the library that reads buckets ready."""
    if importlib.util.find_spec("gcsfs") is None:
        raise ConfigError(f"{BUCKETS} needs gcsfs: pip install 'acolvit_jax[gcs]'")
    from fsspec.config import conf

    # What it lists it would keep for good; other processes write to these folders too.
    conf.setdefault("gcs", {}).setdefault("use_listings_cache", False)


def is_remote(path: str | os.PathLike[str]) -> bool:
    """Whether a path is in a bucket."""
    return os.fspath(path).startswith(BUCKETS)


def absolute(path: Path) -> Path:
    """The path from the root, links left as they are."""
    return path if is_remote(path) else path.absolute()


def resolved(path: Path) -> Path:
    """The path from the root, without links."""
    return path if is_remote(path) else path.resolve()


def same_file(one: Path, other: Path) -> bool:
    """Whether two paths of files that exist lead to the same one."""
    if is_remote(one) or is_remote(other):
        return one == other
    return one.samefile(other)


def make_folder(path: Path) -> None:
    """Makes a folder, where folders are more than the start of a name."""
    if not is_remote(path):
        path.mkdir(parents=True, exist_ok=True)


def files_below(folder: Path) -> list[Path]:
    """Every file below a folder of a bucket, sorted; one request a thousand."""
    found = _buckets().find(os.fspath(folder))
    return [place(f"{BUCKETS}{name}") for name in sorted(found) if not name.endswith("/")]


def create(path: Path, data: bytes) -> bool:
    """Writes a file of a bucket if there is none; of many who try at once one succeeds.

    Returns:
        Whether this call has written it.
    """
    try:
        _buckets().pipe_file(os.fspath(path), data, mode="create")
    except FileExistsError:
        return False
    return True


def size_of(path: Path) -> int:
    """Bytes of a file."""
    found: Any = path.stat()
    return found.length if is_remote(path) else found.st_size


@contextlib.contextmanager
def on_disk(path: Path) -> Iterator[Path]:
    """A file as one of this machine, for libraries that read no others: itself, or a copy."""
    if not is_remote(path):
        yield path
        return
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / path.name
        copy.write_bytes(path.read_bytes())
        yield copy


def copy_folder(source: Path, target: Path) -> None:
    """Copies all files below a folder of this machine; what has their names is replaced."""
    if not is_remote(target):
        shutil.copytree(source, target, dirs_exist_ok=True)
        return
    for path in sorted(source.rglob("*")):
        if path.is_file():
            (target / path.relative_to(source).as_posix()).write_bytes(path.read_bytes())


def storage_error(error: BaseException) -> str | None:
    """What a bucket's library says in an error of its own, in a line; None for another error."""
    if not f"{type(error).__module__}.".startswith(_LIBRARIES):
        return None
    return " ".join(str(error).split())[:200] or type(error).__name__


def _buckets() -> Any:
    """The file system of all buckets."""
    _prepare()
    import fsspec

    return fsspec.filesystem("gcs")
