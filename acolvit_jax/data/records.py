"""What a source of images gives."""

from __future__ import annotations

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
