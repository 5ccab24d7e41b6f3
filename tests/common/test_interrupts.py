"""Ctrl-C ends a command at once with 130, whatever it is doing, and SIGTERM as it always does."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
COMMAND = """
import signal, sys, threading
from pathlib import Path
from acolvit_jax.common import cli, files

def main(argv):
    {work}

cli.run(main)
"""
READY = "Path(argv[0]).touch()"
WORK = {
    "computing in Python": f"{READY}\n    while True: pass",
    # The main thread is not in Python before this is done, in a minute.
    "in a call of C": f"import hashlib; {READY}\n    hashlib.pbkdf2_hmac('md5', b'', b'', 10**9)",
    "beside threads": (
        "threading.Thread(target=__import__('time').sleep, args=(99,)).start()\n"
        f"    {READY}\n    threading.Event().wait()"
    ),
    # An exception in a callback of the garbage collector is printed, and swallowed.
    "in a callback": (
        "import gc\n    def busy(*_):\n        while True: pass\n"
        f"    gc.callbacks.append(busy); {READY}; gc.collect()"
    ),
}


def interrupted(code, tmp_path, *arguments, by=signal.SIGINT):
    """Exit code, seconds and errors of a command that gets Ctrl-C, or another signal."""
    ready = tmp_path / "ready"
    command = [sys.executable, "-c", code, ready, *arguments]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    default = signal.signal(signal.SIGINT, signal.default_int_handler)  # what is ignored stays so
    process = subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True)
    signal.signal(signal.SIGINT, default)
    end = time.monotonic() + 60
    while not ready.exists() and time.monotonic() < end:
        time.sleep(0.01)
    time.sleep(0.05)
    start = time.monotonic()
    process.send_signal(by)
    try:
        _, err = process.communicate(timeout=30)
    finally:
        process.kill()
    return process.returncode, time.monotonic() - start, err


@pytest.mark.parametrize("kind", WORK)
def test_it_ends_at_once(kind, tmp_path):
    code, seconds, err = interrupted(COMMAND.format(work=WORK[kind]), tmp_path)
    assert (code, err) == (130, "interrupted\n")
    assert seconds < 15


@pytest.mark.parametrize(("kind", "code"), [("computing in Python", -15), ("in a call of C", 143)])
def test_sigterm_ends_it_too(kind, code, tmp_path):
    ended, seconds, err = interrupted(COMMAND.format(work=WORK[kind]), tmp_path, by=signal.SIGTERM)
    assert (ended, err) == (code, "")
    assert seconds < 15


@pytest.mark.parametrize(
    ("by", "ends"), [(signal.SIGINT, (130, "interrupted\n")), (signal.SIGTERM, (-15, ""))]
)
def test_a_file_that_is_being_written_leaves_nothing(by, ends, tmp_path):
    work = (
        "target = Path(argv[1]); target.write_text('before')\n"
        "    def slow(path, data):\n"
        "        with path.open('wb') as file: file.write(b'ha')\n"
        f"        {READY}\n"
        "        threading.Event().wait()\n"
        "    Path.write_bytes = slow\n"
        "    files.write_bytes(target, b'half')"
    )
    target = tmp_path / "out" / "a.txt"
    target.parent.mkdir()
    code, _, err = interrupted(COMMAND.format(work=work), tmp_path, target, by=by)
    assert (code, err) == ends
    assert [path.name for path in target.parent.iterdir()] == ["a.txt"]
    assert target.read_text() == "before"


def test_who_has_a_handler_of_his_own_is_not_ended(tmp_path):
    """Training saves after the step at hand."""
    work = (
        "came = threading.Event()\n"
        "    signal.signal(signal.SIGINT, lambda *_: came.set())\n"
        f"    {READY}\n    came.wait(); return 7"
    )
    code, _, err = interrupted(COMMAND.format(work=work), tmp_path)
    assert (code, err) == (7, "")


def test_one_that_a_handler_answers_is_spared_and_the_next_ends_at_once(tmp_path):
    work = (
        "import hashlib, os\n"
        "    from acolvit_jax.common import interrupts\n"
        "    signal.signal(signal.SIGINT, lambda *_: Path(argv[1]).touch())\n"
        f"    interrupts.spare_one(); {READY}; os.kill(os.getpid(), signal.SIGINT)\n"
        "    hashlib.pbkdf2_hmac('md5', b'', b'', 10**9)"
    )
    answered = tmp_path / "answered"
    code, seconds, err = interrupted(COMMAND.format(work=work), tmp_path, answered)
    assert answered.exists()
    assert (code, err) == (130, "interrupted\n")
    assert seconds < 15
