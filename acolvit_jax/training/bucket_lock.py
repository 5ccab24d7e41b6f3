"""One run at a time in a folder of a bucket, which knows no locks that end with their process."""

from __future__ import annotations

import contextlib
import logging
import os
import secrets
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path

from acolvit_jax.common.places import create

BEAT_SECONDS = 15.0  # between two signs of life
LOST_SECONDS = 60.0  # without one, after which a holder is taken for gone
SETTLE_SECONDS = 1.0  # after which one of several that took a lock over at once is known

log = logging.getLogger(__name__)


class HeldError(Exception):
    """Another process holds the lock; the message says which."""


def this_process() -> str:
    """What a lock says of its holder: which process, on which machine, since when."""
    since = time.strftime("%Y-%m-%d %H:%M:%S")
    return f"process {os.getpid()} on {socket.gethostname()} since {since}"


@contextlib.contextmanager
def holding_file(path: Path) -> Iterator[None]:
    """Holds a lock that is a file of a bucket, written anew every quarter of a minute.

    Of many who try at once one succeeds. A lock whose file is not written anew for a minute belongs
    to a process that was killed, and is taken over; to find that out takes as long.

    Args:
        path: of the file.

    Yields:
        While no other process holds it.

    Raises:
        HeldError: if another process does.
    """
    holder = this_process()
    mark = secrets.token_hex(4)
    if not create(path, _text(holder, mark, 0)):
        _take_over(path, holder, mark)
    ended = threading.Event()
    beat = threading.Thread(target=_beat, args=(path, holder, mark, ended), daemon=True)
    beat.start()
    try:
        yield
    finally:
        ended.set()
        beat.join()
        path.unlink(missing_ok=True)


def _text(holder: str, mark: str, beat: int) -> bytes:
    return f"{holder}\n{mark} {beat}\n".encode()


def _read(path: Path) -> bytes:
    """The lock as it stands; nothing if it was given back."""
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return b""


def _take_over(path: Path, holder: str, mark: str) -> None:
    """Takes a lock whose holder gives no sign of life.

    Raises:
        HeldError: if it gives one, or another process is first.
    """
    found = _read(path)
    name = found.decode(errors="replace").split("\n", 1)[0]
    log.warning("%s is held by %s; waiting for a sign of life", path, name or "nobody any more")
    end = time.monotonic() + LOST_SECONDS
    while found and time.monotonic() < end:
        time.sleep(min(1.0, LOST_SECONDS / 10))
        if (now := _read(path)) != found:
            if now:
                raise HeldError(now.decode(errors="replace").split("\n", 1)[0])
            break
    if found and _read(path) == found:
        path.unlink(missing_ok=True)
    create(path, _text(holder, mark, 0))
    time.sleep(SETTLE_SECONDS)
    settled = _read(path).decode(errors="replace")
    if mark not in settled:
        raise HeldError(settled.split("\n", 1)[0] or "another process")


def _beat(path: Path, holder: str, mark: str, ended: threading.Event) -> None:
    """Gives signs of life until the lock is given back; what the storage refuses is tried again."""
    beat = 0
    while not ended.wait(BEAT_SECONDS):
        beat += 1
        try:
            path.write_bytes(_text(holder, mark, beat))
        except Exception as error:  # the storage's libraries raise many kinds
            log.warning("%s cannot be written (%s); trying again", path, error)
