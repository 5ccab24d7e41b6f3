"""The cost model on paper, by hand."""

import pytest

from acolvit_jax.config.variants import VARIANTS
from benchmarks.scaling_model import (
    MACHINES,
    activation_bytes,
    allreduce_seconds,
    predict,
    tables,
    train_flops,
)

TINY = VARIANTS["tiny"]


def test_an_image_costs_three_forwards():
    # 1.437 G multiply-accumulates at full depth with the policy token.
    assert train_flops(TINY) == pytest.approx(6 * 1.4374e9, rel=1e-3)


def test_a_ring_sends_the_gradients_nearly_twice():
    assert allreduce_seconds(1_000_000, 4, 1e9) == pytest.approx(0.006 + 20e-6)
    assert allreduce_seconds(1_000_000, 1, 1e9) == pytest.approx(20e-6)


def test_activations_by_hand():
    n, d = 197, 192
    block = 2 * n * (3 * d + 2 * d + 8 * d) + 6 * 3 * n * n + 16 * n * d
    assert activation_bytes(TINY) == 12 * block


def test_a_prediction_adds_up():
    machine = next(m for m in MACHINES if m.name == "8 x H100")
    p = predict(TINY, machine)
    assert p.compute == pytest.approx(64 * 6 * 1.4374e9 / (989e12 * 0.2), rel=1e-3)
    assert p.images_per_second == pytest.approx(512 / (p.compute + p.allreduce))
    assert p.input_bound
    assert p.hours == pytest.approx(25 * 1_281_167 / (192 * 292) / 3600)
    assert p.dollars == pytest.approx(p.hours * machine.dollars)
    assert p.state_bytes == 16 * 6_423_320


def test_every_machine_and_size_is_in_the_tables():
    text = tables()
    assert all(text.count(machine.name) == 3 for machine in MACHINES)
    assert all(f"| {size} |" in text for size in VARIANTS)
