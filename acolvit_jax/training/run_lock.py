"""One run in a folder at a time."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path

from acolvit_jax.common.errors import ConfigError
from acolvit_jax.common.places import is_remote
from acolvit_jax.common.text import read_text
from acolvit_jax.training.bucket_lock import HeldError, holding_file, this_process

LOCK_FILE = ".lock"


@contextlib.contextmanager
def holding(workdir: Path) -> Iterator[Callable[[], None]]:
    """Holds a run's folder, which is made if it is not there; one made in vain goes away again.

    The system lets go of it when the process ends, however it ends; that of a bucket is taken over
    a minute later (see `bucket_lock`). Where the system or the storage knows no locks, nothing is
    held.

    Args:
        workdir: folder of the run.

    Yields:
        What is asked now and then while no other process may train in it, and raises once one does:
        a lock of a bucket can be lost.

    Raises:
        ConfigError: if another process trains in it, with which and since when.
    """
    if is_remote(workdir):
        with _holding_bucket(workdir) as check:
            yield check
        return
    try:
        import fcntl
    except ImportError:  # not on Windows
        yield unquestioned
        return
    made = not workdir.exists()
    workdir.mkdir(parents=True, exist_ok=True)
    path = workdir / LOCK_FILE
    with path.open("a+", encoding="utf-8") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = read_text(path).strip() or "another process"
            raise _in_use(workdir, holder) from None
        except OSError:  # a file system without locks
            yield unquestioned
            return
        file.truncate(0)
        file.write(f"{this_process()}\n")
        file.flush()
        try:
            yield unquestioned
        finally:
            if made and [entry.name for entry in workdir.iterdir()] == [LOCK_FILE]:
                path.unlink()
                workdir.rmdir()


def unquestioned() -> None:
    """Takes a folder for held: the system takes no lock away."""


@contextlib.contextmanager
def _holding_bucket(workdir: Path) -> Iterator[Callable[[], None]]:
    try:
        with holding_file(workdir / LOCK_FILE) as check:
            yield check
    except HeldError as error:
        raise _in_use(workdir, str(error)) from None


def _in_use(workdir: Path, holder: str) -> ConfigError:
    return ConfigError(
        f"{workdir} is in use by {holder}; stop that run, or choose another --workdir"
    )
