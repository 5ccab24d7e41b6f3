"""Command line: `python -m acolvit_jax.benchmark [--checkpoint NAME] [--threads N]`."""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from typing import Any

from acolvit_jax.common import cli
from acolvit_jax.common.cores import available_cores, use_cores
from acolvit_jax.common.errors import ConfigError
from acolvit_jax.common.files import write_text
from acolvit_jax.config import PRETRAINED, ModelConfig, arguments
from acolvit_jax.config.training import LARGEST_SEED


def parser() -> argparse.ArgumentParser:
    """The arguments."""
    parser = cli.ArgumentParser(
        prog="python -m acolvit_jax.benchmark",
        description="Measures what skipping saves: the paper's Table 2 and more.",
    )
    parser.add_argument("--checkpoint", type=cli.path_or_name, help="model to measure (pretrained)")
    parser.add_argument("--size", help="random weights of tiny, small or base instead")
    arguments.add_dtype(parser)
    parser.add_argument("--threads", type=int, default=1, help="cores to use (1)")
    parser.add_argument(
        "--keep_ratios", default="0.7,0.5,0.3,0", help="forced shares of sublayers (0.7,0.5,0.3,0)"
    )
    parser.add_argument("--budgets", default="", help="of a model of any budget (0.5)")
    parser.add_argument(
        "--forwards_only",
        action="store_true",
        help="leave out batches, the steps around the model and the start of a process",
    )
    parser.add_argument("--rounds", type=int, default=30, help="times that everything is run (30)")
    parser.add_argument("--seed", type=int, default=0, help="of patterns and inputs (0)")
    parser.add_argument("--json", type=cli.path, metavar="FILE", help="also write the numbers here")
    return parser


def main(argv: Sequence[str]) -> None:
    """Measures, and prints tables.

    Args:
        argv: arguments after the program's name.

    Raises:
        UserError: for what the person can mend.
    """
    args = parser().parse_args(argv)
    keep_ratios = cli.numbers("--keep_ratios", args.keep_ratios, low=0.0, high=1.0)
    budgets = arguments.budgets(args.budgets)
    available = len(available_cores())
    if not 1 <= args.threads <= available or args.rounds < 1:
        raise ConfigError(
            f"--threads {args.threads} must be 1..{available} here, and --rounds at least 1"
        )
    if not 0 <= args.seed <= LARGEST_SEED:
        raise ConfigError(f"--seed {args.seed} must be 0..{LARGEST_SEED}")
    if not use_cores(args.threads) and args.threads < available:
        raise ConfigError(f"this system cannot keep to {args.threads} cores: --threads {available}")
    from acolvit_jax.common.jax_settings import settle_jax
    from acolvit_jax.inference import measurement, measurement_tables
    from acolvit_jax.models.precision import resolve_dtype

    settle_jax()
    checkpoint, config, params = _model(args)
    if budgets and not config.any_budget:
        raise ConfigError(f"--budgets {args.budgets}: this model's budget is fixed")
    report = measurement.measure(
        config,
        params,
        checkpoint=checkpoint,
        keep_ratios=keep_ratios,
        budgets=budgets,
        rounds=args.rounds,
        threads=args.threads,
        seed=args.seed,
        forwards_only=args.forwards_only,
        dtypes=measurement.measured_dtypes(args.dtype, resolve_dtype(args.dtype)),
    )
    print(measurement_tables.markdown(report))
    if args.json:
        write_text(args.json, json.dumps(measurement_tables.as_dict(report), indent=2) + "\n")


def _model(args: argparse.Namespace) -> tuple[str, ModelConfig, dict[str, Any]]:
    """The model to measure and the name of its file, empty for random weights."""
    from acolvit_jax.checkpoint.load import load_pretrained
    from acolvit_jax.config.checks import choose
    from acolvit_jax.config.variants import VARIANTS
    from acolvit_jax.models.params import init_params

    if args.size is None:
        checkpoint = PRETRAINED if args.checkpoint is None else args.checkpoint
        return checkpoint, *load_pretrained(checkpoint)
    if args.checkpoint is not None:
        raise ConfigError("--checkpoint and --size: choose one of them")
    choose("--size", args.size, tuple(VARIANTS))
    config = VARIANTS[args.size]
    return "", config, init_params(config, args.seed)


if __name__ == "__main__":
    cli.run(main)
