"""Storage that fails, told apart from what is damaged."""

import errno
import json
import os

import pytest

from acolvit_jax.common import reading
from acolvit_jax.common.reading import UnreadableError, patiently, trouble

SYSTEM = "Error reading local file \"a/b\": Failed to open: Input/output error [os_error_code='5']"
REMOTE = 'UNAVAILABLE: Error reading "gs://bucket/a": HTTP response code: 503'


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (OSError(errno.ESTALE, os.strerror(errno.ESTALE), "a"), "Stale file handle"),
        (PermissionError(errno.EACCES, "Permission denied"), "Permission denied"),
        (ValueError(SYSTEM), "Input/output error"),
        (ValueError(REMOTE), "UNAVAILABLE"),
        (FileNotFoundError(errno.ENOENT, "No such file"), None),
        (ValueError("DATA_LOSS: CRC-32C checksum verification failed"), None),
        (EOFError("truncated"), None),
    ],
)
def test_trouble_of_the_storage_is_told_from_damage(error, said):
    assert trouble(error) == said
    wrapped = RuntimeError("cannot restore")
    wrapped.__cause__ = error
    assert trouble(wrapped) == said


def test_damage_is_not_read_again(monkeypatch):
    calls = []

    def read():
        calls.append(1)
        return json.loads("{")

    with pytest.raises(json.JSONDecodeError):
        patiently("a", read)
    assert len(calls) == 1


def test_the_storage_is_given_time(monkeypatch):
    pauses, failing = [], [OSError(errno.EIO, "Input/output error")] * 3

    def read():
        if failing:
            raise failing.pop()
        return 7

    monkeypatch.setattr(reading.time, "sleep", pauses.append)
    assert patiently("a", read) == 7
    assert pauses == [1.0, 2.0, 4.0]
    failing.extend([OSError(errno.EIO, "Input/output error")] * 9)
    with pytest.raises(UnreadableError, match="a cannot be read \\(Input/output error\\)"):
        patiently("a", read)
    assert len(failing) == 4
