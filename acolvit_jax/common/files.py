"""Writing files atomically: what was there stays until the new file is whole."""

from __future__ import annotations

import contextlib
import errno
import itertools
import os
import secrets
from collections.abc import Iterator
from pathlib import Path

from acolvit_jax.common.places import is_remote, storage_error

_partial: set[Path] = set()  # files that are being written


@contextlib.contextmanager
def naming(path: Path) -> Iterator[None]:
    """Puts the file's name on what the system says of it: of a full disk it names none."""
    try:
        yield
    except OSError as error:
        error.filename = str(path)
        raise


def write_bytes(path: Path, data: bytes | memoryview) -> None:
    """Writes a file, its folder too.

    Args:
        path: of the file.
        data: its content.

    Raises:
        OSError: if it cannot be written; its `filename` is the path.
    """
    if is_remote(path):  # where a file is there when all of it is
        _write_remote(path, data)
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    # Not after the file's own name, which may be as long as a name can be.
    partial = path.with_name(f".{os.getpid()}-{secrets.token_hex(4)}.partial")
    _partial.add(partial)
    try:
        with naming(path):
            partial.write_bytes(data)
            os.replace(partial, path)
    finally:
        partial.unlink(missing_ok=True)
        _partial.discard(partial)


def _write_remote(path: Path, data: bytes | memoryview) -> None:
    """Writes a file of a bucket; what its library raises becomes an error of the system."""
    try:
        path.write_bytes(bytes(data))  # not every storage library takes views
    except Exception as error:
        said = storage_error(error)
        if isinstance(error, OSError) and error.errno is None:  # a text alone
            said = " ".join(str(error).split())[:200]
        if said is None:
            raise
        number = errno.ENOENT if isinstance(error, FileNotFoundError) else errno.EIO
        raise OSError(number, said, str(path)) from error


def drop_partial() -> None:
    """Deletes what is written at this moment, for a process that ends without unwinding."""
    for path in list(_partial):
        path.unlink(missing_ok=True)


def write_text(path: Path, text: str) -> None:
    """Writes a text file, its folder too; see `write_bytes`."""
    write_bytes(path, text.encode("utf-8", "backslashreplace"))  # names may be no UTF-8


def set_aside(path: Path) -> Path:
    """Renames a damaged file or folder, so that a new one can take its place.

    Args:
        path: of the file or folder.

    Returns:
        Its new path, `damaged-NAME` beside it, with a number where that is taken.

    Raises:
        OSError: if it cannot be renamed.
    """
    aside = free_path(path.with_name(f"damaged-{path.name}"))
    path.rename(aside)
    return aside


def free_path(path: Path) -> Path:
    """The path, or the first of `PATH-2`, `PATH-3`, ... that nothing has."""
    numbered = (path.with_name(f"{path.name}-{number}") for number in itertools.count(2))
    return next(p for p in itertools.chain([path], numbered) if not p.exists())


def drop_unfinished_programs(folder: Path) -> None:
    """Takes away compiled programs that a process was killed over while it wrote them.

    JAX writes an entry and then the time of its last use; it stumbles over one without the other.

    Args:
        folder: of JAX's compilation cache; it may be missing.
    """
    for entry in folder.glob("*-cache"):
        if not entry.with_name(entry.name.removesuffix("-cache") + "-atime").exists():
            entry.unlink(missing_ok=True)
