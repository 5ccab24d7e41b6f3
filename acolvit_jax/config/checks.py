"""Checks that settings share."""

from __future__ import annotations

from acolvit_jax.common.errors import ConfigError


def at_least(section: str, values: object, least: float, *names: str) -> None:
    """Checks numbers of a section.

    Args:
        section: of the config, for the message.
        values: the dataclass of the section.
        least: smallest allowed value.
        names: of the fields.

    Raises:
        ConfigError: names the first that is below.
    """
    for name in names:
        if getattr(values, name) < least:
            raise ConfigError(f"{section}.{name}={getattr(values, name)} must be at least {least}")


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
