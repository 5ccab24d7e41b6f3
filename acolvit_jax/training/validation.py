"""The validation that training runs: PSNR by number of hints, keep ratio, a picture grid."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from flax import nnx
from jax.sharding import Mesh

from acolvit_jax.common.errors import DataError
from acolvit_jax.common.jax_settings import compiled
from acolvit_jax.common.tables import markdown_table
from acolvit_jax.config import ModelConfig
from acolvit_jax.data.transforms import Example
from acolvit_jax.hints import pictures as hint_pictures
from acolvit_jax.models.params import graphdef_of
from acolvit_jax.photo import pictures
from acolvit_jax.photo.metrics import compose_rgb, psnr
from acolvit_jax.training import sharding

PICTURES = 6  # photos in a grid

EvalStep = Callable[..., tuple[dict[str, jax.Array], dict[str, jax.Array]]]


@dataclass(frozen=True)
class Validation:
    """Scores of one validation.

    Attributes:
        psnr: in dB by number of hints K, mean over the images.
        grey: PSNR of the photos without any color, in dB, mean over the images.
        keep: mean keep ratio over images and hint counts.
        keep_by_layer: `[depth][2]` (attention, FFN).
        images: how many were scored.
        picture: grid of some of them, uint8 `[H, W, 3]`; None on a process that holds none.
    """

    psnr: dict[int, float]
    grey: float
    keep: float
    keep_by_layer: list[list[float]]
    images: int
    picture: np.ndarray | None

    @property
    def score(self) -> float:
        """One number to compare checkpoints by: PSNR, mean over the hint counts."""
        return sum(self.psnr.values()) / len(self.psnr)

    def scalars(self) -> dict[str, Any]:
        """What the record of the run keeps."""
        by_count = {f"psnr@{count}": value for count, value in self.psnr.items()}
        return {"validation": True, "validation_keep": self.keep, "grey": self.grey} | by_count

    def __str__(self) -> str:
        """One phrase for the log."""
        scores = (
            f"PSNR@{count} {value:.2f} ({value - self.grey:+.2f} over grey)"
            for count, value in self.psnr.items()
        )
        return f"{', '.join(scores)} dB, keep {self.keep:.3f}"

    def table(self) -> str:
        """A Markdown table."""
        hints = (f"{count} hint{'s' * (count != 1)}" for count in self.psnr)
        headings = ["", *hints, "keep ratio", "images"]
        scores = [f"{value:.2f}" for value in self.psnr.values()]
        gains = [f"{value - self.grey:+.2f}" for value in self.psnr.values()]
        return markdown_table(
            headings,
            [
                ["PSNR, dB", *scores, f"{self.keep:.3f}", str(self.images)],
                [f"over grey ({self.grey:.2f} dB)", *gains, "", ""],
            ],
        )


def make_eval_step(config: ModelConfig, budget: float, mesh: Mesh) -> EvalStep:
    """Builds the jitted forward and score of one batch at one number of hints.

    Args:
        config: the architecture.
        budget: asked of a model of any budget; the others take none.
        mesh: of the run.

    Returns:
        `step(params, inputs [B, S, S, 4], rgb [B, S, S, 3], valid [B]) -> (sums, given)`: sums over
        the valid images of all processes (`psnr`, `grey`, `keep` `[depth, 2]`, `count`), and what
        each image was given: `ab`, `decisions`, `psnr`.
    """
    graphdef = graphdef_of(config)
    asked = budget if config.any_budget else None

    def step(
        params: Any, inputs: jax.Array, rgb: jax.Array, valid: jax.Array
    ) -> tuple[dict[str, jax.Array], dict[str, jax.Array]]:
        ab, decisions = nnx.merge(graphdef, params)(inputs, train=False, budget=asked)
        truth = rgb.astype(jnp.float32) / 255.0
        scores = psnr(compose_rgb(inputs[..., 0], ab), truth)
        grey = psnr(compose_rgb(inputs[..., 0], jnp.zeros_like(ab)), truth)
        sums = {
            "psnr": (scores * valid).sum(),
            "grey": (grey * valid).sum(),
            "keep": (decisions * valid[:, None, None]).sum(axis=0),
            "count": valid.sum(),
        }
        return sums, {"ab": ab, "decisions": decisions, "psnr": scores}

    out = (sharding.replicated(mesh), sharding.batch_sharding(mesh))
    return jax.jit(step, out_shardings=out)


def validate(
    step: EvalStep,
    params: Any,
    batches: Iterable[Example],
    counts: tuple[int, ...],
    mesh: Mesh,
) -> Validation:
    """Scores parameters on the validation images of all processes.

    Args:
        step: from `make_eval_step`.
        params: to score.
        batches: this process's, from `eval_batches`.
        counts: numbers of hints K that the batches hold.
        mesh: of the run.

    Returns:
        Scores over every image, each counted once.

    Raises:
        DataError: if no image is left.
    """
    psnr_sums = np.zeros(len(counts))
    grey_sum = 0.0
    keep_sum: np.ndarray | float = 0.0
    total = 0.0
    picture: np.ndarray | None = None
    shown = len(counts) // 2
    for batch in batches:
        for i in range(len(counts)):
            part = {"inputs": batch["inputs"][:, i], "rgb": batch["rgb"], "valid": batch["valid"]}
            sums, given = step(params, **sharding.put_batch(part, mesh))
            psnr_sums[i] += float(sums["psnr"])
            grey_sum += float(sums["grey"]) / len(counts)
            keep_sum = keep_sum + np.asarray(sums["keep"], np.float64) / len(counts)
            if i == shown and picture is None:
                picture = _picture(part, given, counts[shown])
        total += float(sums["count"])
    if not total:
        raise DataError("none of the validation images can be scored: all are corrupt or near grey")
    keep = keep_sum / total
    return Validation(
        psnr={count: float(psnr_sums[i] / total) for i, count in enumerate(counts)},
        grey=grey_sum / total,
        keep=float(np.mean(keep)),
        keep_by_layer=np.asarray(keep).tolist(),
        images=int(total),
        picture=picture,
    )


def _picture(part: Example, given: dict[str, jax.Array], hints: int) -> np.ndarray | None:
    """The first images that this process holds, one a column; None if it holds none."""
    local = {
        name: np.concatenate([np.asarray(shard.data) for shard in value.addressable_shards])
        for name, value in given.items()
    }
    results = np.asarray(compiled(compose_rgb)(part["inputs"][..., 0], local["ab"]))
    columns, headings = [], []
    for i in np.flatnonzero(part["valid"])[:PICTURES]:
        inputs, decisions = part["inputs"][i], local["decisions"][i]
        columns.append(
            [
                pictures.grey_picture(inputs),
                hint_pictures.hints_picture(inputs),
                np.round(results[i] * 255).astype(np.uint8),
                part["rgb"][i],
                pictures.layer_map(decisions, inputs.shape[1]),
            ]
        )
        headings.append(f"{local['psnr'][i]:.1f} dB, {decisions.mean():.0%} computed")
    labels = ["grey", f"{hints} hints", "result", "truth", "layers"]
    return pictures.grid(list(zip(*columns, strict=True)), headings, labels) if columns else None
