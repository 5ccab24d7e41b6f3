"""Command line: `python -m acolvit_jax.convert SRC DST [--to KIND]`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from acolvit_jax.common import cli
from acolvit_jax.common.errors import CheckpointError

KINDS = ["jax", "torch", "weights", "stablehlo", "onnx", "web"]
FOLDERS = ("jax", "web")  # kinds whose target is a folder


def main(argv: Sequence[str]) -> None:
    """Converts as the arguments say.

    Args:
        argv: arguments after the program's name.

    Raises:
        UserError: for what the person can mend.
    """
    parser = cli.ArgumentParser(
        prog="python -m acolvit_jax.convert",
        description="Converts published PyTorch weights to ours, and ours to PyTorch, to one file "
        "of float16 weights, to StableHLO, to ONNX, or to a page without a server.",
    )
    parser.add_argument(
        "source",
        type=cli.path_or_name,
        help="--to jax: a .pth, .safetensors or .npz state dict; else a run, a folder or file of "
        "weights, 'pretrained' or 'pretrained-dense'",
    )
    parser.add_argument("target", type=cli.path, help="--to jax and web: a folder; else a file")
    parser.add_argument("--to", choices=KINDS, default="jax")
    parser.add_argument(
        "--provenance", type=cli.path, help="--to weights: JSON file of what the weights come from"
    )
    parser.add_argument(
        "--learned",
        nargs=2,
        metavar=("BEFORE", "AFTER"),
        help="--to weights: two states of a model of the same origin, the second trained from the "
        "first; what it learned between them is added, as a start for training",
    )
    parser.add_argument(
        "--average",
        action="append",
        default=[],
        metavar="MODEL=SHARE",
        help="--to weights: another state of the model that has this share, such as 0.3, of the "
        "mean; the source has what is left; may be repeated",
    )
    parser.add_argument(
        "--budget",
        type=float,
        help="of a model of any budget: what is written is a model of this budget alone",
    )
    parser.add_argument(
        "--platforms",
        default="",
        help="--to stablehlo: what the program runs on, some of cpu,cuda,rocm,tpu (this machine)",
    )
    parser.add_argument(
        "--dtype",
        choices=["float32", "float16", "int8"],
        help="how weights are stored, --to onnx (float32) and web (float16); products are float32",
    )
    parser.add_argument("--overwrite", action="store_true", help="replace what exists")
    args = parser.parse_args(argv)
    to_folder = args.to in FOLDERS
    if not args.overwrite and args.target.exists() and not (to_folder and _is_empty(args.target)):
        raise CheckpointError(f"{args.target} exists; add --overwrite, or choose another target")
    if not to_folder and args.target.is_dir():
        raise CheckpointError(f"{args.target} is a folder; the target of --to {args.to} is a file")
    from acolvit_jax.checkpoint.conversion import given_options, write_as

    given = given_options(
        args.to,
        {
            "provenance": args.provenance,
            "learned": args.learned and tuple(args.learned),
            "average": args.average,
            "budget": args.budget,
            "platforms": tuple(name for name in args.platforms.split(",") if name),
            "dtype": args.dtype,
        },
    )
    if args.to == "web":
        from acolvit_jax.demo.site import build

        print(build(args.source, args.target, **given))
        return
    from acolvit_jax.common.jax_settings import settle_jax

    settle_jax()
    print(write_as(args.to, args.source, args.target, **given))


def _is_empty(path: Path) -> bool:
    """Whether this is a folder with nothing in it, as a write that failed leaves one."""
    return path.is_dir() and not any(path.iterdir())


if __name__ == "__main__":
    cli.run(main)
