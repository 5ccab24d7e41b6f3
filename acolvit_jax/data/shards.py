"""Packed data sets: ArrayRecord shards of encoded photos, and an index that counts them."""

from __future__ import annotations

import dataclasses
import json
from dataclasses import dataclass
from pathlib import Path

import grain
import msgpack

from acolvit_jax.common.errors import DataError
from acolvit_jax.common.files import write_text
from acolvit_jax.common.json_lines import parse_object
from acolvit_jax.common.reading import patiently
from acolvit_jax.data.records import Part, Record, reading_a_record, stored_name

INDEX_FILE = "index.json"
FORMAT = 1
HELD_OUT_EVERY = 50  # of a packed set without one for validation
_NAMES = "surrogateescape"  # names of files may be no UTF-8


@dataclass(frozen=True)
class Shard:
    """One file of a packed set.

    Attributes:
        file: its name.
        taken: images of the source that it stands for, bad ones too.
        images: that it holds.
        bad: why an image was left out, by name.
    """

    file: str
    taken: int
    images: int
    bad: dict[str, str]


@dataclass(frozen=True)
class Index:
    """What a packed set holds, and how it was made.

    Attributes:
        source: what was packed.
        names: digest of the source's names, or of a TFDS set's own, its version and split.
        side: pixels of the short side, at most.
        quality: of the JPEG.
        complete: every image of the source is packed.
        shards: those that are whole.
        format: of the records.
    """

    source: str
    names: str
    side: int
    quality: int
    complete: bool = False
    shards: tuple[Shard, ...] = ()
    format: int = FORMAT

    @property
    def images(self) -> int:
        """Number of packed images."""
        return sum(shard.images for shard in self.shards)

    @property
    def bad(self) -> dict[str, str]:
        """Why an image was left out, by name."""
        return {name: why for shard in self.shards for name, why in shard.bad.items()}


def read_index(folder: Path) -> Index | None:
    """Reads the index of a packed set; None if there is none.

    Raises:
        DataError: if it is damaged, or of another format.
        UnreadableError: if the storage fails.
    """
    path = folder / INDEX_FILE
    if not path.exists():
        return None
    try:
        values = parse_object(patiently(str(path), path.read_bytes))
        shards = tuple(Shard(**shard) for shard in values.pop("shards"))
        index = Index(**values, shards=shards)
    except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise DataError(f"{path} is damaged ({error}); pack the photos again elsewhere") from None
    if index.format != FORMAT:
        raise DataError(f"{path} has format {index.format}; this version reads {FORMAT}")
    return index


def write_index(folder: Path, index: Index) -> None:
    """Writes the index atomically."""
    write_text(folder / INDEX_FILE, json.dumps(dataclasses.asdict(index), indent=1) + "\n")


def encode(record: Record) -> bytes:
    """A record as it lies in a shard: a msgpack map of `name` and `image`."""
    values = {"name": record.name, "image": record.data}
    return msgpack.packb(values, unicode_errors=_NAMES)


def decode(data: bytes) -> Record:
    """The inverse of `encode`."""
    values = msgpack.unpackb(data, unicode_errors=_NAMES)
    return Record(str(values["name"]), bytes(values["image"]))


class PackedSource:
    """Encoded images of a packed set, by index.

    Attributes:
        description: one phrase for the log.
    """

    def __init__(self, folder: Path) -> None:
        """Opens a set that `python -m acolvit_jax.prepare` made.

        Raises:
            DataError: if there is none, it is not complete, or a shard is missing or damaged.
        """
        index = read_index(folder)
        if index is None:
            raise DataError(
                f"no {INDEX_FILE} in {folder}; pack photos with "
                f"`python -m acolvit_jax.prepare PHOTOS {folder}`"
            )
        if not index.complete:
            raise DataError(
                f"{folder} is not complete; run `python -m acolvit_jax.prepare PHOTOS {folder}` "
                "again, it goes on"
            )
        paths = [folder / shard.file for shard in index.shards if shard.images]
        missing = [path.name for path in paths if not path.is_file()]
        if missing:
            raise DataError(f"{len(missing)} shards of {folder} are missing, first {missing[0]}")
        if not paths:
            raise DataError(f"{folder} holds no images: all of the source's were bad")
        self.description = f"images of {folder} ({index.source})"
        try:
            self._data = patiently(
                f"the shards of {folder}",
                lambda: grain.sources.ArrayRecordDataSource([str(path) for path in paths]),
            )
        except (RuntimeError, ValueError) as error:
            raise DataError(f"a shard of {folder} is damaged: {error}") from None
        if len(self._data) != index.images:
            raise DataError(
                f"the shards of {folder} hold {len(self._data)} images, its index says "
                f"{index.images}; pack the photos again"
            )

    def __len__(self) -> int:
        """Number of images."""
        return len(self._data)

    def __getitem__(self, index: int) -> Record:
        """The image at an index.

        Raises:
            ImageError: if its record is damaged.
        """
        with reading_a_record():
            return decode(self._data[index])

    def name_of(self, index: int) -> str:
        """The name of the image at an index; `image INDEX` where its record is damaged."""
        return stored_name(self, index)


def held_out(source: PackedSource, *, validation: bool) -> Part:
    """Every fiftieth image, for validation, or all others, for training."""
    indices = range(len(source))
    return Part(source, [i for i in indices if (i % HELD_OUT_EVERY == 0) == validation])
