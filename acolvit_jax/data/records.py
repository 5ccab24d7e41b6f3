"""What a source of images gives, and a part of one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, Protocol


class Record(NamedTuple):
    """An image as it is stored.

    Attributes:
        name: file name, or the data set's own; names it in messages and seeds its hints.
        data: encoded bytes.
    """

    name: str
    data: bytes


class ImageSource(Protocol):
    """Random access to encoded images."""

    @property
    def description(self) -> str:
        """One phrase for the log."""
        ...

    def __len__(self) -> int:
        """Number of images."""
        ...

    def __getitem__(self, index: int) -> Record:
        """The image at an index."""
        ...

    def name_of(self, index: int) -> str:
        """The name of the image at an index."""
        ...


class Part:
    """Some of a source's images.

    Attributes:
        description: that of the whole.
    """

    def __init__(self, source: ImageSource, indices: Sequence[int]) -> None:
        """Takes the images at some indices of a source, in that order."""
        self.description = source.description
        self._source = source
        self._indices = indices

    def __len__(self) -> int:
        """Number of images."""
        return len(self._indices)

    def __getitem__(self, index: int) -> Record:
        """The image at an index of this part."""
        return self._source[self._indices[index]]

    def name_of(self, index: int) -> str:
        """The name of the image at an index of this part."""
        return self._source.name_of(self._indices[index])
