"""Loss and keep ratio of runs over their steps, as a picture.

python -m benchmarks.training_curve docs/curve.png runs/half runs/any
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import matplotlib

matplotlib.use("Agg")

import numpy as np
from matplotlib import pyplot as plt

from acolvit_jax.checkpoint.workdir import read_config
from acolvit_jax.common import cli
from acolvit_jax.common.errors import DataError
from acolvit_jax.training.metrics_log import read_metrics

SPAN = 5  # lines of the log that the drawn loss is the mean of; the dots are single batches


def means(values: np.ndarray) -> np.ndarray:
    """Means of so many values in a row, of all where there are fewer; each ends at its last."""
    span = min(SPAN, len(values))
    return np.convolve(values, np.full(span, 1 / span), mode="valid")


def main(argv: Sequence[str]) -> None:
    parser = cli.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("picture", type=Path, help="file to write")
    parser.add_argument("runs", type=Path, nargs="+", help="folders of runs")
    args = parser.parse_args(argv)
    figure, (loss, keep) = plt.subplots(2, 1, figsize=(7, 5), sharex=True)
    for run in args.runs:
        config = read_config(run)
        lines = [line for line in read_metrics(run) if "loss" in line]
        if not lines:
            raise DataError(f"{run} has no step in its log yet; train.log_every says when")
        steps = [line["step"] for line in lines]
        losses = np.array([line["huber"] for line in lines])
        drawn_means = means(losses)
        (drawn,) = loss.plot(steps[-len(drawn_means) :], drawn_means, label=config.name)
        loss.plot(steps, losses, ".", color=drawn.get_color(), ms=3)
        if config.model.gated:
            keep.plot(steps, [np.mean(line["keep"]) for line in lines], color=drawn.get_color())
            if not config.model.any_budget:
                keep.axhline(config.train.budget, color=drawn.get_color(), ls="--", lw=0.8)
    loss.set_ylabel("Huber loss")
    loss.legend(fontsize=8)
    keep.set_ylabel("keep ratio of the batch")
    keep.set_ylim(0, 1)
    keep.set_xlabel("step")
    figure.tight_layout()
    figure.savefig(args.picture, dpi=100)


if __name__ == "__main__":
    cli.run(main)
