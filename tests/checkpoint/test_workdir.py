"""A run's folder, and whether another run may go on in it."""

import dataclasses

import pytest

from acolvit_jax.checkpoint.workdir import check_workdir, write_config
from acolvit_jax.common.errors import ConfigError
from acolvit_jax.config import Config, ModelConfig


def test_a_run_may_go_on_in_another_precision(tmp_path):
    write_config(tmp_path, Config(model=ModelConfig(dtype="float32")))
    other = Config(model=ModelConfig(dtype="bfloat16"))
    assert check_workdir(tmp_path, other) == ["model.dtype: float32 -> bfloat16"]
    deeper = Config(model=dataclasses.replace(other.model, depth=3))
    with pytest.raises(ConfigError, match=r"another model \(model.depth: 12 -> 3\)"):
        check_workdir(tmp_path, deeper)
