"""One run at a time in a folder of a bucket, which knows no locks that end with their process."""

from __future__ import annotations

import contextlib
import logging
import os
import secrets
import socket
import threading
import time
from collections.abc import Callable, Iterator
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
def holding_file(path: Path) -> Iterator[Callable[[], None]]:
    """Holds a lock that is a file of a bucket, written anew every quarter of a minute.

    Of many who try at once one succeeds. A lock whose file is not written anew for a minute belongs
    to a process that was killed, and is taken over; to find that out takes as long. A process that
    was only held up for a minute finds that it has lost its lock, and leaves it to the other.

    Args:
        path: of the file.

    Yields:
        What raises a `HeldError` once the lock is lost.

    Raises:
        HeldError: if another process holds it.
    """
    holder = this_process()
    mark = secrets.token_hex(4)
    if not create(path, _text(holder, mark, 0)):
        _take_over(path, holder, mark)
    ended = threading.Event()
    lost: list[str] = []  # who took it over
    beat = threading.Thread(target=_beat, args=(path, holder, mark, ended, lost), daemon=True)
    beat.start()

    def check() -> None:
        if lost:
            raise HeldError(f"{lost[0]}, which took it over when this run gave no sign of life")

    try:
        yield check
    finally:
        ended.set()
        beat.join()
        if mark in _read(path):
            path.unlink(missing_ok=True)


def _text(holder: str, mark: str, beat: int) -> bytes:
    return f"{holder}\n{mark} {beat}\n".encode()


def _read(path: Path) -> str:
    """The lock as it stands; nothing if it was given back."""
    try:
        return path.read_bytes().decode(errors="replace")
    except FileNotFoundError:
        return ""


def _holder(text: str) -> str:
    """Who holds a lock of this text."""
    return text.split("\n", 1)[0] or "another process"


def _take_over(path: Path, holder: str, mark: str) -> None:
    """Takes a lock whose holder gives no sign of life.

    Raises:
        HeldError: if it gives one, or another process is first.
    """
    found = _read(path)
    log.warning("%s is held by %s; waiting for a sign of life", path, _holder(found))
    end = time.monotonic() + LOST_SECONDS
    while found and time.monotonic() < end:
        time.sleep(min(1.0, LOST_SECONDS / 10))
        if (now := _read(path)) != found:
            if now:
                raise HeldError(_holder(now))
            break
    if found and _read(path) == found:
        path.unlink(missing_ok=True)
    create(path, _text(holder, mark, 0))
    time.sleep(SETTLE_SECONDS)
    if mark not in (settled := _read(path)):
        raise HeldError(_holder(settled))


def _beat(path: Path, holder: str, mark: str, ended: threading.Event, lost: list[str]) -> None:
    """Gives signs of life until the lock is given back, or is another's, whose holder is noted.

    What the storage refuses is tried again.
    """
    beat = 0
    while not ended.wait(BEAT_SECONDS):
        beat += 1
        try:
            if mark not in (found := _read(path)):
                lost.append(_holder(found))
                return
            path.write_bytes(_text(holder, mark, beat))
        except Exception as error:  # the storage's libraries raise many kinds
            log.warning("%s cannot be written (%s); trying again", path, error)
