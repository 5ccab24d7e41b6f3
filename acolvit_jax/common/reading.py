"""Reading from storage that fails now and then: again after a while, and never called damage.

What a file holds is damaged if it does not decode or its checksum does not match. What cannot be
read at this moment (a server that restarts, a stale handle, a missing right) says nothing of that.
"""

from __future__ import annotations

import errno
import logging
import os
import re
import time
from collections.abc import Callable
from typing import TypeVar

from acolvit_jax.common.errors import UserError
from acolvit_jax.common.places import storage_error

T = TypeVar("T")

PAUSES = (1.0, 2.0, 4.0, 8.0)  # seconds before the second, third, ... try
_FOR_GOOD = {errno.EACCES, errno.EPERM}  # trying again does not help
_NAMES = (
    *("EIO", "ESTALE", "ETIMEDOUT", "EAGAIN", "EBUSY", "EINTR", "ENETDOWN", "ENETUNREACH"),
    *("ENETRESET", "ECONNRESET", "ECONNREFUSED", "ECONNABORTED", "EHOSTDOWN", "EHOSTUNREACH"),
    *("EREMOTEIO", "ENOTCONN", "ESHUTDOWN", "EMFILE", "ENFILE", "ENOMEM", "ENODEV", "ENXIO"),
)
_CODES = _FOR_GOOD | {getattr(errno, name) for name in _NAMES if hasattr(errno, name)}
# Libraries that read files in C++ raise errors of their own with the system's words in them.
_BY_WORDS = {os.strerror(code): code for code in _CODES}
_REMOTE = re.compile(r"\b(UNAVAILABLE|DEADLINE_EXCEEDED|PERMISSION_DENIED|UNAUTHENTICATED)\b")

log = logging.getLogger(__name__)


class UnreadableError(UserError):
    """Something that could not be read, of which nobody knows whether it is whole."""


def trouble(error: BaseException) -> str | None:
    """What the system or a storage service said, None for an error of what was read.

    Args:
        error: of reading, with those that caused it.

    Returns:
        A phrase. A file that is not there is an error of what was read: a part is lost.
    """
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, OSError) and cause.errno in _CODES:
            return os.strerror(cause.errno or 0)
        if said := storage_error(cause):
            return said
        text = str(cause)
        if isinstance(cause, OSError) and text.startswith("Forbidden"):  # as gcsfs has it
            return "Forbidden"
        for words in _BY_WORDS:
            if words in text:
                return words
        if remote := _REMOTE.search(text):
            return remote[0]
        cause = cause.__cause__ or cause.__context__
    return None


def patiently(what: str, read: Callable[[], T]) -> T:
    """Reads, and again after a while where the storage fails.

    Args:
        what: is read, for the person.
        read: reads it; it is called until it comes back or the storage has failed five times.

    Returns:
        What `read` returns.

    Raises:
        UnreadableError: if the storage goes on failing, or does not let us read.
        Exception: that of `read`, where it is no trouble of the storage.
    """
    pauses = iter(PAUSES)
    while True:
        try:
            return read()
        except Exception as error:
            reason = trouble(error)
            if reason is None:
                raise
            pause = None if _BY_WORDS.get(reason) in _FOR_GOOD else next(pauses, None)
            if pause is None:
                file = str(getattr(error, "filename", None) or "")
                where = "" if not file or file in what else f"{file}: "
                raise UnreadableError(
                    f"{what} cannot be read ({where}{reason}); nothing is known to be damaged and "
                    "nothing was changed: see to the storage, then run again"
                ) from error
            log.warning("%s cannot be read (%s); trying again in %g s", what, reason, pause)
            time.sleep(pause)
