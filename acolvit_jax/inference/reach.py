"""How far hints change a photo: beyond their reach the automatic result comes back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from acolvit_jax.common.jax_settings import compiled
from acolvit_jax.hints import REACHES
from acolvit_jax.inference.placed import PlacedHints
from acolvit_jax.inference.tones import Tones

_SAME = 4.0  # CIE76: a hint that asks for about this little that is new changes little
_LIKE = 20.0  # L*, by which what is left alone fades into what is not
_AT_ONCE = 4  # hints in a compiled loop over the pixels
_MOST = 64  # hints in a call
_ALONE = 96.0  # pixels of the model's image: reach of what is left alone and names none


@dataclass(frozen=True)
class Likeness:
    """How far a hint reaches that does not say: to what is like its place, anywhere in the photo.

    A color given to something dark or textured is seldom that of the bright, smooth sky behind
    it. Chosen by random hints and by clicks together (`python -m benchmarks.color_pipeline`).

    Attributes:
        lighter: L*, by which what is lighter than the hint's place fades out.
        darker: L*, by which what is darker does.
        smoother: natural logarithms of texture, by which what is smoother does.
        least: share that everything takes.
    """

    lighter: float = 30.0
    darker: float = 60.0
    smoother: float = 1.0
    least: float = 0.15


USUAL = Likeness()


def needs_automatic(hints: PlacedHints) -> bool:
    """Whether the result without hints has a part in the result with them."""
    return not (hints.reaches >= REACHES[1]).all() or bool(hints.left_alone.any())


def within_reach(
    hints: PlacedHints, automatic: np.ndarray, tones: Tones, usual: Likeness = USUAL
) -> np.ndarray:
    """How much of the result with hints is to be taken.

    Args:
        hints: placed on the model's image.
        automatic: float32 `[S, S, 2]`, a* and b* without hints.
        tones: of the photo.
        usual: reach of hints that name none.

    Returns:
        float32 `[S, S, 1]` in [0, 1]: near 1 at a hint that asks for another color than the
        automatic one, falling as its reach has it; what several hints reach takes more than what
        one does; 0 where the photo is to be left alone.
    """
    asked = np.linalg.norm(hints.ab - hints.shown(automatic), axis=-1)
    news = 1 - np.exp(-((asked / _SAME) ** 2))
    near = _nearness(hints, tones, usual)
    alone = hints.left_alone
    share = 1 - _left(near[~alone], news[~alone], tones)
    if alone.any():
        share *= _left(near[alone], np.ones(alone.sum()), tones)
    return share[..., None]


class _Near(NamedTuple):
    """How near pixels are to hints, as numbers of `_fade`, float32 `[K]` each.

    least + (1 - least) exp(-d / 2), where d is a sum of squares: of L* over the hint's, times
    `lighter` above and times `darker` below; of what is smoother than the hint's place, times
    `smoother`; and of distances, times `closer`.
    """

    tone: np.ndarray
    lighter: np.ndarray
    darker: np.ndarray
    smoothness: np.ndarray
    smoother: np.ndarray
    row: np.ndarray
    column: np.ndarray
    closer: np.ndarray
    least: np.ndarray


def _nearness(hints: PlacedHints, tones: Tones, usual: Likeness) -> np.ndarray:
    """The numbers of `_Near` for hints: float32 `[K, 9]`."""
    named = ~np.isnan(hints.reaches)
    alone = hints.left_alone
    alike = ~named & ~alone  # those reach by likeness, others by distance
    width = np.where(named, hints.reaches, _ALONE)
    whole = named & (width >= REACHES[1])
    cells = np.arange(hints.cell_size)
    corners = hints.cells * hints.cell_size
    rows, columns = (corners[:, axis, None] + cells for axis in (0, 1))
    cell = tones.lightness[rows[:, :, None], columns[:, None, :]]  # [K, h, h]
    middle = tones.lightness[tuple(hints.centers.astype(int).T)]
    near = _Near(
        tone=np.where(alike, cell.mean(axis=(1, 2)), middle),
        lighter=alike / usual.lighter + alone / _LIKE,
        darker=alike / -usual.darker - alone / _LIKE,
        smoothness=tones.smoothness[tuple(corners.T)],
        smoother=alike / usual.smoother,
        row=hints.centers[:, 0],
        column=hints.centers[:, 1],
        closer=~(alike | whole) / width,
        least=alike * usual.least,
    )
    return np.stack(near, axis=1).astype(np.float32)


def _left(near: np.ndarray, amounts: np.ndarray, tones: Tones) -> np.ndarray:
    """What hints leave of a photo: the product of 1 - amount * nearness, float32 `[S, S]`."""
    left = np.ones_like(tones.lightness)
    numbers = np.column_stack([near, amounts]).astype(np.float32)
    for start in range(0, len(numbers), _MOST):
        part = numbers[start : start + _MOST]
        padded = np.pad(part, [(0, _MOST - len(part)), (0, 0)])
        turns = np.int32(-(-len(part) // _AT_ONCE))
        left = compiled(_fade)(left, tones.lightness, tones.smoothness, padded, turns)
    return np.array(left)


def _fade(
    left: jax.Array,
    lightness: jax.Array,
    smoothness: jax.Array,
    hints: jax.Array,
    turns: jax.Array,
) -> jax.Array:
    """`left` `[S, S]` times 1 - amount * nearness of hints `[k, 10]`; the amount is last.

    Only of the first `turns` times `_AT_ONCE` of them.
    """
    down = jnp.arange(len(left), dtype=jnp.float32)[:, None]
    right = down.T

    def fade(turn: jax.Array, left: jax.Array) -> jax.Array:
        for hint in jax.lax.dynamic_slice_in_dim(hints, turn * _AT_ONCE, _AT_ONCE):
            near, amount = _Near(*hint[:-1]), hint[-1]
            apart = lightness - near.tone
            apart = jnp.maximum(apart * near.lighter, apart * near.darker)
            smoother = jnp.maximum(smoothness - near.smoothness, 0) * near.smoother
            away = ((down - near.row) ** 2 + (right - near.column) ** 2) * near.closer**2
            like = jnp.exp(-0.5 * (apart**2 + smoother**2 + away))
            left = left * (1 - amount * (near.least + (1 - near.least) * like))
        return left

    made: jax.Array = jax.lax.fori_loop(0, turns, fade, left)
    return made
