"""A run's folder: its config, and whether another run may go on in it."""

from __future__ import annotations

import dataclasses
import json
import logging
from pathlib import Path
from typing import Any

import jax

from acolvit_jax.common.errors import CheckpointError, ConfigError, DamagedError, UnknownFieldError
from acolvit_jax.common.files import set_aside, write_text
from acolvit_jax.common.json_lines import parse_object
from acolvit_jax.config import Config
from acolvit_jax.config.build import from_stored_config, stored_config

CONFIG_FILE = "config.json"
CHECKPOINTS = "checkpoints"  # the folder of them
FIXED = ("model.", "train.budget:")  # fields that a run keeps; how it multiplies is none

log = logging.getLogger(__name__)


def is_run(folder: Path) -> bool:
    """Whether a folder holds a run that can be read: its config, and a folder of checkpoints."""
    return (folder / CONFIG_FILE).is_file() and (folder / CHECKPOINTS).is_dir()


def check_workdir(workdir: Path, config: Config) -> list[str]:
    """Checks that the run in a folder, if there is one, can go on with this config.

    A damaged config is set aside, with a warning: the checkpoints tell a run of another model too.

    Args:
        workdir: folder of the run.
        config: of the run.

    Returns:
        What differs from the config that the run had last, as `field: old -> new`.

    Raises:
        ConfigError: if the folder holds a run of another model or budget.
    """
    if workdir.exists() and not workdir.is_dir():
        raise ConfigError(f"--workdir {workdir} is a file; it must be a folder")
    if not (workdir / CONFIG_FILE).exists():
        return []
    try:
        before = read_config(workdir)
    except DamagedError as error:
        if jax.process_index() == 0:
            aside = set_aside(workdir / CONFIG_FILE)
            log.warning(
                "%s; it is set aside as %s, and the config given is used", error, aside.name
            )
        return []
    changes = _changes(dataclasses.asdict(before), dataclasses.asdict(config))
    barred = [c for c in changes if c.startswith(FIXED) and not c.startswith("model.dtype:")]
    if barred:
        raise ConfigError(
            f"{workdir} holds a run of another model ({'; '.join(barred)}); "
            "choose another --workdir, or give the config that the run began with"
        )
    return changes


def write_config(workdir: Path, config: Config) -> None:
    """Stores the config of a run that is ready to start: its checkpoints are read with it."""
    text = json.dumps(stored_config(config), indent=2)
    write_text(workdir / CONFIG_FILE, text + "\n")


def read_config(workdir: Path) -> Config:
    """The config of the run in a folder.

    Raises:
        CheckpointError: if there is no run, or its config cannot be read.
        DamagedError: if its config is damaged.
    """
    path = workdir / CONFIG_FILE
    try:
        return from_stored_config(parse_object(path.read_bytes()))
    except FileNotFoundError as error:
        raise CheckpointError(f"{workdir} is no work folder: it has no {CONFIG_FILE}") from error
    except UnknownFieldError as error:
        raise CheckpointError(f"{path} is of another version of acolvit_jax: {error}") from error
    except CheckpointError as error:
        raise CheckpointError(f"{path}: {error}") from error
    except OSError as error:
        raise CheckpointError(f"cannot read {path}: {error.strerror or error}") from error
    except (ValueError, ConfigError) as error:
        reason = str(error).split("\n", 1)[0][:200]
        raise DamagedError(f"{path} is damaged ({reason})") from error


def _changes(old: dict[str, Any], new: dict[str, Any], prefix: str = "") -> list[str]:
    """Fields that differ, `a.b: old -> new`."""
    found = []
    for name, value in new.items():
        before = old[name]
        if isinstance(value, dict):
            found += _changes(before, value, f"{prefix}{name}.")
        elif before != value:
            found.append(f"{prefix}{name}: {before} -> {value}")
    return found
