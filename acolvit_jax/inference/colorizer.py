"""Any photo and hints in, the photo in color out."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from acolvit_jax.checkpoint.load import load_pretrained
from acolvit_jax.common.errors import ImageError
from acolvit_jax.config import AUTO_DTYPE, PRETRAINED, ModelConfig
from acolvit_jax.hints import Hint, draw_input, hints_in
from acolvit_jax.inference.engine import Engine
from acolvit_jax.inference.finish import Finish, color_photo
from acolvit_jax.inference.outcomes import Outcome, outcomes
from acolvit_jax.inference.placed import PlacedHints, place
from acolvit_jax.inference.reach import needs_automatic, within_reach
from acolvit_jax.inference.spread import spread_missing
from acolvit_jax.inference.tones import Tones
from acolvit_jax.models.compute import forward_macs
from acolvit_jax.models.params import Params
from acolvit_jax.models.precision import with_dtype
from acolvit_jax.photo import color, images

PhotoLike = np.ndarray | list[Any] | tuple[Any, ...] | images.ImageSource
AS_IT_IS = Finish()


@dataclass(frozen=True)
class Colorized:
    """A photo in color, and what it took.

    Attributes:
        rgb: uint8 `[H, W, 3]`, the photo's own size and lightness.
        ab: float32 `[S, S, 2]`, a* and b* at the model's size.
        decisions: float32 `[depth, 2]` (attention, FFN), 1 where the sublayer was computed.
        macs: multiply-accumulates of the forward with the hints.
        seconds: by stage: `input`, `model`, `output`.
        outcomes: what each hint asked for and what the photo shows, in the hints' order.
    """

    rgb: np.ndarray
    ab: np.ndarray
    decisions: np.ndarray
    macs: float
    seconds: dict[str, float]
    outcomes: tuple[Outcome, ...] = ()

    @property
    def keep_ratio(self) -> float:
        """Share of the sublayers that were computed."""
        return float(self.decisions.mean())


@dataclass(frozen=True)
class Prediction:
    """Colors at the model's size, and what they took.

    Attributes:
        ab_norm: float32 `[S, S, 2]`, normalized a and b.
        decisions: float32 `[depth, 2]` (attention, FFN), 1 where the sublayer was computed.
        macs: multiply-accumulates of the forward.
    """

    ab_norm: np.ndarray
    decisions: np.ndarray
    macs: float


class Colorizer:
    """Colorizes photos of any size; any number of threads may share one.

    Attributes:
        engine: the model.
        budget: keep ratio where a call names none; None for a model whose budget is fixed.
    """

    def __init__(self, config: ModelConfig, params: Params, *, budget: float | None = None) -> None:
        """Makes the model ready to run; see `from_pretrained`.

        Raises:
            ConfigError: if the budget does not fit the model.
        """
        self.engine = Engine(config, params)
        self.budget = self.engine.check_budget(budget)

    @classmethod
    def from_pretrained(
        cls,
        name_or_path: str | Path = PRETRAINED,
        *,
        budget: float | None = None,
        dtype: str = AUTO_DTYPE,
    ) -> Colorizer:
        """Loads a model.

        JAX's settings are left alone; a program that wants the next start to be quick calls
        `inference.compilation.keep_compiled_programs` first.

        Args:
            name_or_path: `pretrained` (the weights in the package), `pretrained-dense` (the
                dense model beside it), the folder of a run, a folder that `acolvit_jax.convert`
                wrote, or a weights file.
            budget: keep ratio in [0.1, 1], for a model of any budget; None is 0.5.
            dtype: of the matrix products, `float32`, `bfloat16`, or `auto`: the faster one here
                (`models/precision.py`). All else is float32.

        Returns:
            A colorizer.

        Raises:
            CheckpointError: if there is no such model, or it cannot be read.
            ConfigError: if the budget does not fit the model.
        """
        config, params = load_pretrained(name_or_path)
        return cls(with_dtype(config, dtype), params, budget=budget)

    def __call__(
        self,
        photo: PhotoLike,
        hints: Iterable[Hint] = (),
        *,
        budget: float | None = None,
        exact_hints: bool = True,
        finish: Finish = AS_IT_IS,
    ) -> Colorized:
        """Colorizes a photo.

        Args:
            photo: uint8 `[H, W, 3]` sRGB or `[H, W]` grey (lists of such numbers too), a PIL
                image, or a path, a binary file or encoded bytes of any photo that can be read.
                Only its lightness is looked at.
            hints: in pixels of the photo; none gives the model's own idea.
            budget: keep ratio of this call, for a model of any budget.
            exact_hints: give the photo's pixels under hints the colors asked for, exactly as far
                as `spread_missing` can, and spread what the model missed around them.
            finish: saturation and warmth of the whole result.

        Returns:
            The photo in color.

        Raises:
            ImageError: if the photo cannot be read or is no photo.
            HintError: for a hint outside the photo, or what is no `Hint`.
            ConfigError: if the budget does not fit the model.
        """
        times = [time.perf_counter()]
        hints = hints_in(hints)
        rgb = _pixels(photo)
        placed = self.place(hints, (rgb.shape[0], rgb.shape[1]))
        tones = Tones.of(rgb, self.engine.config.image_size)
        times.append(time.perf_counter())
        predicted = self.predict(tones, placed, budget=budget, exact_hints=exact_hints)
        times.append(time.perf_counter())
        ab = finish.of(color.denormalize_ab(predicted.ab_norm))
        out = color_photo(rgb, ab)
        times.append(time.perf_counter())
        stages = dict(zip(("input", "model", "output"), np.diff(times).tolist(), strict=True))
        pixels = [h.row for h in hints], [h.column for h in hints]
        came_of = outcomes(hints, placed, rgb[pixels], out[pixels])
        return Colorized(out, ab, predicted.decisions, predicted.macs, stages, came_of)

    def place(self, hints: Iterable[Hint], photo_size: tuple[int, int]) -> PlacedHints:
        """Places hints on this model's image, for `predict`.

        Args:
            hints: in pixels of the photo.
            photo_size: height and width of the photo.

        Returns:
            The placed hints.

        Raises:
            HintError: for a hint outside the photo, or what is no `Hint`.
        """
        config = self.engine.config
        return place(hints_in(hints), photo_size, config.image_size, config.hint_size)

    def predict(
        self,
        tones: Tones,
        hints: PlacedHints,
        *,
        budget: float | None = None,
        exact_hints: bool = True,
        automatic: Callable[[], Prediction] | None = None,
    ) -> Prediction:
        """Predicts colors at the model's size; for who keeps a photo's tones between calls.

        Args:
            tones: of the photo.
            hints: from `place`.
            budget: keep ratio of this call, for a model of any budget.
            exact_hints: give the photo's pixels under hints the colors asked for, exactly as far
                as `spread_missing` can, and spread what the model missed around them.
            automatic: gives this call's answer without hints, for who keeps it; None computes it.
                It is asked for where there is no hint, or one does not reach the whole photo.

        Returns:
            The colors.

        Raises:
            ConfigError: if the budget does not fit the model.
        """
        asked = self.budget if budget is None else self.engine.check_budget(budget)
        if not len(hints):
            return automatic() if automatic else self._forward(tones, hints, asked)
        share: np.ndarray | None = None
        if needs_automatic(hints):
            before = automatic() if automatic else self._forward(tones, hints.none(), asked)
            old = color.denormalize_ab(before.ab_norm)
            share = within_reach(hints, old, tones)
            hints = hints.with_colors(np.where(np.isnan(hints.ab), hints.shown(old), hints.ab))
        predicted = self._forward(tones, hints, asked)
        ab = color.denormalize_ab(predicted.ab_norm)
        if share is not None:
            ab = _mixed(old, ab, share)
        if exact_hints:
            ab = spread_missing(ab, tones, hints)
        return replace(predicted, ab_norm=color.normalize_ab(ab))

    def _forward(self, tones: Tones, hints: PlacedHints, budget: float | None) -> Prediction:
        """The model's own answer."""
        inputs = draw_input(tones.norm[..., 0], hints.cells, hints.ab, hints.cell_size)
        ab_norm, decisions = self.engine.one(inputs, budget)
        macs = float(forward_macs(decisions, self.engine.config))
        return Prediction(ab_norm, decisions, macs)


def _mixed(old: np.ndarray, new: np.ndarray, share: np.ndarray) -> np.ndarray:
    """Colors `[S, S, 2]` between two, by the share `[S, S, 1]` of the new ones.

    A plane at a time: NumPy is slow at lines of two numbers.
    """
    mixed = new - old
    for plane in range(2):
        mixed[..., plane] *= share[..., 0]
    mixed += old
    return mixed


def _pixels(photo: PhotoLike) -> np.ndarray:
    """The photo as uint8 `[H, W, 3]`."""
    if isinstance(photo, (list, tuple)):
        photo = _array(photo)
    if not isinstance(photo, np.ndarray):
        return images.read_photo(photo).rgb
    photo = np.asarray(photo)  # a matrix or a masked array does not do what other arrays do
    if photo.ndim == 2:
        photo = np.repeat(photo[..., None], 3, axis=-1)
    if photo.dtype != np.uint8 or photo.ndim != 3 or photo.shape[-1] != 3 or 0 in photo.shape:
        raise ImageError(
            f"a photo is uint8 [H, W, 3] or [H, W], not {photo.dtype} {list(photo.shape)}"
        )
    return photo


def _array(rows: Sequence[Any]) -> np.ndarray:
    """Lists of numbers as uint8, where they are in 0..255."""
    try:
        values = np.asarray(rows)
    except ValueError:
        raise ImageError("a photo in lists has rows of one length") from None
    whole = values.dtype.kind in "iu" and values.size > 0
    if not whole or values.min() < 0 or values.max() > 255:
        raise ImageError("a photo in lists holds whole numbers in 0..255")
    return values.astype(np.uint8)
