"""A run's config: what it takes, and what a damaged one costs."""

import dataclasses
import json
import logging
import shutil

import pytest

from acolvit_jax.checkpoint.conversion import from_torch
from acolvit_jax.checkpoint.load import load
from acolvit_jax.checkpoint.state import init_state
from acolvit_jax.checkpoint.steps import Checkpoints
from acolvit_jax.checkpoint.weights import WEIGHTS_FILE, save_weights
from acolvit_jax.checkpoint.workdir import check_workdir, read_config, write_config
from acolvit_jax.common.errors import CheckpointError, ConfigError, DamagedError
from acolvit_jax.models.params import init_params
from acolvit_jax.training.optimizer import make_optimizer
from tests.training.runs import small_config

CONFIG = small_config()
VALUES = dataclasses.asdict(CONFIG)
DAMAGED = {
    "empty": b"",
    "no UTF-8": b"\xff\xfe{}",
    "no object": b"[]",
    "nested deeply": b"[" * 100_000,
    "a number for a group": json.dumps(VALUES | {"model": 3}).encode(),
    "text for a number": json.dumps(VALUES | {"mesh": {"fsdp": "1"}}).encode(),
    "a list for text": json.dumps(VALUES | {"name": ["run"]}).encode(),
    "a fraction of a step": json.dumps(VALUES | {"train": {"steps": 1.5}}).encode(),
    "text among numbers": json.dumps(VALUES | {"validation": {"hints": [1, "2"]}}).encode(),
}


def test_there_and_back(tmp_path):
    write_config(tmp_path, CONFIG)
    assert read_config(tmp_path) == CONFIG
    assert check_workdir(tmp_path, CONFIG) == []


@pytest.mark.parametrize("kind", DAMAGED)
def test_a_damaged_config_is_one_line_to_readers_and_set_aside_by_a_run(tmp_path, kind, caplog):
    path = tmp_path / "config.json"
    path.write_bytes(DAMAGED[kind])
    with pytest.raises(DamagedError, match=r"config\.json is damaged \(") as raised:
        read_config(tmp_path)
    assert "\n" not in str(raised.value)
    with caplog.at_level(logging.WARNING):
        assert check_workdir(tmp_path, CONFIG) == []
    assert len(caplog.records) == 1
    assert not path.exists()
    assert (tmp_path / "damaged-config.json").read_bytes() == DAMAGED[kind]


def test_a_config_of_another_version_is_no_damage_and_stays(tmp_path):
    path = tmp_path / "config.json"
    path.write_text(json.dumps(VALUES | {"speed": 1}))
    for reader in (lambda: read_config(tmp_path), lambda: check_workdir(tmp_path, CONFIG)):
        with pytest.raises(CheckpointError, match=r"another version .*config\.speed") as raised:
            reader()
        assert not isinstance(raised.value, DamagedError)
    assert path.exists()


def test_a_config_that_cannot_be_read_is_not_damaged(tmp_path):
    (tmp_path / "config.json").mkdir()
    with pytest.raises(CheckpointError, match="cannot read") as raised:
        read_config(tmp_path)
    assert not isinstance(raised.value, DamagedError)


def test_a_run_may_go_on_in_another_precision(tmp_path):
    write_config(tmp_path, CONFIG)
    low = dataclasses.replace(CONFIG.model, dtype="bfloat16")
    changed = check_workdir(tmp_path, dataclasses.replace(CONFIG, model=low))
    assert changed == ["model.dtype: float32 -> bfloat16"]
    deeper = dataclasses.replace(CONFIG.model, depth=3)
    with pytest.raises(ConfigError, match="another model"):
        check_workdir(tmp_path, dataclasses.replace(CONFIG, model=deeper))


def test_a_run_is_read_whatever_weights_lie_beside_it_and_no_conversion_goes_there(tmp_path):
    params = init_params(CONFIG.model, 0)
    weights = tmp_path / WEIGHTS_FILE
    save_weights(weights, CONFIG.model, params, {"packed from": "an earlier step"})
    write_config(tmp_path, CONFIG)
    assert load(tmp_path).provenance == {"packed from": "an earlier step"}  # no run of ours yet
    state = init_state(params, make_optimizer(CONFIG.optimizer, 4), ema=True)
    with Checkpoints(tmp_path) as checkpoints:
        checkpoints.save(state, {"next_index": 0}, None)
    assert load(tmp_path).provenance == {"run": CONFIG.name, "steps": 0}
    before = weights.read_bytes()
    with pytest.raises(CheckpointError, match=r"is the folder of a run; choose another folder"):
        from_torch("published.pth", tmp_path)
    assert weights.read_bytes() == before
    shutil.rmtree(tmp_path / "checkpoints")
    weights.unlink()
    with pytest.raises(CheckpointError, match="has no checkpoint yet"):
        load(tmp_path)
