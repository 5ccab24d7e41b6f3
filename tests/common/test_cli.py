"""What every command line does with errors."""

import os
import subprocess
import sys

import pytest

from acolvit_jax.common import cli


@pytest.fixture
def run(monkeypatch, capsys):
    """Runs a command line in this process; gives its exit code and errors."""
    for name in ("end_on_signals", "_speak_plainly", "_silence_orbax"):
        monkeypatch.setattr(cli, name, lambda: None)

    def call(main):
        with pytest.raises(SystemExit) as ended:
            cli.run(main)
        return ended.value.code, capsys.readouterr().err

    return call


@pytest.mark.parametrize("flush", [False, True])
@pytest.mark.parametrize("length", [10, 100_000])
def test_output_that_nobody_reads_any_more_ends_it_quietly(run, monkeypatch, flush, length):
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "w") as out:
        monkeypatch.setattr(sys, "stdout", out)
        assert run(lambda argv: print("x" * length, flush=flush)) == (141, "")


def test_another_broken_pipe_is_an_error(run, monkeypatch):
    def main(argv):
        raise BrokenPipeError(32, "Broken pipe")

    assert run(main) == (1, "error: Broken pipe\n")
    with open(os.devnull, "w") as out:
        monkeypatch.setattr(sys, "stdout", out)
        assert run(main) == (1, "error: Broken pipe\n")


def test_a_home_that_cannot_be_written_is_no_matter_of_ours(tmp_path):
    """Matplotlib warns of it twice."""
    (tmp_path / "home").touch()
    code = "from acolvit_jax.common import cli; cli.run(lambda _: __import__('matplotlib') and 0)"
    homes = {"HOME": str(tmp_path / "home"), "MPLCONFIGDIR": "", "XDG_CONFIG_HOME": ""}
    done = subprocess.run(
        [sys.executable, "-c", code], env={**os.environ, **homes}, capture_output=True, text=True
    )
    assert (done.returncode, done.stderr) == (0, "")
