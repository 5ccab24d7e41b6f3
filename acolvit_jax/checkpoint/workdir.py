"""A run's folder: its config, and whether another run may go on in it."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

from acolvit_jax.common.errors import CheckpointError, ConfigError
from acolvit_jax.common.files import write_text
from acolvit_jax.config import Config
from acolvit_jax.config.build import from_config_dict

CONFIG_FILE = "config.json"


def check_workdir(workdir: Path, config: Config) -> list[str]:
    """Checks that the run in a folder, if there is one, can go on with this config.

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
    changes = _changes(dataclasses.asdict(read_config(workdir)), dataclasses.asdict(config))
    barred = [c for c in changes if c.startswith(("model.", "train.budget:"))]
    if barred:
        raise ConfigError(
            f"{workdir} holds a run of another model ({'; '.join(barred)}); "
            "choose another --workdir, or give the config that the run began with"
        )
    return changes


def write_config(workdir: Path, config: Config) -> None:
    """Stores the config of a run that is ready to start: its checkpoints are read with it."""
    text = json.dumps(dataclasses.asdict(config), indent=2)
    write_text(workdir / CONFIG_FILE, text + "\n")


def read_config(workdir: Path) -> Config:
    """The config of the run in a folder.

    Raises:
        CheckpointError: if there is no run, or its config cannot be read.
    """
    path = workdir / CONFIG_FILE
    try:
        return from_config_dict(json.loads(path.read_text()))
    except FileNotFoundError as error:
        raise CheckpointError(f"{workdir} is no work folder: it has no {CONFIG_FILE}") from error
    except (OSError, ValueError, TypeError, ConfigError) as error:
        raise CheckpointError(f"cannot read {path}: {error}") from error


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
