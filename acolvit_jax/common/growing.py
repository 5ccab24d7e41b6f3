"""Files that grow as work goes on, also where the storage cannot add to a file."""

from __future__ import annotations

import logging
import time
from pathlib import Path

from acolvit_jax.common.files import naming, write_bytes
from acolvit_jax.common.places import is_remote

SECONDS = 30.0  # between two times that a file of a bucket is written anew

log = logging.getLogger(__name__)


class GrowingFile:
    """A file that is added to.

    On a disk what is added is there at once. A file of a bucket is held in memory and written anew
    every half a minute as it grows, at `flush`, and at `close`: what a kill loses was added after
    the last of these.
    """

    def __init__(self, path: Path) -> None:
        """Takes the path of a file, in a folder that exists; what it holds stays."""
        self._path = path
        self._held: bytearray | None = None
        self._sent = 0
        self._time = time.monotonic()
        if is_remote(path):
            self._held = bytearray(path.read_bytes() if path.exists() else b"")
            self._sent = len(self._held)

    def write(self, data: bytes) -> None:
        """Adds to the file; a bucket that fails meanwhile is tried again later.

        Raises:
            OSError: if a disk cannot be written; its `filename` is the path.
        """
        if self._held is None:
            with naming(self._path), self._path.open("ab") as file:
                file.write(data)
            return
        self._held += data
        if time.monotonic() - self._time > SECONDS:
            try:
                self.flush()
            except OSError as error:  # nothing is lost yet
                self._time = time.monotonic()
                log.warning("%s; trying again in %g s", error, SECONDS)

    def flush(self) -> None:
        """Writes what is held.

        Raises:
            OSError: if it cannot be written; its `filename` is the path.
        """
        if self._held is not None and len(self._held) > self._sent:
            write_bytes(self._path, bytes(self._held))
            self._sent = len(self._held)
        self._time = time.monotonic()

    def close(self) -> None:
        """The same as `flush`; the file can be added to afterwards."""
        self.flush()
