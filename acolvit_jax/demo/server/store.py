"""Photos that clients have sent, for a while."""

from __future__ import annotations

import secrets
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field

from acolvit_jax.demo.server.limits import Limits
from acolvit_jax.inference.tones import Tones
from acolvit_jax.photo.reading import Photo

ID_BYTES = 18  # of randomness; 24 characters in an address


@dataclass(frozen=True)
class StoredPhoto:
    """A photo that can be colored.

    Attributes:
        name: stem of the names of files made from it.
        photo: pixels and metadata.
        tones: its lightness at the model's size.
        id: unguessable: who knows it may see the photo.
    """

    name: str
    photo: Photo
    tones: Tones
    id: str = field(default_factory=lambda: secrets.token_urlsafe(ID_BYTES))

    @property
    def size(self) -> tuple[int, int]:
        """Height and width."""
        height, width = self.photo.rgb.shape[:2]
        return height, width

    @property
    def nbytes(self) -> int:
        """Memory that it takes, without its results."""
        photo = self.photo
        alpha = 0 if photo.alpha is None else photo.alpha.nbytes
        return photo.rgb.nbytes + alpha + self.tones.nbytes + photo.metadata.nbytes


@dataclass
class _Entry:
    stored: StoredPhoto
    used: float
    results: OrderedDict[str, bytes] = field(default_factory=OrderedDict)


class PhotoStore:
    """Photos by id, bounded in number, bytes and age; any number of threads may share one.

    The photo that was not used for longest goes first.
    """

    def __init__(self, limits: Limits, clock: Callable[[], float] = time.monotonic) -> None:
        """Makes an empty store.

        Args:
            limits: its bounds.
            clock: gives seconds.
        """
        self._limits = limits
        self._clock = clock
        self._lock = threading.Lock()
        self._entries: OrderedDict[str, _Entry] = OrderedDict()  # least recently used first
        self._nbytes = 0

    def __len__(self) -> int:
        """Number of photos that have not expired."""
        with self._lock:
            self._expire()
            return len(self._entries)

    @property
    def nbytes(self) -> int:
        """Memory that the photos take."""
        with self._lock:
            return self._nbytes

    def add(self, stored: StoredPhoto) -> bool:
        """Keeps a photo and drops others to make room.

        Returns:
            False if it alone is more than the store may hold.
        """
        with self._lock:
            self._expire()
            if stored.nbytes > self._limits.store_bytes:
                return False
            self._entries[stored.id] = _Entry(stored, self._clock())
            self._nbytes += stored.nbytes
            while (
                len(self._entries) > self._limits.photos or self._nbytes > self._limits.store_bytes
            ):
                self._drop(next(iter(self._entries)))
            return True

    def get(self, photo_id: str) -> StoredPhoto | None:
        """The photo of an id, which counts as a use; None if it is unknown or expired."""
        with self._lock:
            entry = self._touch(photo_id)
            return entry.stored if entry else None

    def remove(self, photo_id: str) -> bool:
        """Forgets a photo; False if it is unknown or expired."""
        with self._lock:
            self._expire()
            if photo_id not in self._entries:
                return False
            self._drop(photo_id)
            return True

    def sweep(self) -> None:
        """Forgets what has expired; for calls from time to time, so that memory comes back."""
        with self._lock:
            self._expire()

    def add_result(self, photo_id: str, result_id: str, request: bytes) -> None:
        """Remembers a request by its result's id; the oldest of the photo's make room."""
        with self._lock:
            entry = self._touch(photo_id)
            if entry is None:
                return
            entry.results[result_id] = request
            entry.results.move_to_end(result_id)
            while len(entry.results) > self._limits.results:
                entry.results.popitem(last=False)

    def result(self, photo_id: str, result_id: str) -> bytes | None:
        """The request of a result's id, or None."""
        with self._lock:
            entry = self._touch(photo_id)
            return entry.results.get(result_id) if entry else None

    def _touch(self, photo_id: str) -> _Entry | None:
        self._expire()
        entry = self._entries.get(photo_id)
        if entry is not None:
            entry.used = self._clock()
            self._entries.move_to_end(photo_id)
        return entry

    def _expire(self) -> None:
        """Drops from the old end: the order of use is the order of age."""
        oldest = self._clock() - self._limits.age
        while self._entries:
            photo_id, entry = next(iter(self._entries.items()))
            if entry.used > oldest:
                return
            self._drop(photo_id)

    def _drop(self, photo_id: str) -> None:
        self._nbytes -= self._entries.pop(photo_id).stored.nbytes
