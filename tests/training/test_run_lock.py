"""One run in a folder at a time."""

import os

import pytest

from acolvit_jax.common.errors import ConfigError
from acolvit_jax.training.run_lock import LOCK_FILE, holding

pytest.importorskip("fcntl")


def test_a_second_run_is_told_who_holds_the_folder(tmp_path):
    with holding(tmp_path):
        held = f"in use by process {os.getpid()} on .* since"
        with pytest.raises(ConfigError, match=held), holding(tmp_path):
            pass
        assert f"process {os.getpid()}" in (tmp_path / LOCK_FILE).read_text()
    with holding(tmp_path):  # it is free again
        pass


def test_a_folder_made_in_vain_goes_away(tmp_path):
    with pytest.raises(RuntimeError), holding(tmp_path / "run"):
        raise RuntimeError("no data")
    assert not (tmp_path / "run").exists()
    with holding(tmp_path / "run"):
        (tmp_path / "run" / "config.json").write_text("{}")
    assert (tmp_path / "run").exists()
