"""Config files: where they are, what they give, and what is wrong with one, in one line."""

from __future__ import annotations

import contextlib
import dataclasses
import re
import runpy
import sys
import traceback
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from ml_collections import ConfigDict

from acolvit_jax.common.errors import ConfigError, UserError
from acolvit_jax.config import Config

EXAMPLE = "configs/tiny.py:0.5"
_PACKAGE = Path(__file__).parents[1]


def split_arguments(argv: Sequence[str]) -> tuple[str, list[str]]:
    """Takes `--config FILE[:ARG]` out of a command line.

    Args:
        argv: arguments after the program's name.

    Returns:
        The last file with its argument, empty if there is none, and the other arguments.
    """
    given, others = "", []
    arguments = iter(argv)
    for argument in arguments:
        if match := re.fullmatch(r"--?config(?:=(.*))?", argument, re.DOTALL):
            given = next(arguments, "") if match[1] is None else match[1]
        else:
            others.append(argument)
    return given, others


def read_config_file(given: str) -> ConfigDict:
    """What a config file's `get_config` gives.

    Args:
        given: `FILE`, or `FILE:ARG` where `get_config` takes an argument. A file of `configs/` that
            is not in this folder is that of the package. It may import what lies beside it and in
            this folder.

    Returns:
        Fields of a run, as `build.from_config_dict` takes them.

    Raises:
        ConfigError: if there is no such file, or something is wrong in it: says where.
        UserError: that the file's code raises.
    """
    name, separator, argument = given.partition(":")
    file = find_config_file(name, given)
    try:
        with _importing_from(str(file.parent.absolute()), ""):  # the latter is the current one
            module = runpy.run_path(str(file))
            if "get_config" not in module:
                raise ConfigError(
                    f"{file} has no get_config; it is a function that gives a ConfigDict"
                )
            found = module["get_config"](*([argument] if separator else []))
        if not isinstance(found, ConfigDict | dict):
            raise ConfigError(f"{file}: get_config gives {found!r}, wanted a ConfigDict")
        return ConfigDict(found)
    except UserError:
        raise
    except Exception as error:  # whatever code of one's own may raise
        raise ConfigError(f"{_place_of(error, file)}: {_reason(error)}") from error


@contextlib.contextmanager
def _importing_from(*folders: str) -> Iterator[None]:
    """Has imports look into folders first, as those of a script do, however this was started.

    Modules found there stay, so that one process takes the first of one name.
    """
    sys.path[:0] = folders
    try:
        yield
    finally:
        for folder in folders:
            with contextlib.suppress(ValueError):  # the config's own code may have
                sys.path.remove(folder)


def find_config_file(name: str, given: str) -> Path:
    """The path of a config file.

    Args:
        name: as it was given; `configs/NAME.py` is looked for in the package too, where it is
            installed, and beside it, where it is a checkout.
        given: all of the argument, for the error.

    Raises:
        ConfigError: if there is none.
    """
    ours = re.fullmatch(r"configs/\w+\.py", name)
    folders = (Path(), _PACKAGE, _PACKAGE.parent) if ours else (Path(),)
    for folder in folders:
        if (folder / name).is_file():
            return folder / name
    looked = f" (looked in {', '.join(str(folder.absolute()) for folder in folders)})"
    raise ConfigError(f"no config file at {given}{looked}; for example {EXAMPLE}")


def flag_error(error: Exception) -> ConfigError:
    """What to say of an error of absl or ml_collections about `--config.x.y=z`."""
    if isinstance(error, AttributeError | KeyError):
        return ConfigError(_unknown_field(error))
    text = _in_one_line(error)
    if text.startswith("flag --config.train.budget="):
        text += f"; a model without gates takes none: {EXAMPLE.split(':')[0]}:dense"
    return ConfigError(text)


def _unknown_field(error: Exception) -> str:
    """The field that ml_collections does not find, and what there is."""
    text = str(error).replace("\\n", " ")
    name = re.search(r'Key "(\w+)"|>\.(\w+) does not', text) or re.search(r"(\w+)", text)
    unknown = name[name.lastindex or 0] if name else text
    sections = ", ".join(field.name for field in dataclasses.fields(Config))
    return f"field {unknown!r} is unknown; --config has {sections} (see acolvit_jax/config)"


def _place_of(error: Exception, file: Path) -> str:
    """`FILE:LINE` of an error: the last line of the file that led to it."""
    if isinstance(error, SyntaxError):
        return f"{error.filename or file}" + (f":{error.lineno}" if error.lineno else "")
    lines = [
        frame.lineno
        for frame in traceback.extract_tb(error.__traceback__)
        if frame.filename == str(file)
    ]
    return f"{file}:{lines[-1]}" if lines else str(file)


def _reason(error: Any) -> str:
    """An error of Python or ml_collections in one line."""
    if isinstance(error, SyntaxError):
        return f"{type(error).__name__}: {error.msg}"
    if isinstance(error, AttributeError | KeyError) and 'Key "' in str(error):
        return _unknown_field(error)
    return f"{type(error).__name__}: {_in_one_line(error)}"


def _in_one_line(error: Exception) -> str:
    return " ".join(str(error).split())
