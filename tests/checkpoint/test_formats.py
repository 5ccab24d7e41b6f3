"""What inference needs travels with the model; files of older formats are read, newer refused."""

import json

import pytest
from safetensors import safe_open
from safetensors.numpy import load_file, save_file

from acolvit_jax.checkpoint.load import load
from acolvit_jax.checkpoint.weights import BUNDLED, _digest, load_weights
from acolvit_jax.checkpoint.workdir import read_config, write_config
from acolvit_jax.common.errors import CheckpointError
from tests.models_on_disk import write_model
from tests.training.runs import small_config


def rewrite(path, change):
    """The same file with other metadata and a checksum that fits them."""
    with safe_open(path, "numpy") as file:
        metadata = file.metadata()
    flat = load_file(path)
    metadata = change(metadata)
    metadata["sha256"] = _digest(flat, metadata)
    save_file(flat, path, metadata)


def as_format_1(metadata):
    config = json.loads(metadata["config"])
    for name in ("hint_size", "smallest_budget"):
        del config[name]
    return {"config": json.dumps(config), "provenance": metadata["provenance"]}


def test_weights_carry_what_inference_needs(tmp_path):
    path = write_model(tmp_path, any_budget=True, hint_size=4, smallest_budget=0.3)
    config = load_weights(path).config
    assert (config.hint_size, config.smallest_budget) == (4, 0.3)


def test_weights_of_format_1_were_trained_with_the_defaults(tmp_path):
    path = write_model(tmp_path, any_budget=True)
    rewrite(path, as_format_1)
    config = load_weights(path).config
    assert (config.hint_size, config.smallest_budget) == (2, 0.1)


@pytest.mark.parametrize("name", BUNDLED)
def test_the_released_files_load(name):
    config = load(name).config
    assert (config.hint_size, config.smallest_budget, config.width) == (2, 0.1, 192)


@pytest.mark.parametrize("number", ["3", "new", "9" * 5000])
def test_weights_of_a_newer_format_are_refused(tmp_path, number):
    path = write_model(tmp_path)
    rewrite(path, lambda metadata: metadata | {"format": number})
    with pytest.raises(CheckpointError, match=f"{number}.* reads 1 to 2: install a newer"):
        load_weights(path)


def stored_run(tmp_path, change):
    write_config(tmp_path, small_config(model={"any_budget": True}, budget=0.3))
    path = tmp_path / "config.json"
    values = json.loads(path.read_text())
    change(values)
    path.write_text(json.dumps(values))
    return tmp_path


def test_a_run_of_format_1_has_its_hint_size_and_smallest_budget(tmp_path):
    def older(values):
        del values["format"], values["model"]["hint_size"], values["model"]["smallest_budget"]
        values["data"]["hint_size"] = 4

    config = read_config(stored_run(tmp_path, older))
    assert (config.model.hint_size, config.model.smallest_budget) == (4, 0.3)


def test_an_older_run_has_as_much_of_its_seed_as_counted(tmp_path):
    workdir = stored_run(tmp_path, lambda values: values["train"].update(seed=2**32 + 5))
    assert read_config(workdir).train.seed == 5


def test_an_older_run_whose_learning_rate_rises_is_read(tmp_path):
    rates = {"learning_rate": 1e-6, "floor": 1e-5}
    workdir = stored_run(tmp_path, lambda values: values["optimizer"].update(rates))
    optimizer = read_config(workdir).optimizer
    assert (optimizer.learning_rate, optimizer.floor) == (1e-6, 1e-6)


def test_a_run_of_a_newer_format_is_refused(tmp_path):
    workdir = stored_run(tmp_path, lambda values: values.update(format=3))
    with pytest.raises(CheckpointError, match=r"format 3, .* reads 1 to 2"):
        read_config(workdir)


def test_a_field_of_another_version_is_named(tmp_path):
    workdir = stored_run(tmp_path, lambda values: values["train"].update(novel=1))
    with pytest.raises(CheckpointError, match=r"another version.*config\.train\.novel"):
        read_config(workdir)
