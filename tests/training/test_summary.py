"""What a run tells at its end."""

import shlex
from pathlib import Path
from types import SimpleNamespace

import pytest

from acolvit_jax.training.loop import Result
from acolvit_jax.training.summary import conclude
from tests.training.runs import small_config


@pytest.mark.parametrize("folder", ["runs/tiny", "runs/the tiny one's"])
def test_the_commands_can_be_pasted(folder):
    workdir = Path(folder)
    validation = SimpleNamespace(table=lambda: "| scores |")
    told = conclude(small_config(), workdir, Result(2, validation, workdir, workdir / "p.png"))
    commands = [shlex.split(line) for line in told.split("use it:\n")[1].splitlines()]
    assert [words[2] for words in commands] == [
        f"acolvit_jax.{name}" for name in ("colorize", "serve", "evaluate")
    ]
    for words in commands:
        assert words[words.index("--checkpoint") + 1] == folder
    assert [words[-1] for words in commands[::2]] == [f"{folder}/colors.png", f"{folder}/report"]
