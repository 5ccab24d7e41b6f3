"""One run at a time in a folder of a bucket."""

import contextlib
import os
import threading
import time
from types import SimpleNamespace

import pytest

from acolvit_jax.common.errors import ConfigError
from acolvit_jax.common.places import create, place
from acolvit_jax.training import bucket_lock, loop
from acolvit_jax.training.run_lock import LOCK_FILE, holding


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    monkeypatch.setattr(bucket_lock, "BEAT_SECONDS", 0.1)
    monkeypatch.setattr(bucket_lock, "LOST_SECONDS", 2.0)


def test_a_second_run_is_told_who_holds_the_folder(bucket):
    run = place(bucket) / "run"
    with holding(run):
        held = f"in use by process {os.getpid()} on .* since"
        with pytest.raises(ConfigError, match=held), holding(run):
            pass
        assert f"process {os.getpid()}" in (run / LOCK_FILE).read_text()
    assert not run.exists()  # no folder is left of a run that wrote nothing
    with holding(run):  # it is free again
        pass


def test_the_lock_of_a_killed_run_is_taken_over(bucket, caplog):
    run = place(bucket) / "run"
    assert create(run / LOCK_FILE, b"process 1 on gone since 2026-01-01 00:00:00\nabc 7\n")
    start = time.monotonic()
    with holding(run):
        assert f"process {os.getpid()}" in (run / LOCK_FILE).read_text()
    assert time.monotonic() - start >= 2.0
    assert "held by process 1 on gone" in caplog.text


def test_a_run_that_was_held_up_leaves_the_folder_to_the_one_that_took_it_over(bucket):
    run = place(bucket) / "run"
    other = b"process 1 on another since then\nabc 0\n"

    def train_on(check):
        check()
        end = time.monotonic() + 10
        while time.monotonic() < end:
            (run / LOCK_FILE).write_bytes(other)
            time.sleep(0.1)
            check()

    refusal = r"in use by process 1 on another since then, which took it over"
    with pytest.raises(ConfigError, match=refusal), holding(run) as check:
        train_on(check)
    assert (run / LOCK_FILE).read_bytes() == other


@pytest.mark.parametrize(
    "do",
    [
        loop._Loop.run_all,
        lambda fake: loop._Loop._save(fake, None),
        lambda fake: loop._Loop._validate(fake, 1),
    ],
)
def test_training_without_the_lock_writes_nothing(do):
    def lost():
        raise ConfigError("lost")

    settings = SimpleNamespace(steps=1)
    state = SimpleNamespace(step=0, eval_params=None)
    run = SimpleNamespace(
        config=SimpleNamespace(train=settings), state=state, validate=lambda params: None
    )
    with pytest.raises(ConfigError, match="lost"):
        do(
            SimpleNamespace(
                run=run,
                check_held=lost,
                _step=lambda step: None,
                _saving=contextlib.nullcontext,
                _metrics={},
            )
        )


def test_of_two_who_take_it_over_one_does(bucket):
    run = place(bucket) / "run"
    create(run / LOCK_FILE, b"process 1 on gone since then\nabc 7\n")
    ended = threading.Event()
    got, refused = [], []

    def take():
        try:
            with holding(run):
                got.append(1)
                ended.wait(10)
        except ConfigError as error:
            refused.append(str(error))
            ended.set()

    threads = [threading.Thread(target=take) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(got), len(refused)) == (1, 1)
