"""Command line: `python -m acolvit_jax.convert SRC DST [--to jax|torch|stablehlo]`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from acolvit_jax import cli
from acolvit_jax.errors import CheckpointError


def main(argv: Sequence[str]) -> None:
    """Converts as the arguments say.

    Args:
        argv: arguments after the program's name.

    Raises:
        UserError: for what the person can mend.
    """
    parser = cli.ArgumentParser(
        prog="python -m acolvit_jax.convert",
        description="Converts published PyTorch weights to ours, and ours to PyTorch or StableHLO.",
    )
    parser.add_argument(
        "source",
        help="--to jax: a .pth, .safetensors or .npz state dict; else a run, a folder or file of "
        "weights, or 'pretrained'",
    )
    parser.add_argument("target", type=Path, help="--to jax: a folder; else a file")
    parser.add_argument("--to", choices=["jax", "torch", "stablehlo"], default="jax")
    parser.add_argument("--overwrite", action="store_true", help="replace what exists")
    args = parser.parse_args(argv)
    if args.target.exists() and not args.overwrite:
        raise CheckpointError(f"{args.target} exists; add --overwrite, or choose another target")
    if args.to != "jax" and args.target.is_dir():
        raise CheckpointError(f"{args.target} is a folder; the target of --to {args.to} is a file")
    from acolvit_jax.inference.convert import CONVERTERS

    print(CONVERTERS[args.to](args.source, args.target))


if __name__ == "__main__":
    cli.run(main)
