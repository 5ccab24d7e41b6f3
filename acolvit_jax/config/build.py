"""Between the dataclasses of a `Config` and the dicts of config files, flags and JSON.

Config files (`configs/*.py`) build a ConfigDict and state only what differs from the defaults.
"""

from __future__ import annotations

import dataclasses
from typing import Any, TypeVar

from ml_collections import ConfigDict

from acolvit_jax.common.errors import ConfigError
from acolvit_jax.config import Config, ModelConfig

T = TypeVar("T")


def to_config_dict(config: Config) -> ConfigDict:
    """A locked ConfigDict of a run, for config files and flags to override."""
    return ConfigDict(dataclasses.asdict(config)).lock()


def from_config_dict(values: ConfigDict | dict[str, Any]) -> Config:
    """Frozen dataclasses of a run.

    Args:
        values: what `to_config_dict` gave, changed by a config file or flags, or a plain dict
            as stored in a work folder's `config.json`.

    Returns:
        The validated run.

    Raises:
        ConfigError: for an unknown field or a value out of range.
    """
    plain = values.to_dict() if isinstance(values, ConfigDict) else values
    return _build(Config, plain, "config")


def model_from_dict(values: dict[str, Any]) -> ModelConfig:
    """The architecture stored beside weights.

    Raises:
        ConfigError: for an unknown field or a value out of range.
    """
    return _build(ModelConfig, values, "model")


def _build(kind: type[T], values: dict[str, Any], path: str) -> T:
    """Builds a dataclass from a dict, level by level."""
    fields = {f.name: f for f in dataclasses.fields(kind)}  # type: ignore[arg-type]
    if not isinstance(values, dict):
        raise ConfigError(f"{path} is {values!r}, not a group of fields")
    unknown = sorted(set(values) - set(fields))
    if unknown:
        raise ConfigError(
            f"{path}.{unknown[0]} is no field; {path} has {', '.join(sorted(fields))}"
        )
    built: dict[str, Any] = {}
    for name, value in values.items():
        default = fields[name].default_factory
        if isinstance(value, dict) and dataclasses.is_dataclass(default):
            built[name] = _build(default, value, f"{path}.{name}")
        else:
            built[name] = tuple(value) if isinstance(value, list) else value
    return kind(**built)
