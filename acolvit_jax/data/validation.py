"""Validation batches: every image once over all processes."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from acolvit_jax.common.errors import DataError
from acolvit_jax.config import DataConfig, ModelConfig
from acolvit_jax.data.decoding import LoadColor
from acolvit_jax.data.records import ImageSource, evenly
from acolvit_jax.data.skips import Skips
from acolvit_jax.data.transforms import EvalTransform, Example


def check_usable(source: ImageSource, data: DataConfig, max_images: int, skips: Skips) -> None:
    """Reads validation images until one can be scored; most often that is the first.

    Args:
        source: of encoded images.
        data: skipping of grey photos.
        max_images: images at most, as for `eval_batches`.
        skips: counts what is left out.

    Raises:
        DataError: if none can be.
        UnreadableError: if the storage fails.
    """
    load = LoadColor(source, data.skip_grey)
    indices = evenly(len(source), max_images)
    for index in indices:
        _, _, skip = load.read(index)
        if skip is None:
            return
        skips.add(skip.name, skip.reason)
    raise DataError(
        f"none of the {len(indices)} validation images can be scored: all are corrupt or near grey"
    )


def eval_batches(
    source: ImageSource,
    data: DataConfig,
    model: ModelConfig,
    *,
    counts: tuple[int, ...],
    batch_size: int,
    max_images: int,
    skips: Skips,
    process_index: int = 0,
    process_count: int = 1,
) -> Iterator[Example]:
    """Validation batches of this process; every image comes once over all processes.

    Args:
        source: of encoded images.
        data: hint size, skipping of grey photos.
        model: size of image and patch.
        counts: numbers of hints K.
        batch_size: images of a batch over all processes.
        max_images: images at most, spread evenly over the source.
        skips: counts what is left out, for all validations of a run.
        process_index: this process.
        process_count: all processes.

    Yields:
        `inputs` `[b, len(counts), S, S, 4]`, `rgb` `[b, S, S, 3]` and `valid` `[b]`, 0 for images
        that are left out or only fill the last batch.
    """
    transform = EvalTransform(data, model, counts)
    load = LoadColor(source, data.skip_grey)
    indices = evenly(len(source), max_images)
    total = len(indices)
    local = batch_size // process_count
    blank = np.zeros((model.image_size, model.image_size, 3), np.uint8)
    for start in range(0, total, batch_size):
        first = start + process_index * local
        chosen = [(i, float(i < total)) for i in range(first, first + local)]
        examples = []
        for i, valid in chosen:
            name, rgb, skip = load.read(indices[min(i, total - 1)])
            if skip is not None:
                skips.add(skip.name, skip.reason)
            valid = valid if rgb is not None else 0.0
            photo = blank if rgb is None else rgb
            examples.append(transform(photo, name) | {"valid": np.float32(valid)})
        yield {key: np.stack([e[key] for e in examples]) for key in examples[0]}
