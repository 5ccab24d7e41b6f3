"""What a source of images gives, and a part of one."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from typing import NamedTuple, Protocol

from acolvit_jax.common.errors import ImageError
from acolvit_jax.common.reading import patiently, trouble


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


class PackableSource(ImageSource, Protocol):
    """Encoded images that know what tells them from others."""

    @property
    def identity(self) -> bytes:
        """The same for the same images, found without reading them."""
        ...


def read_record(source: ImageSource, index: int) -> Record:
    """Reads an image, and again after a while where the storage fails.

    Args:
        source: of encoded images.
        index: of the image.

    Returns:
        Its name and bytes, which may be no image.

    Raises:
        ImageError: if it is gone or damaged; the message does not name it.
        UnreadableError: if the storage goes on failing: nobody knows then whether it is whole.
    """
    try:
        return patiently(f"image {index}", lambda: source[index])
    except OSError as error:
        raise ImageError(error.strerror or " ".join(str(error).split())) from None


def stored_name(source: ImageSource, index: int) -> str:
    """The name that a record holds; of a damaged one, `image INDEX`.

    Raises:
        UnreadableError: if the storage fails.
    """
    try:
        return read_record(source, index).name
    except ImageError:
        return f"image {index}"


@contextlib.contextmanager
def reading_a_record() -> Iterator[None]:
    """Calls an error of the libraries that read records damage, unless the storage made it.

    Raises:
        ImageError: if the record is damaged.
    """
    try:
        yield
    except MemoryError:
        raise
    except Exception as error:  # each library has kinds of its own
        if trouble(error) is not None:
            raise
        reason = " ".join(str(error).split())[:200] or type(error).__name__
        raise ImageError(f"its record is damaged ({reason})") from error


def evenly(count: int, most: int) -> list[int]:
    """Indices of images, so many at most, spread evenly over a source of `count`."""
    taken = min(most, count)
    return [i * count // taken for i in range(taken)]


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
