"""Config files of one's own: where they are found, and what is wrong with one in a line."""

import re
import sys
from pathlib import Path

import pytest

from acolvit_jax.common.errors import ConfigError
from acolvit_jax.config import files
from acolvit_jax.config.files import find_config_file, read_config_file, split_arguments
from acolvit_jax.train import _parse
from tests.integration.commands import ROOT

MAKE = "from acolvit_jax.config.recipes import make_config\n"
TINY = f"{MAKE}def get_config(arg=None):\n    config = make_config('tiny', arg)\n"
WRONG = {
    "an unknown field": (
        f"{TINY}    config.train.stepz = 3\n    return config\n",
        "own.py:4: field 'stepz' is unknown; --config has name, model, ",
    ),
    "an unknown field in an update": (
        f"{TINY}    config.update(train={{'stepz': 3}})\n    return config\n",
        "own.py:4: field 'stepz' is unknown; --config has name, model, ",
    ),
    "a value of another type": (
        f"{TINY}    config.train.steps = 'many'\n",
        "own.py:4: TypeError: Could not override field 'steps' (reference). many is of original",
    ),
    "an unknown size": (
        f"{MAKE}def get_config(arg=None):\n    return make_config('huge', arg)\n",
        "variant='huge' is unknown; choose one of tiny, small, base",
    ),
    "no argument": (
        "def get_config():\n    return {}\n",
        "own.py: TypeError: get_config() takes 0 positional arguments but 1 was given",
    ),
    "an unknown name": (
        "def get_config(arg):\n    return nothing\n",
        "own.py:2: NameError: name 'nothing' is not defined",
    ),
    "a missing module": (
        "\nimport nothing\n",
        "own.py:2: ModuleNotFoundError: No module named",
    ),
    "a missing file": (
        "def get_config(arg):\n    return open('/nowhere')\n",
        "own.py:2: FileNotFoundError: [Errno 2] No such file or directory: '/nowhere'",
    ),
    "no Python": ("\ndef get_config(arg)\n", "own.py:2: SyntaxError: expected ':'"),
    "an error of several lines": (
        "def get_config(arg):\n    raise ValueError('one\\ntwo')\n",
        "own.py:2: ValueError: one two",
    ),
    "no function": ("x = 1\n", "own.py has no get_config; "),
    "no config": (
        "def get_config(arg):\n    pass\n",
        "own.py: get_config gives None, wanted a ConfigDict",
    ),
}


@pytest.mark.parametrize("case", WRONG)
def test_what_is_wrong_in_a_file_is_one_line_that_says_where(tmp_path, monkeypatch, case):
    code, message = WRONG[case]
    monkeypatch.chdir(tmp_path)
    Path("own.py").write_text(code)
    with pytest.raises(ConfigError) as raised:
        _parse(["--config", "own.py:0.5"])
    assert str(raised.value).startswith(message)
    assert "\n" not in str(raised.value)


def test_a_file_may_give_a_dict_and_need_no_argument(tmp_path):
    (tmp_path / "own.py").write_text("def get_config():\n    return {'name': 'mine'}\n")
    assert read_config_file(f"{tmp_path}/own.py").name == "mine"
    assert _parse([f"--config={tmp_path}/own.py", "--config.name=other"]).config.name == "other"


def test_a_file_imports_what_lies_beside_it_and_in_this_folder(tmp_path, monkeypatch):
    """Where it stays so: both a command and `python -m` take the file, and leave no path behind."""
    own, here = tmp_path / "own", tmp_path / "here"
    for folder, name in ((own, "beside_the_config"), (here, "in_this_folder")):
        folder.mkdir()
        (folder / f"{name}.py").write_text("NAME = 'mine'\n")
    (own / "config.py").write_text(
        "from beside_the_config import NAME\n\n"
        "def get_config():\n    import in_this_folder as here\n"
        "    return {'name': NAME + here.NAME}\n"
    )
    monkeypatch.chdir(here)
    before = list(sys.path)
    assert read_config_file(f"{own}/config.py").name == "minemine"
    assert sys.path == before


def test_a_config_of_ones_own_begins_as_the_docs_say(tmp_path):
    page = (ROOT / "docs" / "training.md").read_text()
    code = re.search(r"```python\n(.*?)```", page, re.DOTALL)[1]
    (tmp_path / "own.py").write_text(code)
    config = _parse(["--config", f"{tmp_path}/own.py:0.5,imagenet"]).config
    assert (config.train.budget, config.train.batch_size) == (0.5, 64)


FLAGS = {
    "0.5 --config.train.stepz=3": "field 'stepz' is unknown; --config has name, ",
    "0.5 --config.train.steps.x=3": "field 'x' is unknown; --config has name, ",
    "0.5 --config.validation.hints=(1,'a')": "hints is (1, 'a'), wanted tuple[int, ...]",
    "dense --config.train.budget=0.5": "a gated model needs a budget, the dense baseline takes",
    "0.5 --config.train.budget=None": "; a model without gates takes none: configs/tiny.py:dense",
}


@pytest.mark.parametrize("case", FLAGS)
def test_what_is_wrong_in_a_flag_is_one_line(case):
    argument, flag = case.split()
    with pytest.raises(ConfigError) as raised:
        _parse(["--config", f"{ROOT}/configs/tiny.py:{argument}", flag])
    assert FLAGS[case] in str(raised.value)
    assert "\n" not in str(raised.value)


def test_a_budget_and_gates_can_be_given_to_a_dense_config():
    options = ["--config.model.gated=True", "--config.train.budget=0.3"]
    assert _parse([f"--config={ROOT}/configs/tiny.py:dense", *options]).config.train.budget == 0.3


def test_the_last_file_of_a_command_line_is_taken():
    argv = ["--config", "a.py", "--config.train.steps", "3", "-config=b.py:0.5", "--workdir=x"]
    assert split_arguments(argv) == ("b.py:0.5", ["--config.train.steps", "3", "--workdir=x"])
    assert split_arguments(["--config"]) == ("", [])


@pytest.mark.parametrize("place", ["acolvit_jax/configs", "configs"])
def test_configs_are_found_in_and_beside_the_package(tmp_path, monkeypatch, place):
    """Installed, they are in it; in a checkout they are at its root."""
    (tmp_path / place).mkdir(parents=True)
    (tmp_path / place / "tiny.py").touch()
    monkeypatch.setattr(files, "_PACKAGE", tmp_path / "acolvit_jax")
    here = tmp_path / "here"
    here.mkdir()
    monkeypatch.chdir(here)
    assert find_config_file("configs/tiny.py", "...") == tmp_path / place / "tiny.py"
    with pytest.raises(ConfigError) as raised:
        find_config_file("configs/none.py", "configs/none.py:any")
    assert str(raised.value) == (
        f"no config file at configs/none.py:any (looked in {here}, {tmp_path}/acolvit_jax, "
        f"{tmp_path}); for example configs/tiny.py:0.5"
    )
    with pytest.raises(ConfigError, match=r"looked in [^,]*/here\)"):
        find_config_file("runs/configs/tiny.py", "runs/configs/tiny.py")
    (here / "configs").mkdir()
    (here / "configs" / "tiny.py").touch()
    assert find_config_file("configs/tiny.py", "...") == Path("configs/tiny.py")
