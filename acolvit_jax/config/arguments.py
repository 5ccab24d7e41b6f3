"""Arguments that every command that runs a model has."""

from __future__ import annotations

import argparse

from acolvit_jax.common.cli import numbers, path_or_name
from acolvit_jax.config import AUTO_DTYPE, DTYPES, PRETRAINED


def add_model_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds `--checkpoint`, `--budget` and `--dtype`, as commands that run a model have them."""
    parser.add_argument(
        "--checkpoint",
        type=path_or_name,
        default=PRETRAINED,
        help="folder of a run, weights file, 'pretrained' (default: the weights in the package) or "
        "'pretrained-dense' (computes every layer, for the best colors)",
    )
    parser.add_argument(
        "--budget",
        type=float,
        help="keep ratio, for a model of any budget: the pretrained one takes 0.1 to 1 (0.5)",
    )
    add_dtype(parser)


def add_dtype(parser: argparse.ArgumentParser) -> None:
    """Adds `--dtype`."""
    parser.add_argument(
        "--dtype",
        choices=DTYPES,
        default=AUTO_DTYPE,
        help="of matrix products; auto (the default) is bfloat16 where that is faster",
    )


def budgets(text: str) -> list[float]:
    """Reads the budgets of `--budgets`; each model checks them (`checked_budget`).

    Raises:
        ConfigError: for anything but numbers in [0, 1] between commas.
    """
    return numbers("--budgets", text, low=0.0, high=1.0)
