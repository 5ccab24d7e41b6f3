"""Batches ahead of the steps: who waited for whom."""

import time

import jax.numpy as jnp
import numpy as np
import pytest

from acolvit_jax.training import sharding
from acolvit_jax.training.feed import Feed

PAUSE = 0.1  # seconds that a batch or a step takes


class SlowLoader:
    """Counts up, a batch every `PAUSE`."""

    def __init__(self):
        self.position = 0

    def __next__(self):
        time.sleep(PAUSE)
        self.position += 1
        return {"x": np.full((8, 1), self.position, np.float32)}

    def close(self):
        pass

    def get_state(self):
        return {"next_index": self.position}


class Step:
    """What a step on a device gives, ready after a while."""

    def __init__(self, seconds):
        self.end = time.perf_counter() + seconds

    def block_until_ready(self):
        time.sleep(max(0.0, self.end - time.perf_counter()))
        return self


@pytest.fixture
def feed():
    return Feed(SlowLoader(), sharding.make_mesh(1))


def test_batches_come_in_order_and_the_one_ahead_is_not_done(feed):
    for number in (1, 2, 3):
        np.testing.assert_array_equal(feed.take()["x"], np.full((8, 1), number))
        feed.fetch(jnp.zeros(()))
        assert feed.position() == {"next_index": number}


def test_devices_that_are_done_wait_for_data(feed):
    feed.take()
    assert feed.waited >= PAUSE
    feed.waited = 0.0
    feed.fetch(Step(0.0))
    assert feed.waited > 0


def test_devices_that_compute_longer_wait_for_nothing(feed):
    feed.take()
    feed.waited = 0.0
    for _ in range(2):
        feed.fetch(Step(20 * PAUSE))
        feed.take()
        assert feed.waited == 0.0
