"""Command line: `python -m acolvit_jax.evaluate --checkpoint MODEL --images DIR --output DIR`."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from acolvit_jax.common import cli
from acolvit_jax.common.errors import ConfigError
from acolvit_jax.config import PRETRAINED, arguments

MOST_CLICKS = 1000


def parser() -> argparse.ArgumentParser:
    """The arguments."""
    from acolvit_jax.hints.files import DEFAULT_HINT_LIST, HINT_COUNTS

    parser = cli.ArgumentParser(
        prog="python -m acolvit_jax.evaluate",
        description="Scores models and baselines as the paper does. The same --output resumes.",
    )
    parser.add_argument(
        "--checkpoint",
        nargs="+",
        type=cli.path_or_name,
        default=[],
        metavar="[NAME=]PATH",
        help="models: runs, folders or files of weights, 'pretrained' or 'pretrained-dense' "
        "(pretrained, if there are no --baselines)",
    )
    parser.add_argument("--budgets", default="", help="for models of any budget: 1,0.7,0.5 (0.5)")
    arguments.add_dtype(parser)
    parser.add_argument("--baselines", default="", help="grey,nearest,levin")
    parser.add_argument(
        "--images",
        type=cli.path_or_name,
        default="sample",
        help="a folder, tfds:NAME, or 'sample' (the default)",
    )
    parser.add_argument(
        "--data_dir", type=cli.path_or_name, help="where tfds:NAME is prepared (TFDS's own default)"
    )
    parser.add_argument(
        "--list", type=cli.path_or_name, help="text file of the images to take (all)"
    )
    parser.add_argument("--max_images", type=int, default=0, help="take at most so many, evenly")
    parser.add_argument(
        "--hint_dir", type=cli.path, help="folder of h2-n{K}/*.txt (default: drawn as published)"
    )
    parser.add_argument("--hints", default="1,5,10,50", help="numbers of hints K (1,5,10,50)")
    parser.add_argument("--output", type=cli.path, help="folder of the report")
    parser.add_argument(
        "--clicks",
        type=int,
        default=0,
        help="also so many clicks, one after the other where the result is worst (15 is usual)",
    )
    parser.add_argument(
        "--finished",
        action="store_true",
        help="also each model as people see it: hints kept, each with its reach",
    )
    parser.add_argument("--lpips", action="store_true", help="also LPIPS (slow on CPU)")
    parser.add_argument("--propagation", action="store_true", help="also hint propagation range")
    parser.add_argument("--throughput", action="store_true", help="also Table 2, one thread")
    parser.add_argument("--skip_bad", action="store_true", help="leave undecodable images out")
    parser.add_argument("--make_hints", action="store_true", help="only write --hint_dir's files")
    parser.add_argument(
        "--hint_list", choices=list(HINT_COUNTS), help=f"whose hints to draw ({DEFAULT_HINT_LIST})"
    )
    return parser


def main(argv: Sequence[str]) -> None:
    """Evaluates as the arguments say, and prints the first table.

    Args:
        argv: arguments after the program's name.

    Raises:
        UserError: for what the person can mend.
    """
    args = parser().parse_args(argv)
    counts = cli.numbers("--hints", args.hints, low=0, high=10_000)
    if not counts or len(set(counts)) < len(counts) or any(c != int(c) for c in counts):
        raise ConfigError(f"--hints {args.hints!r}: wanted different whole numbers")
    if args.max_images < 0:
        raise ConfigError(f"--max_images {args.max_images} must be 0 (all) or more")
    if not 0 <= args.clicks <= MOST_CLICKS:
        raise ConfigError(f"--clicks {args.clicks} must be 0 (none) to {MOST_CLICKS}")
    if args.hint_list and args.hint_dir is not None and not args.make_hints:
        raise ConfigError(
            f"--hint_list {args.hint_list} is for hints that are drawn; those of "
            f"{args.hint_dir} are given: leave one of the two out"
        )
    if args.output is not None and args.output.is_file():
        raise ConfigError(f"--output {args.output} is a file; it must be a folder")
    if args.output is None and not args.make_hints:
        raise ConfigError("--output is missing: the folder of the report")
    from acolvit_jax.common.jax_settings import settle_jax
    from acolvit_jax.data.tfds import refuse_options_of_sets
    from acolvit_jax.evaluation.request import Request
    from acolvit_jax.evaluation.run import make_hints, run_evaluation
    from acolvit_jax.hints.files import DEFAULT_HINT_LIST

    refuse_options_of_sets(args.images, data_dir=args.data_dir)
    baselines = tuple(name for name in args.baselines.split(",") if name)
    default = () if baselines else (PRETRAINED,)
    request = Request(
        checkpoints=tuple(args.checkpoint) or default,
        budgets=tuple(arguments.budgets(args.budgets)),
        baselines=baselines,
        images=args.images,
        list_file=args.list or "",
        data_dir=args.data_dir or "",
        hint_dir=args.hint_dir,
        counts=tuple(int(c) for c in counts),
        output=args.output,
        lpips=args.lpips,
        propagation=args.propagation,
        throughput=args.throughput,
        skip_bad=args.skip_bad,
        max_images=args.max_images,
        hint_list=args.hint_list or DEFAULT_HINT_LIST,
        finished=args.finished,
        clicks=args.clicks,
        dtype=args.dtype,
    )
    if args.make_hints:
        print(make_hints(request))
        return
    settle_jax()
    path = run_evaluation(request)
    text = path.read_text()
    print(text.split("## Table 1")[1].split("##")[0].split("![")[0].strip())
    print(f"report: {path}")


if __name__ == "__main__":
    cli.run(main)
