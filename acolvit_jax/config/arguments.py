"""Arguments that every command that runs a model has."""

from __future__ import annotations

import argparse

from acolvit_jax.common.cli import numbers
from acolvit_jax.config import PRETRAINED, SMALLEST_BUDGET


def add_model_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds `--checkpoint` and `--budget`, as every command that runs a model has them."""
    parser.add_argument(
        "--checkpoint",
        default=PRETRAINED,
        help="folder of a run, weights file, 'pretrained' (default: the weights in the package) or "
        "'pretrained-dense' (the baseline that computes every layer)",
    )
    parser.add_argument(
        "--budget",
        type=float,
        help=f"keep ratio in [{SMALLEST_BUDGET}, 1], for a model of any budget (0.5)",
    )


def budgets(text: str) -> list[float]:
    """Reads the budgets of `--budgets`, for models of any budget.

    Raises:
        ConfigError: for anything but budgets between commas.
    """
    return numbers("--budgets", text, low=SMALLEST_BUDGET, high=1.0)
