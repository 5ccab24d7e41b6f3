"""Loss and keep ratio of runs over their steps, as a picture.

python -m benchmarks.training_curve docs/curve.png runs/half runs/any
"""

from __future__ import annotations

import sys
from pathlib import Path

import matplotlib

matplotlib.use("Agg")

import numpy as np
from matplotlib import pyplot as plt

from acolvit_jax.checkpoint.workdir import read_config
from acolvit_jax.training.metrics_log import read_metrics

SPAN = 5  # lines of the log that the drawn loss is the mean of; the dots are single batches


def means(values: np.ndarray) -> np.ndarray:
    return np.convolve(values, np.full(SPAN, 1 / SPAN), mode="valid")


def main() -> None:
    target, *runs = sys.argv[1:]
    figure, (loss, keep) = plt.subplots(2, 1, figsize=(7, 5), sharex=True)
    for run in runs:
        lines = [line for line in read_metrics(Path(run)) if "loss" in line]
        steps = [line["step"] for line in lines]
        config = read_config(Path(run))
        losses = np.array([line["huber"] for line in lines])
        (drawn,) = loss.plot(steps[SPAN - 1 :], means(losses), label=config.name)
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
    figure.savefig(target, dpi=100)


if __name__ == "__main__":
    main()
