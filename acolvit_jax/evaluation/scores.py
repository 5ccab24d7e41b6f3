"""Scores of single images: computed in batches, kept in a file that a killed run goes on from."""

from __future__ import annotations

import functools
import json
import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from acolvit_jax.common.errors import ConfigError
from acolvit_jax.common.files import set_aside, write_text
from acolvit_jax.common.growing import GrowingFile
from acolvit_jax.common.json_lines import keep_damaged, parse_object, read_lines
from acolvit_jax.photo.metrics import boundary_psnr, compose_rgb, patch_error_variance, psnr

PATCH_SIZE = 16
SCORES_FILE = "scores.jsonl"
IDENTITY_FILE = "evaluation.json"
REPORT_FILE = "report.json"

log = logging.getLogger(__name__)

Key = tuple[str, int, str]  # method, K, image


@dataclass(frozen=True)
class Score:
    """Scores of one image at one K by one method.

    Attributes:
        method: its name.
        count: K.
        image: file name.
        values: by metric: `psnr`, `boundary_psnr` (dB), `patch_error_variance`, and where asked for
            `lpips` and `propagation` (pixels; absent where a hint changed nothing).
        macs: multiply-accumulates of all that was computed, None for a baseline.
        decisions: `[depth][2]`, None for a baseline.
    """

    method: str
    count: int
    image: str
    values: dict[str, float]
    macs: float | None
    decisions: list[list[int]] | None

    @property
    def key(self) -> Key:
        """What tells it from the others."""
        return self.method, self.count, self.image


class ScoreFile:
    """The scores of a report so far, a line each; a line cut short by a kill is dropped."""

    def __init__(self, folder: Path, identity: Mapping[str, Any]) -> None:
        """Opens or makes the file. What is damaged is set aside, with a warning, and scored again.

        Args:
            folder: of the report.
            identity: what the scores depend on; it must be that of the scores in the folder, but
                `contenders` (identities of methods by name) may have grown. `products`, the dtype
                of the models' products, is part of theirs; it says why they differ. `images`, how
                the images were named, is for people: their names and content decide.

        Raises:
            ConfigError: if the folder holds another evaluation.
        """
        self._path = folder / SCORES_FILE
        own = folder / IDENTITY_FILE
        text = json.dumps(dict(identity), indent=2) + "\n"
        if own.exists():
            before = _read_identity(own)
            if before is None:
                _start_over(own)
            elif reason := _another(folder, before, json.loads(text)):
                raise ConfigError(reason)
        elif folder.exists() and any(
            not path.name.startswith("damaged-") for path in folder.iterdir()
        ):
            raise ConfigError(f"{folder} holds other files; choose another --output")
        scores, damaged = read_lines(self._path, _score)
        keep_damaged(self._path, damaged)
        self.scores: dict[Key, Score] = {score.key: score for score in scores}
        write_text(own, text)
        lines = [_line(score) for score in self.scores.values()]
        write_text(self._path, "".join(lines))
        self._file = GrowingFile(self._path)

    def add(self, scores: Sequence[Score]) -> None:
        """Appends scores and sees them onto the disk."""
        self._file.write("".join(_line(score) for score in scores).encode())
        self.scores.update({score.key: score for score in scores})

    def close(self) -> None:
        """Writes what is still in memory."""
        self._file.close()


def read_scores(folder: Path) -> list[Score]:
    """The scores that the folder of a report holds; what is damaged is passed over."""
    return read_lines(folder / SCORES_FILE, _score)[0]


def _read_identity(path: Path) -> dict[str, Any] | None:
    """What the scores in a folder depend on, None if it is damaged."""
    try:
        values = parse_object(path.read_bytes())
    except ValueError:
        return None
    return values if isinstance(values.get("contenders"), dict) else None


def _start_over(own: Path) -> None:
    """Sets all aside of which nobody knows any more what it depends on."""
    records = [path for path in sorted(own.parent.glob("*.jsonl")) if path.name[:8] != "damaged-"]
    if (report := own.parent / REPORT_FILE).exists():
        records.append(report)
    names = [set_aside(path).name for path in (own, *records)]
    log.warning("%s is damaged; set aside as %s, all is scored again", own, " and ".join(names))


def _differing(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[str]:
    """Keys of what is not the same, the methods apart."""
    keys = (old.keys() | new.keys()) - {"contenders", "products", "images"}
    return sorted(key for key in keys if old.get(key) != new.get(key))


def _lost(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[str]:
    """Methods that another evaluation has not, or has with other weights or budgets."""
    former, now = old["contenders"], new["contenders"]
    return [name for name in former if now.get(name) != former[name]]


def _another(folder: Path, old: Mapping[str, Any], new: Mapping[str, Any]) -> str:
    """Says how an evaluation differs from that in a folder; nothing if it goes on from there."""
    differing, lost = _differing(old, new), _lost(old, new)
    if not differing and not lost:
        return ""
    before, now = old.get("products"), new.get("products")
    if not differing and before is not None and before != now:
        return (
            f"{folder} holds an evaluation in {before}, and this one is in {now}: add "
            f"--dtype {before}, or choose another --output"
        )
    missing = [name for name in lost if name not in new["contenders"]]
    changed = [name for name in lost if name not in missing]
    kinds = (("other", differing), ("another", changed), ("this one lacks", missing))
    reasons = [f"{words} {', '.join(names)}" for words, names in kinds if names]
    own = folder / IDENTITY_FILE
    again = "" if differing or changed else "name them again beside the new ones, or "
    return (
        f"{folder} holds another evaluation ({'; '.join(reasons)}; see {own}): {again}choose "
        "another --output"
    )


def _score(values: dict[str, Any]) -> Score:
    """A line of the file.

    Raises:
        ValueError: if it holds something else.
    """
    try:
        score = Score(method=values.pop("contender"), **values)
        layers = score.decisions or []
        numbers = [*score.values.values(), *([] if score.macs is None else [score.macs])]
        whole = (
            isinstance(score.method, str)
            and type(score.count) is int
            and isinstance(score.image, str)
            and "psnr" in score.values
            and all(type(number) in (int, float) for number in numbers)
            and all(len(layer) == 2 and set(layer) <= {0, 1} for layer in layers)
        )
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(str(error)) from error
    if not whole:
        raise ValueError("a line of scores that holds something else")
    return score


def _line(score: Score) -> str:
    """A score as the file has it: its method under the key `contender`."""
    values = dict(score.__dict__)
    return json.dumps({"contender": values.pop("method"), **values}) + "\n"


@functools.cache
def _simple_metrics() -> Any:
    """The compiled metrics that need no network.

    One image after the other: XLA adds up a batch of four otherwise than one of forty, and an
    image's scores are the same whatever is scored beside it.
    """

    def one(given: tuple[jax.Array, ...]) -> dict[str, jax.Array]:
        l_norm, ab, truth = (x[None] for x in given)
        predicted = compose_rgb(l_norm, ab)
        truth = truth.astype(jnp.float32) / 255.0
        measured = {
            "rgb": predicted,
            "psnr": psnr(predicted, truth),
            "boundary_psnr": boundary_psnr(predicted, truth, PATCH_SIZE),
            "patch_error_variance": patch_error_variance(predicted, truth, PATCH_SIZE),
        }
        return jax.tree.map(lambda x: x[0], measured)

    return jax.jit(lambda *given: jax.lax.map(one, given))


def simple_scores(
    inputs: np.ndarray, ab: np.ndarray, truth: np.ndarray
) -> tuple[np.ndarray, Iterator[dict[str, float]]]:
    """Scores a batch by the metrics of single pixels.

    Args:
        inputs: float32 `[B, S, S, 4]`.
        ab: normalized a, b `[B, S, S, 2]`.
        truth: uint8 `[B, S, S, 3]`.

    Returns:
        The results in sRGB, `[B, S, S, 3]` in [0, 1], and the values of each image.
    """
    measured = _simple_metrics()(inputs[..., 0], ab, truth)
    found = {name: np.asarray(value) for name, value in measured.items()}
    rgb = found.pop("rgb")
    return rgb, ({k: float(v[i]) for k, v in found.items()} for i in range(len(inputs)))


def propagation_range(
    before: np.ndarray, after: np.ndarray, cell: np.ndarray, hint_size: int, threshold: float = 2.3
) -> float | None:
    """IColoriT's hint propagation range: how far a new hint reaches.

    Args:
        before: a*, b* `[S, S, 2]` without the hint.
        after: a*, b* with it.
        cell: int `[2]`, the hint's row and column in cells.
        hint_size: side of a cell, in pixels.
        threshold: change in Lab units that the eye just notices.

    Returns:
        Mean distance in pixels from the hint's center to the pixels that changed by more, None if
        none did.
    """
    changed = np.argwhere(np.linalg.norm(after - before, axis=-1) > threshold)
    if not len(changed):
        return None
    center = cell * hint_size + (hint_size - 1) / 2
    return float(np.linalg.norm(changed - center, axis=1).mean())
