"""Ctrl-C in a command line: it ends at once with exit code 130, whatever the process is doing.

SIGTERM, which supervisors and `kill` send, ends it as it would without this, by the signal itself,
but what is half written is deleted first.

Python's own way raises KeyboardInterrupt between two instructions of the main thread. In the middle
of an import or of a callback from C++ that is swallowed or aborts the process, while a program is
compiled it waits, and an interpreter that unwinds under threads which still compute dies of
SIGSEGV. What is written here is written atomically, so that nothing needs to be unwound.
"""

from __future__ import annotations

import os
import signal
import socket
import threading
import time
from types import FrameType

from acolvit_jax.common.errors import EXIT_INTERRUPTED, EXIT_TERMINATED
from acolvit_jax.common.files import drop_partial

_IN_PYTHON = 0.5  # seconds in which a main thread that is in Python has seen a signal
_said = threading.Lock()
_spared: int | None = None  # Ctrl-C that another's handler answers yet; None for all


def end_on_signals() -> None:
    """Listens to Ctrl-C and SIGTERM from now on.

    It is for the main thread of a command line, as early as it can. Whoever sets a handler of his
    own takes over until he puts this one back. What runs in the background of a script goes on
    ignoring Ctrl-C.
    """
    plain = {
        signal.SIGINT: (signal.default_int_handler, _interrupt),
        signal.SIGTERM: (signal.SIG_DFL, _terminate),
    }
    for number, (default, own) in plain.items():
        if signal.getsignal(number) is default:
            signal.signal(number, own)
    # The main thread looks at signals when it is back in Python; this one does at once.
    reading, writing = socket.socketpair()
    writing.setblocking(False)
    signal.set_wakeup_fd(writing.fileno(), warn_on_full_buffer=False)
    threading.Thread(target=_listen, args=(reading, writing), name="signals", daemon=True).start()


def spare_one() -> None:
    """Leaves one Ctrl-C to the handler in charge from now on; the one after it ends at once.

    The thread that listens counts for itself: whose handler is set when it looks says nothing,
    since the main thread may have answered before or may answer later.
    """
    global _spared
    _spared = 1


def _listen(reading: socket.socket, writing: socket.socket) -> None:
    """Waits for signals; the other end is held so that it stays open."""
    while numbers := reading.recv(64):
        if signal.SIGTERM in numbers and _is_to_end_by_term():
            time.sleep(_IN_PYTHON)  # the main thread can end by the signal itself, this one cannot
            drop_partial()
            os._exit(EXIT_TERMINATED)
        for _ in range(numbers.count(signal.SIGINT)):
            if signal.getsignal(signal.SIGINT) is _interrupt or _is_beyond_spared():
                _interrupt(signal.SIGINT, None)
    writing.close()


def _is_to_end_by_term() -> bool:
    """Whether nobody answers SIGTERM; where one has answered Ctrl-C he may have answered it too."""
    return _spared is None and signal.getsignal(signal.SIGTERM) is _terminate


def _is_beyond_spared() -> bool:
    """Counts a Ctrl-C that is another's handler's; whether it is one too many."""
    global _spared
    if _spared is None:
        return False
    _spared -= 1
    return _spared < 0


def _interrupt(number: int, frame: FrameType | None) -> None:
    if _said.acquire(blocking=False):
        drop_partial()
        os.write(2, b"interrupted\n")  # print may be in the middle of a line
        os._exit(EXIT_INTERRUPTED)


def _terminate(number: int, frame: FrameType | None) -> None:
    drop_partial()
    signal.signal(number, signal.SIG_DFL)
    os.kill(os.getpid(), number)
    os._exit(EXIT_TERMINATED)  # the first process of a container, which the system spares
