"""However a run ends, what it opened is closed."""

import contextlib
import signal

import jax
import numpy as np
import orbax.checkpoint as ocp
import pytest

from acolvit_jax.checkpoint.load import load_pretrained
from acolvit_jax.common.errors import UserError
from acolvit_jax.common.reading import UnreadableError
from acolvit_jax.data.loaders import TrainLoader
from acolvit_jax.training import loop, setup
from acolvit_jax.training.bucket_lock import HeldError
from acolvit_jax.training.divergence import DivergedError
from acolvit_jax.training.loop import train
from acolvit_jax.training.metrics_log import read_metrics
from acolvit_jax.training.preemption import PreemptedError
from tests.photos import make_folder
from tests.training.runs import EIGHT_DEVICES, small_config

pytestmark = EIGHT_DEVICES


@pytest.fixture
def closed(monkeypatch):
    """Checkpoint managers and loaders that were made and not closed."""
    open_now = []

    def watched(kind):
        make, close = kind.__init__, kind.close

        def made(self, *args, **kwargs):
            open_now.append(self)
            make(self, *args, **kwargs)

        def shut(self):
            close(self)
            open_now[:] = [one for one in open_now if one is not self]

        monkeypatch.setattr(kind, "__init__", made)
        monkeypatch.setattr(kind, "close", shut)

    watched(ocp.CheckpointManager)
    watched(TrainLoader)
    return open_now


def test_after_the_last_step(tmp_path, closed, capsys):
    photos = make_folder(tmp_path / "photos", 16)
    train(small_config(photos, steps=1), tmp_path / "run")
    assert closed == []


def test_after_a_loss_that_is_no_number(tmp_path, closed, capsys):
    photos = make_folder(tmp_path / "photos", 16)
    with pytest.raises(DivergedError):
        train(small_config(photos, learning_rate=1e30), tmp_path / "run")
    assert closed == []


def test_after_a_signal(tmp_path, closed, capsys, monkeypatch):
    photos = make_folder(tmp_path / "photos", 16)
    step = loop._Loop._step

    def stopped(self, number):
        signal.raise_signal(signal.SIGTERM)
        return step(self, number)

    monkeypatch.setattr(loop._Loop, "_step", stopped)
    with pytest.raises(PreemptedError):
        train(small_config(photos), tmp_path / "run")
    assert closed == []


def test_after_a_validation_that_failed_what_was_trained_is_saved_and_scored_by_the_next_start(
    tmp_path, closed, capsys, monkeypatch
):
    photos = make_folder(tmp_path / "photos", 16)

    def failing(*args, **kwargs):
        raise UnreadableError("image 3 cannot be read")

    with monkeypatch.context() as broken:
        broken.setattr(setup, "validate", failing)
        with pytest.raises(UnreadableError):
            train(small_config(photos, steps=1), tmp_path / "run")
    assert closed == []
    assert (tmp_path / "run" / "checkpoints" / "1" / "state").is_dir()
    assert "the validation failed; saved after step 1" in capsys.readouterr().out
    for _ in range(2):  # the second finds the scores
        train(small_config(photos, steps=1), tmp_path / "run")
        entries = read_metrics(tmp_path / "run")
        assert [entry["step"] for entry in entries if entry.get("validation")] == [1]


def fail_input(monkeypatch, number):
    """The batch of this number, from 1 on, cannot be read."""
    taken = []

    def failing(self, take=TrainLoader.__next__):
        taken.append(self)
        if len(taken) == number:
            raise UnreadableError("image 3 cannot be read")
        return take(self)

    monkeypatch.setattr(TrainLoader, "__next__", failing)


def test_after_an_input_that_failed_what_was_trained_is_saved(
    tmp_path, closed, capsys, monkeypatch
):
    """At step 3 of 4, with checkpoints every 4; the run goes on as if nothing had been."""
    photos = make_folder(tmp_path / "photos", 16)
    config = small_config(photos, checkpoint_every=4)
    train(config, tmp_path / "whole")
    with monkeypatch.context() as broken:
        fail_input(broken, 4)
        with pytest.raises(UnreadableError):
            train(config, tmp_path / "run")
    assert closed == []
    assert "the input failed; saved after step 3" in capsys.readouterr().out
    train(config, tmp_path / "run")
    assert "resuming after step 3" in capsys.readouterr().out
    jax.tree.map(
        np.testing.assert_array_equal,
        load_pretrained(tmp_path / "run")[1],
        load_pretrained(tmp_path / "whole")[1],
    )


def test_an_input_that_fails_after_a_loss_that_is_no_number_saves_nothing(
    tmp_path, closed, capsys, monkeypatch
):
    photos = make_folder(tmp_path / "photos", 16)
    fail_input(monkeypatch, 3)
    with pytest.raises(DivergedError):
        train(small_config(photos, learning_rate=1e30, log_every=4), tmp_path / "run")
    assert not (tmp_path / "run" / "checkpoints" / "2").exists()


def test_after_a_lost_lock_the_record_is_the_other_run_s(tmp_path, closed, capsys, monkeypatch):
    photos = make_folder(tmp_path / "photos", 16)
    written = []

    def lost():
        raise HeldError("process 1 on another")

    monkeypatch.setattr(loop, "holding", lambda workdir: contextlib.nullcontext(lost))
    for name in ("write", "flush", "close"):
        monkeypatch.setattr(loop.MetricsLog, name, lambda *_, name=name: written.append(name))
    with pytest.raises(HeldError):
        train(small_config(photos, steps=1), tmp_path / "run")
    assert closed == []
    assert written == []


def test_after_a_start_that_failed(tmp_path, closed, capsys):
    photos = make_folder(tmp_path / "photos", 16)
    with pytest.raises(UserError, match="init_from"):
        train(small_config(photos, init_from="pretrained-dense"), tmp_path / "run")
    assert [one for one in closed if isinstance(one, ocp.CheckpointManager)] == []
