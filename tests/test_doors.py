"""The one command, `acolvit`, and what every door answers."""

import importlib

import pytest

import acolvit_jax
from acolvit_jax import __main__ as acolvit
from acolvit_jax import train
from acolvit_jax.common.errors import ConfigError


@pytest.mark.parametrize("command", acolvit.COMMANDS)
def test_every_door_says_what_it_takes(command, capsys):
    with pytest.raises(SystemExit) as ended:
        acolvit.main([command, "--help"])
    assert not ended.value.code
    assert f"acolvit_jax.{command}" in capsys.readouterr().out


@pytest.mark.parametrize("flag", ["-help", "--help=true", "-h"])
def test_training_says_it_however_it_is_asked(flag, capsys):
    with pytest.raises(SystemExit) as ended:
        train.main([flag])
    assert not ended.value.code
    assert "--config" in capsys.readouterr().out


def test_every_door_is_a_command():
    for command in acolvit.COMMANDS:
        assert callable(importlib.import_module(f"acolvit_jax.{command}").main)


@pytest.mark.parametrize("arguments", [[], ["--help"], ["-h"]])
def test_the_commands_are_listed(arguments, capsys):
    assert acolvit.main(arguments) == 0
    text = capsys.readouterr().out
    assert all(f"  {command} " in text for command in acolvit.COMMANDS)


def test_the_version_is_told(capsys):
    assert acolvit.main(["--version"]) == 0
    assert capsys.readouterr().out == f"{acolvit_jax.__version__}\n"


def test_an_unknown_command_lists_the_known_ones():
    with pytest.raises(ConfigError, match="command 'colour' is unknown; choose one of colorize, "):
        acolvit.main(["colour"])


@pytest.mark.parametrize(
    "arguments",
    [
        ["colorize", ""],
        ["colorize", "tests", "--hints="],
        ["colorize", "tests", "--checkpoint="],
        ["prepare", "", "OUT"],
        ["prepare", "tests", ""],
        ["evaluate", "--output=OUT", "--images="],
        ["evaluate", "--output=OUT", "--list="],
        ["evaluate", "--output=OUT", "--images=tfds:birds", "--data_dir="],
        ["evaluate", "--output=OUT", "--checkpoint="],
        ["evaluate", "--output=OUT", "--hint_dir="],
        ["evaluate", "--output="],
        ["evaluate", "--output=OUT", "--checkpoint", "model="],
        ["convert", "", "OUT"],
        ["convert", "pretrained", ""],
        ["convert", "pretrained", "OUT.safetensors", "--to=weights", "--learned", "", "a"],
        ["benchmark", "--checkpoint="],
        ["serve", "--checkpoint="],
        ["train", "--config=configs/tiny.py", "--workdir="],
    ],
)
def test_no_empty_path_is_the_current_folder(arguments, tmp_path):
    """A shell's variable that is not set gives one."""
    with pytest.raises(ConfigError, match="a path is empty: name a file or folder"):
        acolvit.main([argument.replace("OUT", str(tmp_path / "out")) for argument in arguments])
    assert not any(tmp_path.iterdir())
