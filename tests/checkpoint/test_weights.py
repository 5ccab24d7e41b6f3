"""Weights files: exact, checked, and clear about what is wrong."""

import dataclasses
import errno
import hashlib
import os
import re
from pathlib import Path

import jax
import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from acolvit_jax.checkpoint.load import load_pretrained
from acolvit_jax.checkpoint.weights import BUNDLED, bundled_weights, load_weights, save_weights
from acolvit_jax.common import reading
from acolvit_jax.common.errors import CheckpointError
from acolvit_jax.common.reading import UnreadableError
from tests.models_on_disk import SMALL, random_params, write_model


def test_they_come_back_bit_for_bit(tmp_path):
    path = tmp_path / "deep" / "weights.safetensors"
    params = random_params()
    save_weights(path, SMALL, params, {"steps": 3})
    weights = load_weights(path)
    assert weights.config == SMALL
    assert weights.provenance == {"steps": 3}
    jax.tree.map(np.testing.assert_array_equal, weights.params, params)
    assert load_pretrained(path)[0] == load_pretrained(path.parent)[0] == SMALL
    assert [p.name for p in path.parent.iterdir()] == [path.name]


def test_the_package_holds_a_model_of_any_budget_and_the_baseline_of_its_size():
    any_budget, dense = (load_pretrained(name)[0] for name in ("pretrained", "pretrained-dense"))
    assert any_budget.any_budget
    assert dense == dataclasses.replace(any_budget, gated=False, any_budget=False)
    with pytest.raises(CheckpointError, match="'pretrained' or 'pretrained-dense' for"):
        load_pretrained("pretrained-other")


def test_half_precision_is_stored_and_read_as_float32(tmp_path):
    params = random_params()
    save_weights(tmp_path / "w.safetensors", SMALL, params, {}, dtype="float16")
    read = load_weights(tmp_path / "w.safetensors").params
    rounded = jax.tree.map(lambda x: x.astype(np.float16).astype(np.float32), params)
    jax.tree.map(np.testing.assert_array_equal, read, rounded)
    save_weights(tmp_path / "full.safetensors", SMALL, params, {})
    sizes = [(tmp_path / f"{name}.safetensors").stat().st_size for name in ("w", "full")]
    assert sizes[0] < 0.55 * sizes[1]


@pytest.mark.parametrize("place", [-1000, 60])
def test_a_flipped_bit_is_noticed(tmp_path, place):
    path = write_model(tmp_path)
    data = bytearray(path.read_bytes())
    data[place] ^= 1
    path.write_bytes(data)
    with pytest.raises(CheckpointError, match="is damaged"):
        load_weights(path)


@pytest.mark.parametrize("content", [b"", b"not weights", b"\x00" * 5000])
def test_rubbish_is_named(tmp_path, content):
    path = tmp_path / "w.safetensors"
    path.write_bytes(content)
    with pytest.raises(CheckpointError, match="damaged or no safetensors file"):
        load_weights(path)


def test_a_truncated_file_is_named(tmp_path):
    path = write_model(tmp_path)
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(CheckpointError, match="damaged"):
        load_weights(path)


def test_foreign_safetensors_are_told_what_to_do(tmp_path):
    save_file({"x": np.zeros(3, np.float32)}, tmp_path / "my w.safetensors")
    with pytest.raises(CheckpointError, match=r"acolvit_jax\.convert '\S+/my w\.safetensors' DST"):
        load_weights(tmp_path / "my w.safetensors")


def test_arrays_of_another_architecture_are_refused(tmp_path):
    path = write_model(tmp_path)
    params = random_params()
    params["norm"]["scale"] = np.zeros(3, np.float32)
    save_weights(path, SMALL, params, {})
    with pytest.raises(CheckpointError, match=r"does not fit its architecture.*norm\.scale"):
        load_weights(path)
    assert "norm.scale" in load_file(path)


@pytest.mark.parametrize("number", [errno.EACCES, errno.EMFILE])
def test_a_file_that_does_not_open_is_not_called_missing(tmp_path, monkeypatch, number):
    """safetensors, which opens it after, finds no such file then."""
    path = write_model(tmp_path)

    def refuse(self, *_):
        raise OSError(number, os.strerror(number), str(self))

    monkeypatch.setattr(Path, "open", refuse)
    monkeypatch.setattr(reading, "PAUSES", (0.0,))
    with pytest.raises(UnreadableError, match=f"{path} cannot be read .{os.strerror(number)}"):
        load_weights(path)


@pytest.mark.parametrize("name", ["missing", "empty"])
def test_no_model_says_what_was_wanted(tmp_path, name):
    (tmp_path / "empty").mkdir()
    with pytest.raises(CheckpointError, match="wanted the folder of a run"):
        load_pretrained(tmp_path / name)


def test_the_model_card_is_of_the_files_in_the_package():
    card = (Path(__file__).resolve().parents[2] / "docs" / "model_card.md").read_text()
    sums = dict(reversed(pair) for pair in re.findall(r"^([0-9a-f]{64})  (\S+)$", card, re.M))
    assert set(sums) == set(BUNDLED.values())
    for name, file in BUNDLED.items():
        assert hashlib.sha256(bundled_weights(name).read_bytes()).hexdigest() == sums[file]
