"""Command line: `python -m acolvit_jax.serve [--port 8000]`."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from acolvit_jax.common import cli
from acolvit_jax.common.cores import leave_cores_to_others
from acolvit_jax.config import arguments


def parser() -> argparse.ArgumentParser:
    """The arguments."""
    parser = cli.ArgumentParser(
        prog="python -m acolvit_jax.serve",
        description="Serves a page on which photos are colored by clicking.",
    )
    parser.add_argument(
        "--host", default="127.0.0.1", help="address to bind to (127.0.0.1: this computer only)"
    )
    parser.add_argument("--port", type=_port, default=8000, help="0 takes a free one (8000)")
    parser.add_argument("--no_browser", action="store_true", help="do not open the page")
    parser.add_argument(
        "--behind_proxy",
        action="append",
        default=[],
        metavar="PATTERN",
        help="also answer to this host name, and let its site frame the page; repeatable; "
        "*.example.org is every name below example.org",
    )
    arguments.add_model_arguments(parser)
    return parser


def _port(text: str) -> int:
    """A port's number."""
    if not text.isdecimal() or int(text) > 65535:
        raise argparse.ArgumentTypeError(f"{text!r} is no port: wanted a number in 0..65535")
    return int(text)


def main(argv: Sequence[str]) -> None:
    """Serves until Ctrl-C.

    Args:
        argv: arguments after the program's name.

    Raises:
        UserError: for what the person can mend.
    """
    args = parser().parse_args(argv)
    leave_cores_to_others()
    from acolvit_jax.common.jax_settings import settle_jax
    from acolvit_jax.demo.server.server import serve
    from acolvit_jax.inference.compilation import keep_compiled_programs

    settle_jax()
    keep_compiled_programs()
    serve(
        args.checkpoint,
        host=args.host,
        port=args.port,
        budget=args.budget,
        dtype=args.dtype,
        proxies=tuple(args.behind_proxy),
        open_browser=not args.no_browser,
    )


if __name__ == "__main__":
    cli.run(main)
