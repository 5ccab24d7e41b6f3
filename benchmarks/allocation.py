"""Does compute go where it helps? The model's own choice against the same compute spread evenly.

    python -m benchmarks.allocation --images PHOTOS [--checkpoint pretrained] [--budgets 0.5,0.3]

A model of any budget colorizes every photo at a ladder of budgets. `chosen` is its answer to the
budget asked for: photos differ in how much is computed. `even` gives every photo the same, the
mean of what was chosen: its PSNR there is read from the photo's own ladder, between the two rungs
around it. The photos are also cut into thirds by the compute that they were given: a third that is
given more should gain more between the ends of the ladder.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from acolvit_jax.common import cli
from acolvit_jax.common.errors import ConfigError
from acolvit_jax.common.progress import Progress
from acolvit_jax.common.tables import markdown_table
from acolvit_jax.config.arguments import budgets as read_budgets
from acolvit_jax.config.budgets import checked_budget
from acolvit_jax.evaluation.image_sets import image_names, open_images, take_evenly
from acolvit_jax.evaluation.methods import IMAGE_SIZE, protocol_model
from acolvit_jax.evaluation.protocol import load_photo
from acolvit_jax.hints.sets import HintSet, drawn_hints
from acolvit_jax.inference.engine import Engine
from acolvit_jax.photo.metrics import compose_rgb, psnr

LADDER = (0.1, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.45, 0.5, 0.55, 0.6, 0.65, 0.7, 0.8, 1.0)
COUNTS = (1, 10, 50)
THIRDS = ("least", "middle", "most")


def climb(
    engine: Engine, source: Sequence, names: list[str], hints: HintSet, budgets: Sequence[float]
) -> tuple[np.ndarray, np.ndarray]:
    """PSNR and keep ratio, `[photos, K, budgets]` each."""
    scores = np.zeros((len(names), len(COUNTS), len(budgets)))
    keep = np.zeros_like(scores)
    with Progress(len(names)) as progress:
        for i, name in enumerate(names):
            photo = load_photo(source, i, IMAGE_SIZE)
            inputs = [photo.inputs(hints[count, name]) for count in COUNTS]
            for j, budget in enumerate(budgets):
                ab, decisions = engine.many(np.stack(inputs), budget)
                rgb = compose_rgb(np.repeat(photo.l_norm[None], len(ab), axis=0), ab)
                truth = np.broadcast_to(photo.rgb / np.float32(255.0), rgb.shape)
                scores[i, :, j] = psnr(rgb, truth)
                keep[i, :, j] = decisions.mean(axis=(1, 2))
            progress.advance()
    return scores, keep


def even_scores(scores: np.ndarray, keep: np.ndarray, share: float) -> np.ndarray:
    """PSNR `[photos]` of every photo at one keep ratio, from its ladder `[photos, budgets]`."""
    order = np.argsort(keep, axis=1)
    return np.array(
        [np.interp(share, k[o], s[o]) for s, k, o in zip(scores, keep, order, strict=True)]
    )


def report(scores: np.ndarray, keep: np.ndarray, asked: int) -> list[list[str]]:
    """Rows of the table for one budget: mean over the photos at each K."""
    rows = []
    for k, count in enumerate(COUNTS):
        given = keep[:, k, asked]
        gains = scores[:, k, -1] - scores[:, k, 0]
        thirds = np.array_split(np.argsort(given, kind="stable"), 3)
        chosen = scores[:, k, asked].mean()
        even = even_scores(scores[:, k], keep[:, k], given.mean()).mean()
        rows.append(
            [f"{count}", f"{given.mean():.3f}", f"{given.std():.3f}", f"{chosen:.3f}"]
            + [f"{even:.3f}", f"{chosen - even:+.3f}", f"{np.corrcoef(given, gains)[0, 1]:+.2f}"]
            + [f"{gains[part].mean():.2f}" for part in thirds]
        )
    return rows


def main(argv: Sequence[str]) -> None:
    parser = cli.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--checkpoint", default="pretrained")
    parser.add_argument("--images", default="sample")
    parser.add_argument("--budgets", default="0.5,0.3")
    parser.add_argument("--max_images", type=int, default=0)
    args = parser.parse_args(argv)
    asked = read_budgets(args.budgets)
    config, params = protocol_model(args.checkpoint)
    if not config.any_budget:
        raise ConfigError(f"{args.checkpoint} has one budget; give a model of any budget")
    for budget in asked:
        checked_budget(config, budget)
    engine = Engine(config, params)
    source = open_images(args.images)
    hints = drawn_hints(image_names(source), COUNTS, IMAGE_SIZE)
    part = take_evenly(source, args.max_images)
    ladder = [budget for budget in LADDER if budget >= config.smallest_budget]
    budgets = sorted({*ladder, *asked})
    scores, keep = climb(engine, part, image_names(part), hints, budgets)
    headings = ["K", "keep ratio", "deviation", "chosen, dB", "even, dB", "difference"]
    headings += ["correlation with gain"] + [f"gain of the third given {name}" for name in THIRDS]
    for budget in asked:
        print(f"\nbudget {budget:g}, {len(scores)} photos\n")
        print(markdown_table(headings, report(scores, keep, budgets.index(budget))))


if __name__ == "__main__":
    cli.run(main)
