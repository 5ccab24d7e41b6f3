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
    """2,287,170 bytes a block: 197 tokens of 192 to 768 numbers, three heads of 197 x 197."""
    assert activation_bytes(TINY) == 27_446_040


def test_a_prediction_adds_up():
    machine = next(m for m in MACHINES if m.name == "8 x H100")
    p = predict(TINY, machine)
    assert p.compute == pytest.approx(2.790e-3, rel=1e-3)  # 552 GFLOPs a chip at 198 TFLOP/s
    assert p.images_per_second == pytest.approx(176_021, rel=1e-4)
    assert p.input_bound
    assert p.hours == pytest.approx(0.33701, rel=1e-4)  # 32 million images at 26,400 a second
    assert p.dollars == pytest.approx(0.33701 * 55, abs=0.1)
    assert p.state_bytes == 102_773_120


def test_every_machine_and_size_is_in_the_tables():
    text = tables()
    assert all(text.count(machine.name) == 3 for machine in MACHINES)
    assert all(f"| {size} |" in text for size in VARIANTS)
