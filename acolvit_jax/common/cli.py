"""What every command line shares: errors in one line, exit codes."""

from __future__ import annotations

import argparse
import io
import logging
import os
import select
import sys
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NoReturn

from acolvit_jax.common.errors import EXIT_INTERRUPTED, EXIT_UNREAD, ConfigError, UserError
from acolvit_jax.common.interrupts import end_on_signals
from acolvit_jax.common.places import place, storage_error


class ArgumentParser(argparse.ArgumentParser):
    """An argument parser whose errors are one line, as all errors here."""

    def error(self, message: str) -> NoReturn:
        """Raises what is wrong with the arguments.

        Raises:
            ConfigError: always.
        """
        raise ConfigError(f"{message} (see {self.prog} --help)")


def path(text: str) -> Path:
    """A path of the command line; see `place`.

    Raises:
        argparse.ArgumentTypeError: what `place` raises; the parser says of which argument.
    """
    try:
        return place(text)
    except ConfigError as error:
        raise argparse.ArgumentTypeError(str(error)) from error


def path_or_name(text: str) -> str:
    """A path, or the name of a model or data set, as it was given; `~` and errors as of `path`."""
    path(text)
    return os.path.expanduser(text)


def numbers(flag: str, text: str, *, low: float, high: float) -> list[float]:
    """Reads numbers between commas.

    Args:
        flag: where they come from, for the message.
        text: of the numbers; empty is none.
        low: smallest allowed.
        high: largest allowed.

    Returns:
        The numbers in order.

    Raises:
        ConfigError: for anything else.
    """
    try:
        values = [float(part) for part in text.split(",") if part.strip()]
    except ValueError:
        values = [high + 1.0]
    if not all(low <= value <= high for value in values):
        raise ConfigError(f"{flag} {text!r}: wanted numbers in [{low:g}, {high:g}] between commas")
    return values


def _speak_plainly() -> None:
    """Keeps this process's output to what a person can act on.

    The package itself leaves warnings, logs and streams of its process alone; a program's are its
    own.
    """
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s: %(message)s")
    logging.getLogger("tifffile").setLevel(logging.CRITICAL)  # odd tags, the pixels are fine
    logging.getLogger("matplotlib").setLevel(logging.ERROR)  # a home that cannot be written
    warnings.filterwarnings("ignore", module=r"PIL\..*")  # odd metadata, as above
    for stream in (sys.stdout, sys.stderr):  # a name may hold what the console cannot print
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def run(main: Callable[[Sequence[str]], int | None]) -> None:
    """Runs a command line and exits with its code.

    A `UserError` is printed as one line, `error: ...`, and gives its own exit code. Where nobody
    reads the output any more it ends without a word, as other programs do.

    Args:
        main: takes the arguments after the program's name, returns an exit code or None. What is
            slow to import it imports itself: Ctrl-C is listened to from here on.
    """
    end_on_signals()
    _speak_plainly()
    _silence_orbax()
    try:
        code = main(sys.argv[1:]) or 0
        sys.stdout.flush()
    except UserError as error:
        print(f"error: {error}", file=sys.stderr)
        code = error.exit_code
    except OSError as error:
        if isinstance(error, BrokenPipeError) and _is_unread():
            sys.exit(EXIT_UNREAD)
        what = f"{error.filename}: " if error.filename else ""
        print(f"error: {what}{error.strerror or ' '.join(str(error).split())}", file=sys.stderr)
        code = 1
    except KeyboardInterrupt:  # of a server, or where Ctrl-C is listened to by another
        print("interrupted", file=sys.stderr)
        code = EXIT_INTERRUPTED
    except Exception as error:
        if (reason := storage_error(error)) is None:
            raise
        print(f"error: the storage says: {reason}", file=sys.stderr)
        code = 1
    sys.exit(code)


def _is_unread() -> bool:
    """Whether who read the output has enough, as `| head` does; what is left of it is dropped."""
    try:
        output, pipes = sys.stdout.fileno(), select.poll()
    except (AttributeError, OSError):  # no file of the system's, or a system that cannot tell
        return False
    pipes.register(output, 0)
    if not pipes.poll(0):
        return False
    os.dup2(os.open(os.devnull, os.O_WRONLY), output)
    return True


def _silence_orbax() -> None:
    """Keeps the tracebacks of damaged and unwritten checkpoints off the terminal.

    What fails fails for every array, and each of Orbax's threads says so at length, through two
    loggers and the hook of unraisable errors. `Checkpoints` says it in one line.
    """
    for name in ("absl", "asyncio"):
        logging.getLogger(name).setLevel(logging.CRITICAL)
    show = sys.unraisablehook

    def show_others(raised: sys.UnraisableHookArgs) -> None:
        if str(raised.exc_value) != "Event loop is closed":  # what its save or restore gave up
            show(raised)

    sys.unraisablehook = show_others
