"""Between the dataclasses of a `Config` and the dicts of config files, flags and JSON.

Config files (`configs/*.py`) build a ConfigDict and state only what differs from the defaults.
What is stored beside parameters carries `FORMAT`; older formats are read, newer ones refused.
"""

from __future__ import annotations

import dataclasses
import os
from types import UnionType
from typing import Any, TypeVar, cast, get_args, get_origin, get_type_hints

from ml_collections import ConfigDict
from ml_collections.config_dict import placeholder

from acolvit_jax.common.errors import CheckpointError, ConfigError, UnknownFieldError
from acolvit_jax.config import Config, ModelConfig
from acolvit_jax.config.training import LARGEST_SEED

T = TypeVar("T")

FORMAT = 2  # of stored configs; 1 had no number, and the hint size among the data's settings


def to_config_dict(config: Config) -> ConfigDict:
    """A locked ConfigDict of a run, for config files and flags to override."""
    values = ConfigDict(dataclasses.asdict(config))
    if config.train.budget is None:
        values.train.budget = placeholder(float)  # a flag takes what it is to be
    return values.lock()


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


def stored_config(config: Config) -> dict[str, Any]:
    """A run as its `config.json` holds it; the inverse of `from_stored_config`."""
    return {"format": FORMAT, **dataclasses.asdict(config)}


def from_stored_config(values: dict[str, Any]) -> Config:
    """The run of a `config.json` of this or an older format.

    Raises:
        CheckpointError: if its format is newer than this version of the package.
        UnknownFieldError: for a field of another version.
        ConfigError: for a value out of range.
    """
    values = dict(values)
    if check_format(values.pop("format", 1)) == 1:
        values = _moved_to_the_model(values)
    return from_config_dict(_with_a_seed_of_32_bits(_with_a_floor_below_the_peak(values)))


def _moved_to_the_model(values: dict[str, Any]) -> dict[str, Any]:
    """A config of format 1 with what inference needs in its model."""
    groups = {name: values.get(name) for name in ("model", "data", "train")}
    if not all(isinstance(group, dict) for group in groups.values()):
        return values
    model, data, train = (dict(group) for group in groups.values() if group is not None)
    model["hint_size"] = data.pop("hint_size", ModelConfig().hint_size)
    if model.get("any_budget"):
        model["smallest_budget"] = train.get("budget")
    return values | {"model": model, "data": data}


def _with_a_seed_of_32_bits(values: dict[str, Any]) -> dict[str, Any]:
    """A stored config with as much of its seed as JAX's keys took: older ones may have more."""
    train = values.get("train")
    if not isinstance(train, dict) or type(train.get("seed")) is not int:
        return values
    if train["seed"] <= LARGEST_SEED:
        return values
    return values | {"train": train | {"seed": train["seed"] % (LARGEST_SEED + 1)}}


def _with_a_floor_below_the_peak(values: dict[str, Any]) -> dict[str, Any]:
    """A stored config whose learning rate falls: in older ones it may end above its peak."""
    optimizer = values.get("optimizer")
    if not isinstance(optimizer, dict):
        return values
    peak: Any = optimizer.get("learning_rate")
    floor: Any = optimizer.get("floor")
    if not (_fits(peak, float) and _fits(floor, float) and floor > peak > 0):
        return values
    return values | {"optimizer": optimizer | {"floor": peak}}


def check_format(number: Any) -> int:
    """Checks that a file's format is one that can be read.

    Raises:
        CheckpointError: for a newer one.
    """
    if type(number) is not int or not 1 <= number <= FORMAT:
        raise CheckpointError(
            f"it has format {number!r}, and this version of acolvit_jax reads 1 to {FORMAT}: "
            "install a newer one"
        )
    return number


def model_from_dict(values: dict[str, Any]) -> ModelConfig:
    """The architecture stored beside weights; fields that an older format lacks have defaults.

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
        raise UnknownFieldError(
            f"{path}.{unknown[0]} is no field; {path} has {', '.join(sorted(fields))}"
        )
    types = get_type_hints(kind)
    built = {n: _value(value, types[n], f"{path}.{n}") for n, value in values.items()}
    return kind(**built)


def _value(value: Any, kind: Any, path: str) -> Any:
    """A field's value, checked: what a file says may be of any type."""
    if dataclasses.is_dataclass(kind):
        return _build(cast(type[Any], kind), value, path)
    if isinstance(value, list):
        value = tuple(value)
    if isinstance(value, str) and value.startswith("~/"):  # after `=` no shell sees to it
        value = os.path.expanduser(value)
    allowed = get_args(kind) if isinstance(kind, UnionType) else (kind,)
    if not any(_fits(value, one) for one in allowed):
        wanted = kind.__name__ if type(kind) is type else kind
        raise ConfigError(f"{path} is {value!r}, wanted {wanted}")
    return value


def _fits(value: Any, kind: Any) -> bool:
    if get_origin(kind) is tuple:
        item = get_args(kind)[0]
        return isinstance(value, tuple) and all(_fits(one, item) for one in value)
    if kind is float:
        return isinstance(value, int | float) and not isinstance(value, bool)
    return type(value) is kind
