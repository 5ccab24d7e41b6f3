"""Multiply-accumulates against the reference's figures."""

import dataclasses

import numpy as np
import pytest

from acolvit_jax.config.variants import VARIANTS, icolorit
from acolvit_jax.models.compute import fixed_macs, forward_macs, sublayer_macs

TINY = VARIANTS["tiny"]


def test_dense_tiny_is_1_43_gmacs():
    macs = forward_macs(np.ones((12, 2)), icolorit("tiny"))
    assert macs == 38_535_168 + 173_408_256 + 12 * (43_653_120 + 57_802_752)
    assert macs / 1e9 == pytest.approx(1.43, abs=0.005)


def test_parts_match_the_reference():
    n = 197
    attention, ffn = sublayer_macs(TINY)
    assert attention == 4 * 192**2 * n + 2 * n**2 * 192
    assert ffn == 8 * 192**2 * n
    assert fixed_macs(TINY) / 1e9 == pytest.approx(0.0385 + 0.1734, abs=1e-4)
    linear = dataclasses.replace(TINY, head="linear")
    assert fixed_macs(TINY) - fixed_macs(linear) == 196 * 8 * 192 * 512


def test_the_count_follows_the_decisions():
    decisions = np.zeros((3, 12, 2))
    decisions[1, 4, 0] = 1
    decisions[2, :, 1] = 1
    attention, ffn = sublayer_macs(TINY)
    np.testing.assert_array_equal(
        forward_macs(decisions, TINY) - fixed_macs(TINY), [0, attention, 12 * ffn]
    )


def test_decisions_of_another_depth_are_refused():
    with pytest.raises(ValueError, match="depth"):
        forward_macs(np.ones((11, 2)), TINY)
