"""Checks that settings share."""

from __future__ import annotations

import math

from acolvit_jax.common.errors import ConfigError


def at_least(section: str, values: object, least: float, *names: str) -> None:
    """Checks numbers of a section.

    Args:
        section: of the config, for the message.
        values: the dataclass of the section.
        least: smallest allowed value.
        names: of the fields.

    Raises:
        ConfigError: names the first that is below, no number or without end.
    """
    for name in names:
        value = getattr(values, name)
        if not least <= value < math.inf:
            raise ConfigError(f"{section}.{name}={value} must be a number of at least {least}")


def at_most(section: str, values: object, most: int, *names: str) -> None:
    """Checks numbers of a section, as `at_least`, against a largest allowed value.

    Raises:
        ConfigError: names the first that is above.
    """
    for name in names:
        if getattr(values, name) > most:
            raise ConfigError(f"{section}.{name}={getattr(values, name)} must be at most {most}")


def keep_ratio(name: str, value: float, smallest: float | None = None) -> None:
    """Checks a budget.

    Args:
        name: of the setting, for the message.
        value: keep ratio.
        smallest: that a model is trained for; None allows any above 0.

    Raises:
        ConfigError: for a budget outside (0, 1], or below the smallest.
    """
    enough = value > 0 if smallest is None else value >= smallest
    if not (enough and value <= 1):
        allowed = "(0, 1]" if smallest is None else f"[{smallest:g}, 1]"
        raise ConfigError(f"{name}={value} must be in {allowed}")


def choose(name: str, value: str, choices: tuple[str, ...]) -> None:
    """Checks that a value is one of the choices.

    Args:
        name: of the field, for the message.
        value: what was asked for.
        choices: what is allowed.

    Raises:
        ConfigError: lists the choices.
    """
    if value not in choices:
        raise ConfigError(f"{name}={value!r} is unknown; choose one of {', '.join(choices)}")
