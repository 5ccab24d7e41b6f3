"""The architecture that files of PyTorch's names state beside arrays that do not tell all of it."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping

import numpy as np

from acolvit_jax.checkpoint.torch import find_architecture
from acolvit_jax.common.errors import CheckpointError, ConfigError
from acolvit_jax.common.json_lines import parse_object
from acolvit_jax.config import ModelConfig
from acolvit_jax.config.build import FORMAT, check_format, model_from_dict


def architecture_note(config: ModelConfig) -> str:
    """An architecture as JSON; the inverse of `stated_architecture`."""
    return json.dumps({"format": FORMAT, **dataclasses.asdict(config)})


def stated_architecture(note: str) -> ModelConfig | None:
    """The architecture of a note, None for the empty one of others' files.

    Raises:
        CheckpointError: if it is damaged, or of a newer version of the package.
    """
    if not note:
        return None
    try:
        values = parse_object(note.encode())
        check_format(values.pop("format", None))
        return model_from_dict(values)
    except (ValueError, ConfigError) as error:
        raise CheckpointError(f"it states an unknown architecture: {error}") from error


def unsaid(config: ModelConfig, arrays: Mapping[str, np.ndarray]) -> dict[str, object]:
    """What would be another, were a model found from its arrays alone.

    Args:
        config: its architecture.
        arrays: by PyTorch name.

    Returns:
        Its own values by field.

    Raises:
        CheckpointError: if no model would be found.
        ConfigError: likewise.
    """
    found = dataclasses.asdict(find_architecture(arrays))
    own = dataclasses.asdict(config)
    return {name: value for name, value in own.items() if found[name] != value}
