"""TensorFlow Datasets, read as ArrayRecord: TensorFlow itself is not needed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from acolvit_jax.common.errors import ConfigError, DataError
from acolvit_jax.common.reading import patiently
from acolvit_jax.data.records import Record, reading_a_record, stored_name

PREFIX = "tfds:"  # of a data set on a command line, where a folder may stand


class TfdsSet(NamedTuple):
    """A data set and its splits.

    Attributes:
        name: the builder's.
        train: split to train on.
        validation: split to validate on.
        note: what a person must do by hand before it can be prepared.
    """

    name: str
    train: str
    validation: str
    note: str = ""


TFDS_SETS = {
    "imagenet": TfdsSet(
        "imagenet2012",
        "train",
        "validation",
        " after putting ILSVRC2012_img_train.tar and ILSVRC2012_img_val.tar from image-net.org "
        "in {where}/downloads/manual",
    ),
    "imagenette": TfdsSet("imagenette/160px-v2", "train", "validation"),
    "imagenette-320": TfdsSet("imagenette/320px-v2", "train", "validation"),
    "flowers": TfdsSet("oxford_flowers102", "train", "validation"),
    "birds": TfdsSet("caltech_birds2011", "train", "test"),
}


def named_set(text: str) -> str | None:
    """Reads which data set a command line means.

    Args:
        text: `tfds:NAME`, with a key of `TFDS_SETS` or TFDS's own name of one.

    Returns:
        A key of `TFDS_SETS`; None for anything else, such as a folder.

    Raises:
        ConfigError: for an unknown data set.
    """
    if not text.lower().startswith(PREFIX):
        return None
    name = text[len(PREFIX) :]
    keys = {spec.name: key for key, spec in reversed(TFDS_SETS.items())}
    keys |= {full.split("/")[0]: keys[full] for full in list(keys)}
    keys |= {key: key for key in TFDS_SETS}
    if name not in keys:
        names = ", ".join(sorted(keys))
        raise ConfigError(f"data set {name!r} is unknown; use one of {names}")
    return keys[name]


def refuse_options_of_sets(photos: str, **given: str | None) -> None:
    """Refuses options of data sets where none is meant.

    Args:
        photos: as of `named_set`.
        **given: values by option, None where it was not given.

    Raises:
        ConfigError: names the first that was given in vain.
    """
    name = next((name for name, value in given.items() if value is not None), None)
    if name is not None and named_set(photos) is None:
        raise ConfigError(f"--{name}={given[name]} goes with {PREFIX}NAME, not with {photos}")


class TfdsSource:
    """Encoded images of a prepared data set, by index.

    Attributes:
        description: one phrase for the log.
        identity: the data set, its version, split and length: names are in its records, which
            hold the images too.
    """

    def __init__(self, name: str, split: str, data: Sequence[dict[str, Any]]) -> None:
        """Wraps a TFDS data source whose images are left encoded.

        Args:
            name: of the data set.
            split: with the data set and its version before it.
            data: the source.
        """
        self.description = f"TFDS {name}"
        self.identity = f"{split} {len(data)}".encode()
        self._name = name
        self._data = data

    def __len__(self) -> int:
        """Number of images."""
        return len(self._data)

    def __getitem__(self, index: int) -> Record:
        """Reads the record at an index.

        Raises:
            ImageError: if it is damaged.
        """
        stand_in = f"{self._name}-{index:07d}"
        with reading_a_record():
            example = self._data[index]
            name = example.get("file_name", example.get("image/filename", stand_in))
            text = name.decode() if isinstance(name, bytes) else str(name)
            return Record(text, bytes(example["image"]))

    def name_of(self, index: int) -> str:
        """The name in the record at an index; `image INDEX` where it is damaged."""
        return stored_name(self, index)


def tfds_source(dataset: str, data_dir: str, split: str) -> TfdsSource:
    """Opens a prepared data set.

    Args:
        dataset: a key of `TFDS_SETS`.
        data_dir: where it was prepared; empty is TFDS's own default.
        split: `train` or `validation`.

    Returns:
        Its images.

    Raises:
        DataError: if it was not prepared there; the message has the command that prepares it.
        UnreadableError: if the storage fails.
    """
    import tensorflow_datasets as tfds

    spec = TFDS_SETS[dataset]
    where = data_dir or tfds.core.constants.DATA_DIR

    def opened() -> TfdsSource:
        builder = tfds.builder(spec.name, data_dir=data_dir or None, file_format="array_record")
        features = builder.info.features
        encoded = [n for n, f in features.items() if isinstance(f, tfds.features.Image)]
        named = spec.validation if split == "validation" else spec.train
        data = builder.as_data_source(
            split=named, decoders={name: tfds.decode.SkipDecoding() for name in encoded}
        )
        return TfdsSource(spec.name, f"{builder.info.full_name} {named}", data)

    try:
        return patiently(f"{spec.name} in {where}", opened)
    except (AssertionError, KeyError, OSError, ValueError, NotImplementedError) as error:
        raise DataError(
            f"{spec.name} is not prepared as ArrayRecord in {where}; prepare it with `pip install "
            f"tensorflow && tfds build {spec.name} --file_format=array_record --data_dir={where}`"
            f"{spec.note.format(where=where)}"
        ) from error
