"""What a run tells at its end."""

import shlex
from pathlib import Path
from types import SimpleNamespace

import pytest

from acolvit_jax.evaluation.methods import IMAGE_SIZE
from acolvit_jax.hints import HINT_SIZE
from acolvit_jax.training.loop import Result
from acolvit_jax.training.summary import conclude
from tests.training.runs import small_config


def conclusion(workdir, **model):
    """The words of the commands."""
    validation = SimpleNamespace(table=lambda: "| scores |")
    config = small_config(model=model)
    told = conclude(config, workdir, Result(2, validation, workdir, workdir / "p.png"))
    return [shlex.split(line) for line in told.split("use it:\n")[1].splitlines()]


@pytest.mark.parametrize("folder", ["runs/tiny", "runs/the tiny one's"])
def test_the_commands_can_be_pasted(folder):
    workdir = Path(folder)
    commands = conclusion(workdir, image_size=224)
    assert [words[2] for words in commands] == [
        f"acolvit_jax.{name}" for name in ("colorize", "serve", "evaluate")
    ]
    for words in commands:
        assert words[words.index("--checkpoint") + 1] == folder
    assert [words[-1] for words in commands[::2]] == [f"{folder}/colors.png", f"{folder}/report"]


@pytest.mark.parametrize(
    ("image_size", "hint_size", "scored"),
    [(IMAGE_SIZE, HINT_SIZE, True), (32, HINT_SIZE, False), (IMAGE_SIZE, 4, False)],
)
def test_only_a_model_that_evaluate_takes_is_sent_there(image_size, hint_size, scored):
    commands = conclusion(Path("runs/x"), image_size=image_size, hint_size=hint_size)
    assert ("acolvit_jax.evaluate" in [words[2] for words in commands]) == scored
