"""The protocol: every image, every K, every method, in batches of bounded memory."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from acolvit_jax import hints
from acolvit_jax.common.errors import ImageError
from acolvit_jax.common.progress import Progress
from acolvit_jax.data.records import ImageSource, read_record
from acolvit_jax.data.transforms import to_model_units
from acolvit_jax.evaluation.methods import Method
from acolvit_jax.evaluation.perceptual import Features, Lpips
from acolvit_jax.evaluation.scores import Score, ScoreFile, propagation_range, simple_scores
from acolvit_jax.hints.sets import HintSet
from acolvit_jax.inference import devices
from acolvit_jax.photo import color, images

BATCH = 32  # images, for each device


class ProtocolPhoto(NamedTuple):
    """One image of the protocol.

    Attributes:
        name: file name.
        rgb: uint8 `[S, S, 3]`: both sides resized, the aspect not kept.
        l_norm: `[S, S]`, normalized lightness.
        ab_norm: `[S, S, 2]`, normalized true colors.
    """

    name: str
    rgb: np.ndarray
    l_norm: np.ndarray
    ab_norm: np.ndarray

    def inputs(self, cells: np.ndarray) -> np.ndarray:
        """The model's input with hints in some cells, `[S, S, 4]`."""
        return hints.model_input(self.l_norm, self.ab_norm, cells)


@dataclass(frozen=True)
class Settings:
    """What is measured.

    Attributes:
        counts: numbers of hints K.
        image_size: side S of the images.
        lpips: the metric, or None.
        propagation: also measure how far the last hint reaches.
        skip_bad: leave out images that do not decode, instead of stopping.
    """

    counts: tuple[int, ...]
    image_size: int
    lpips: Lpips | None = None
    propagation: bool = False
    skip_bad: bool = False


def batch_size() -> int:
    """Images that are scored at once."""
    return BATCH * len(devices.working_devices())


def load_photo(source: ImageSource, index: int, image_size: int) -> ProtocolPhoto:
    """Reads one image as the protocol has it.

    Raises:
        ImageError: if it is gone or cannot be decoded; the message names it.
        UnreadableError: if the storage fails.
    """
    try:
        record = read_record(source, index)
        rgb = images.resize(images.read_image(record.data), (image_size, image_size))
    except ImageError as error:
        raise ImageError(f"{source.name_of(index)}: {error}") from None
    return ProtocolPhoto(record.name, rgb, *to_model_units(rgb))


def score_images(
    source: ImageSource,
    names: Sequence[str],
    hint_set: HintSet,
    methods: Sequence[Method],
    settings: Settings,
    file: ScoreFile,
    progress: Progress,
) -> list[str]:
    """Scores what the file does not hold yet.

    Args:
        source: of encoded images.
        names: file names by index.
        hint_set: cells by K and name.
        methods: to score.
        settings: what is measured.
        file: of scores, added to batch by batch.
        progress: is advanced by one an image, K and method.

    Returns:
        What was wrong with images that were left out.

    Raises:
        ImageError: if an image does not decode and `skip_bad` is off.
    """
    bad: list[str] = []
    for photos in _batches(source, names, methods, settings, file, progress, bad):
        truth = np.stack([photo.rgb for photo in photos])
        features: Features | None = None
        if settings.lpips is not None:
            features = settings.lpips.features(truth.astype(np.float32) / 255.0)
        for count in settings.counts:
            cells = [hint_set[count, photo.name] for photo in photos]
            inputs = np.stack([p.inputs(c) for p, c in zip(photos, cells, strict=True)])
            for method in methods:
                if all((method.name, count, p.name) in file.scores for p in photos):
                    continue
                file.add(
                    _score_batch(method, count, photos, cells, inputs, truth, features, settings)
                )
                progress.advance(len(photos))
        progress.say(f"{len(file.scores):,} scores")
    return bad


def _batches(
    source: ImageSource,
    names: Sequence[str],
    methods: Sequence[Method],
    settings: Settings,
    file: ScoreFile,
    progress: Progress,
    bad: list[str],
) -> Iterator[list[ProtocolPhoto]]:
    """Batches with something left to score; what is known is passed over."""
    keys = [(c.name, k) for c in methods for k in settings.counts]
    size = batch_size()
    for start in range(0, len(names), size):
        indices = range(start, min(start + size, len(names)))
        known = sum((*key, names[i]) in file.scores for i in indices for key in keys)
        if known == len(indices) * len(keys):
            continue
        photos = []
        for i in indices:
            try:
                photos.append(load_photo(source, i, settings.image_size))
            except ImageError as error:
                if not settings.skip_bad:
                    raise ImageError(f"{error}; --skip_bad leaves such images out") from None
                bad.append(str(error))
                print(f"warning: left out {error}", file=sys.stderr, flush=True)
                progress.advance(len(keys))
        if photos:
            yield photos


def _score_batch(
    method: Method,
    count: int,
    photos: list[ProtocolPhoto],
    cells: list[np.ndarray],
    inputs: np.ndarray,
    truth: np.ndarray,
    features: Features | None,
    settings: Settings,
) -> list[Score]:
    """Scores of one method at one K."""
    ab, decisions, macs = method.colorize(inputs)
    rgb, values = simple_scores(inputs, ab, truth)
    scores = [dict(v) for v in values]
    if settings.lpips is not None and features is not None:
        for score, value in zip(scores, _lpips(settings.lpips, rgb, features), strict=True):
            score["lpips"] = value
    if settings.propagation:
        for score, reach in zip(scores, _reaches(method, photos, cells, ab), strict=True):
            score |= {} if reach is None else {"propagation": reach}
    return [
        Score(
            method.name,
            count,
            photo.name,
            scores[i],
            None if macs is None else float(macs[i]),
            None if decisions is None else decisions[i].astype(int).tolist(),
        )
        for i, photo in enumerate(photos)
    ]


def _lpips(lpips: Lpips, rgb: np.ndarray, features: Features) -> list[float]:
    return np.asarray(lpips.distance(lpips.features(rgb), features)).tolist()


def _reaches(
    method: Method, photos: list[ProtocolPhoto], cells: list[np.ndarray], ab: np.ndarray
) -> list[float | None]:
    """How far the last hint of each image reaches; None without hints."""
    fewer = np.stack([p.inputs(c[:-1]) for p, c in zip(photos, cells, strict=True)])
    before = method.colorize(fewer).ab
    return [
        propagation_range(
            color.denormalize_ab(before[i]), color.denormalize_ab(ab[i]), c[-1], hints.HINT_SIZE
        )
        if len(c)
        else None
        for i, c in enumerate(cells)
    ]
