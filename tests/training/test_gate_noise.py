"""The noise of the decisions over a run."""

import jax.numpy as jnp
import pytest

from acolvit_jax.training.gate_noise import noise_scale


@pytest.mark.parametrize(
    ("kind", "expected"),
    [("constant", [1, 1, 1, 1]), ("none", [0, 0, 0, 0]), ("falling", [1, 0.5, 0, 0])],
)
def test_its_scale_over_the_steps(kind, expected):
    """By hand: falling is over after 60 of 100 steps, and half gone after 30."""
    found = [float(noise_scale(kind, jnp.int32(step), 100)) for step in (0, 30, 60, 99)]
    assert found == pytest.approx(expected, abs=1e-6)
