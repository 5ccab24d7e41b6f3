"""Packs any source of photos into shards that train fast from one disk or bucket."""

from __future__ import annotations

import contextlib
import dataclasses
import hashlib
import os
import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from array_record.python.array_record_module import ArrayRecordWriter

from acolvit_jax.common.cores import available_cores
from acolvit_jax.common.errors import DataError, ImageError
from acolvit_jax.common.files import write_bytes
from acolvit_jax.common.places import is_remote, make_folder, place
from acolvit_jax.common.progress import Progress
from acolvit_jax.data.records import ImageSource, PackableSource, Record, read_record
from acolvit_jax.data.shards import Index, Shard, encode, read_index, write_index
from acolvit_jax.data.sources import folder_source
from acolvit_jax.data.tfds import named_set, tfds_source
from acolvit_jax.photo import images

SHARD_IMAGES = 1024
Packed = tuple[Record | None, str, str]  # record or None, name, why it was left out


def open_photos(photos: str, split: str = "train", data_dir: str = "") -> PackableSource:
    """Opens what is to be packed.

    Args:
        photos: a folder, or `tfds:NAME` as `named_set` reads it.
        split: `train` or `validation`, for TFDS.
        data_dir: where TFDS data sets are prepared; empty is TFDS's own default.

    Returns:
        Its images.

    Raises:
        UserError: if they are missing.
    """
    if dataset := named_set(photos):
        return tfds_source(dataset, data_dir, split)
    if not place(photos).is_dir():
        raise DataError(f"no folder at {photos}; SRC is a folder of photos, or tfds:NAME")
    return folder_source(place(photos))


def pack(source: PackableSource, folder: Path, *, side: int, quality: int) -> Index:
    """Packs photos as JPEG into shards; a folder that was begun goes on after its last shard.

    Photos are turned upright, converted to sRGB and made smaller, so that the short side has
    `side` pixels; smaller ones keep their size. Bad ones are left out and named.

    Args:
        source: of encoded images.
        folder: for the shards and their index.
        side: pixels of the short side, at most.
        quality: of the JPEG, 1 to 100.

    Returns:
        The index of all of them.

    Raises:
        DataError: if the folder holds something else.
    """
    index = _begun(folder, _new_index(source, side, quality))
    start = sum(shard.taken for shard in index.shards)
    with (
        Progress(len(source), done=start) as progress,
        ThreadPoolExecutor(len(available_cores())) as pool,
    ):
        for first in range(start, len(source), SHARD_IMAGES):
            found = []
            taken = range(first, min(first + SHARD_IMAGES, len(source)))
            for one in pool.map(_packer(source, side, quality), taken):
                found.append(one)
                progress.advance()
            shard = _write_shard(folder, len(index.shards), found)
            index = dataclasses.replace(index, shards=(*index.shards, shard))
            write_index(folder, index)
            progress.say(f"{index.images:,} photos packed, {len(index.bad)} bad")
    index = dataclasses.replace(index, complete=True)
    write_index(folder, index)
    return index


def _new_index(source: PackableSource, side: int, quality: int) -> Index:
    digest = hashlib.sha256(source.identity).hexdigest()[:16]
    return Index(source.description, digest, side, quality)


def _begun(folder: Path, new: Index) -> Index:
    """The index of a folder that was begun with the same photos and settings, or the new one."""
    old = read_index(folder)
    if old is not None:
        if dataclasses.replace(old, shards=(), complete=False) != new:
            raise DataError(
                f"{folder} holds other photos or settings ({old.source}, side {old.side}, quality "
                f"{old.quality}); choose another folder"
            )
        return old
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise DataError(f"{folder} holds other files; choose another folder")
    make_folder(folder)
    write_index(folder, new)
    return new


def _packer(source: ImageSource, side: int, quality: int) -> Callable[[int], Packed]:
    def one(index: int) -> Packed:
        name = ""
        try:
            record = read_record(source, index)
            name = record.name
            return Record(name, _small_jpeg(record.data, side, quality)), name, ""
        except ImageError as error:
            return None, name or source.name_of(index), str(error)

    return one


def _small_jpeg(data: bytes, side: int, quality: int) -> bytes:
    """A photo made smaller, as a JPEG."""
    rgb = images.shrink(images.read_image(data), side)
    return images.encode_image(rgb, ".jpg", quality=quality)


def _write_shard(folder: Path, number: int, found: list[Packed]) -> Shard:
    """Writes a shard; it has its name only when it is whole.

    Raises:
        DataError: if it cannot be written.
    """
    name = f"photos-{number:05d}.array_record"
    records = [record for record, _, _ in found if record is not None]
    with _partial(folder / name) as partial:
        try:
            writer = ArrayRecordWriter(str(partial), "group_size:1")
            for record in records:
                writer.write(encode(record))
            writer.close()
        except RuntimeError as error:  # what the system says, in the library's words
            reason = ";".join(str(error).split(";")[:2])
            raise DataError(
                f"{folder / name} cannot be written ({reason}); see to the disk, then run again: "
                "it goes on"
            ) from error
    bad = {name: why for record, name, why in found if record is None}
    return Shard(name, len(found), len(records), bad)


@contextlib.contextmanager
def _partial(path: Path) -> Iterator[Path]:
    """A path on a disk to write to; what is written gets the other one when it is whole."""
    if is_remote(path):
        with tempfile.TemporaryDirectory() as made:
            copy = Path(made) / path.name
            yield copy
            write_bytes(path, copy.read_bytes())
        return
    partial = path.with_name(f".{path.name}.partial")
    try:
        yield partial
        os.replace(partial, path)
    finally:
        partial.unlink(missing_ok=True)
