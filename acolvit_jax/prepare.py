"""Command line: `python -m acolvit_jax.prepare SRC DST [--side 192] [--quality 85]`."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from acolvit_jax.common import cli
from acolvit_jax.common.errors import ConfigError
from acolvit_jax.common.places import size_of

NAMED = 5  # bad photos that the last line names


def parser() -> argparse.ArgumentParser:
    """The arguments."""
    parser = cli.ArgumentParser(
        prog="python -m acolvit_jax.prepare",
        description="Packs photos, made small, into shards to train on: "
        "--config=configs/tiny.py:dense,records --config.data.path=DST. The same DST goes on.",
    )
    parser.add_argument(
        "source", type=cli.path_or_name, metavar="SRC", help="folder of photos, or tfds:NAME"
    )
    parser.add_argument("folder", metavar="DST", type=cli.path, help="folder for the shards")
    parser.add_argument(
        "--side", type=int, default=192, help="pixels of the short side, at most (192)"
    )
    parser.add_argument("--quality", type=int, default=85, help="of the JPEG, 1 to 100 (85)")
    parser.add_argument("--split", choices=("train", "validation"), help="of tfds:NAME (train)")
    parser.add_argument(
        "--data_dir", type=cli.path_or_name, help="where tfds:NAME is prepared (TFDS's own default)"
    )
    return parser


def main(argv: Sequence[str]) -> None:
    """Packs as the arguments say.

    Args:
        argv: arguments after the program's name.

    Raises:
        UserError: for what the person can mend.
    """
    args = parser().parse_args(argv)
    if args.side < 1:
        raise ConfigError(f"--side {args.side} must be at least 1")
    if not 1 <= args.quality <= 100:
        raise ConfigError(f"--quality {args.quality} must be in 1..100")
    from acolvit_jax.data.packing import open_photos, pack
    from acolvit_jax.data.tfds import refuse_options_of_sets

    refuse_options_of_sets(args.source, split=args.split, data_dir=args.data_dir)
    source = open_photos(args.source, args.split or "train", args.data_dir or "")
    index = pack(source, args.folder, side=args.side, quality=args.quality)
    size = sum(size_of(args.folder / shard.file) for shard in index.shards)
    print(
        f"{args.folder}: {index.images:,} photos in {len(index.shards)} shards, {size / 1e6:.1f} MB"
    )
    if index.bad:
        named = "; ".join(f"{name}: {why}" for name, why in list(index.bad.items())[:NAMED])
        print(f"left out {len(index.bad)} bad photos: {named}")


if __name__ == "__main__":
    cli.run(main)
