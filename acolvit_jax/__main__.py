"""Command line: `acolvit COMMAND ...`, which is `python -m acolvit_jax.COMMAND ...`."""

from __future__ import annotations

import importlib
from collections.abc import Sequence

import acolvit_jax
from acolvit_jax.common import cli
from acolvit_jax.common.errors import ConfigError

COMMANDS = {
    "colorize": "colorize a photo, or every photo of a folder",
    "serve": "serve a page on which photos are colored by clicking",
    "train": "train a model",
    "evaluate": "score models and baselines as the paper does",
    "benchmark": "measure what skipping saves on this machine",
    "convert": "convert weights from and to PyTorch, one file, or a program",
    "prepare": "pack a folder of photos for training",
}


def main(argv: Sequence[str]) -> int | None:
    """Runs a command.

    Args:
        argv: its name and its own arguments.

    Returns:
        Its exit code.

    Raises:
        ConfigError: for an unknown command.
        UserError: what the command raises.
    """
    name = argv[0] if argv else "--help"
    if name in ("-h", "--help"):
        lines = [f"  {command:<10} {text}" for command, text in COMMANDS.items()]
        print("usage: acolvit COMMAND ...; acolvit COMMAND --help says more\n\n" + "\n".join(lines))
        return 0
    if name == "--version":
        print(acolvit_jax.__version__)
        return 0
    if name not in COMMANDS:
        raise ConfigError(f"command {name!r} is unknown; choose one of {', '.join(COMMANDS)}")
    return importlib.import_module(f"acolvit_jax.{name}").main(argv[1:])


def acolvit() -> None:
    """The console script."""
    cli.run(main)


if __name__ == "__main__":
    acolvit()
