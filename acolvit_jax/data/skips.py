"""Photographs that cannot be trained on: which, how many, and when it is too many."""

from __future__ import annotations

import logging

from acolvit_jax.common.errors import DataError

MAX_CORRUPT_SHARE = 0.01
FEW = 100  # of fewer images one corrupt file is more than that share: it says nothing
NAMED = 3  # corrupt images that an error names

log = logging.getLogger(__name__)


class Skips:
    """Counts the corrupt and the near-grey images of a source.

    Attributes:
        corrupt: names of the images that did not decode, and why.
        grey: names of the images left out for want of color.
    """

    def __init__(self, size: int, most: float = MAX_CORRUPT_SHARE) -> None:
        """Starts counting for a source.

        Args:
            size: images of the source.
            most: share of them that may be corrupt, where there are `FEW` or more; of fewer, all
                but one.
        """
        self.corrupt: dict[str, str] = {}
        self.grey: set[str] = set()
        self._size = size
        self._most = most

    def add(self, name: str, reason: str | None) -> None:
        """Counts an image that was left out.

        Args:
            name: of the image.
            reason: why it did not decode, told in the log the first time; None if it is near grey.

        Raises:
            DataError: if too many of the source are corrupt, or none is left.
        """
        if reason is None:
            self.grey.add(name)
        elif name not in self.corrupt:
            self.corrupt[name] = reason
            log.warning("skipped %s: %s", name, reason)
        self._check_left()
        if self._size >= FEW and len(self.corrupt) > self._most * self._size:
            named = ", ".join(list(self.corrupt)[:NAMED])
            raise DataError(
                f"{len(self.corrupt)} of {self._size} images are corrupt, more than "
                f"{self._most:.0%}: {named}...; mend or remove them"
            )

    def _check_left(self) -> None:
        if len(self.grey) + len(self.corrupt) < self._size:
            return
        if not self.grey:
            first, reason = next(iter(self.corrupt.items()))
            raise DataError(f"none of the {self._size} images can be read, first {first}: {reason}")
        some = (
            f"{len(self.grey)} images that can be read" if self.corrupt else f"{self._size} images"
        )
        raise DataError(
            f"all {some} are near grey; there is no color to learn from "
            "(data.skip_grey=False keeps them)"
        )

    def __str__(self) -> str:
        """One phrase for the log."""
        return f"{len(self.corrupt)} corrupt and {len(self.grey)} near-grey images skipped"
