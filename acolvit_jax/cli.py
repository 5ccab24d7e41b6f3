"""What every command line shares: errors in one line, exit codes."""

from __future__ import annotations

import errno
import logging
import sys
from collections.abc import Callable, Sequence

from acolvit_jax.errors import UserError

INTERRUPTED = 130  # exit code after Ctrl-C, as shells have it


def run(main: Callable[[Sequence[str]], int | None]) -> None:
    """Runs a command line and exits with its code.

    A `UserError` is printed as one line, `error: ...`, and gives its own exit code.

    Args:
        main: takes the arguments after the program's name, returns an exit code or None.
    """
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s: %(message)s")
    try:
        code = main(sys.argv[1:]) or 0
    except UserError as error:
        print(f"error: {error}", file=sys.stderr)
        code = error.exit_code
    except OSError as error:
        if error.errno != errno.ENOSPC:
            raise
        print(f"error: no space left on the device: {error}", file=sys.stderr)
        code = 1
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        code = INTERRUPTED
    sys.exit(code)
