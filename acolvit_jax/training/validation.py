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
from acolvit_jax.common.tables import markdown_table
from acolvit_jax.config import ModelConfig
from acolvit_jax.data.transforms import Example
from acolvit_jax.hints import pictures as hint_pictures
from acolvit_jax.models.params import graphdef_of
from acolvit_jax.photo import pictures
from acolvit_jax.photo.metrics import compose_rgb, psnr
from acolvit_jax.training import sharding

PICTURES = 6  # photos in a grid

EvalStep = Callable[..., tuple[dict[str, jax.Array], jax.Array]]


@dataclass(frozen=True)
class Validation:
    """Scores of one validation.

    Attributes:
        psnr: in dB by number of hints K, mean over the images.
        keep: mean keep ratio over images and hint counts.
        keep_by_layer: `[depth][2]` (attention, FFN).
        images: how many were scored.
        picture: grid of some of them, uint8 `[H, W, 3]`; None on a process that holds none.
    """

    psnr: dict[int, float]
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
        return {"validation": True, "validation_keep": self.keep} | by_count

    def table(self) -> str:
        """A Markdown table."""
        headings = [f"PSNR@{k} (dB)" for k in self.psnr] + ["keep ratio", "images"]
        scores = [f"{value:.2f}" for value in self.psnr.values()]
        return markdown_table(headings, [[*scores, f"{self.keep:.3f}", str(self.images)]])


def make_eval_step(config: ModelConfig, budget: float, mesh: Mesh) -> EvalStep:
    """Builds the jitted forward and score of one batch at one number of hints.

    Args:
        config: the architecture.
        budget: asked of a model of any budget; the others take none.
        mesh: of the run.

    Returns:
        `step(params, inputs [B, S, S, 4], rgb [B, S, S, 3], valid [B]) -> (sums, ab)`: sums over
        the valid images of all processes (`psnr`, `keep` `[depth, 2]`, `count`), and the colours.
    """
    graphdef = graphdef_of(config)
    asked = budget if config.any_budget else None

    def step(
        params: Any, inputs: jax.Array, rgb: jax.Array, valid: jax.Array
    ) -> tuple[dict[str, jax.Array], jax.Array]:
        ab, decisions = nnx.merge(graphdef, params)(inputs, train=False, budget=asked)
        truth = rgb.astype(jnp.float32) / 255.0
        scores = psnr(compose_rgb(inputs[..., 0], ab), truth)
        sums = {
            "psnr": (scores * valid).sum(),
            "keep": (decisions * valid[:, None, None]).sum(axis=0),
            "count": valid.sum(),
        }
        return sums, ab

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
    keep_sum: np.ndarray | float = 0.0
    total = 0.0
    rows: list[list[np.ndarray]] = []
    shown = len(counts) // 2
    for batch in batches:
        for i in range(len(counts)):
            part = {"inputs": batch["inputs"][:, i], "rgb": batch["rgb"], "valid": batch["valid"]}
            sums, ab = step(params, **sharding.put_batch(part, mesh))
            psnr_sums[i] += float(sums["psnr"])
            keep_sum = keep_sum + np.asarray(sums["keep"], np.float64) / len(counts)
            if i == shown and not rows:
                rows = _picture_rows(part, ab)
        total += float(sums["count"])
    if not total:
        raise DataError("none of the validation images can be scored: all are corrupt or near grey")
    headings = ["grey", f"{counts[shown]} hints", "result", "truth"]
    keep = keep_sum / total
    return Validation(
        psnr={count: float(psnr_sums[i] / total) for i, count in enumerate(counts)},
        keep=float(np.mean(keep)),
        keep_by_layer=np.asarray(keep).tolist(),
        images=int(total),
        picture=pictures.grid(rows, headings) if rows else None,
    )


def _picture_rows(part: Example, ab: jax.Array) -> list[list[np.ndarray]]:
    """Grey, hints, result and truth of the first images that this process holds."""
    local = np.concatenate([np.asarray(shard.data) for shard in ab.addressable_shards])
    results = np.asarray(compose_rgb(part["inputs"][..., 0], local))
    rows = []
    for i in np.flatnonzero(part["valid"])[:PICTURES]:
        inputs = part["inputs"][i]
        result = np.round(results[i] * 255).astype(np.uint8)
        hinted = hint_pictures.hints_picture(inputs)
        rows.append([pictures.grey_picture(inputs), hinted, result, part["rgb"][i]])
    return rows
