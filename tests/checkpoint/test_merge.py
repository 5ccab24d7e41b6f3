"""Means of parameters."""

import numpy as np
import pytest

from acolvit_jax.checkpoint.merge import weighted_mean


def test_the_mean_has_the_weights_shares():
    one = {"a": {"kernel": np.array([1.0, 2.0], np.float32)}, "b": np.float32(4.0)}
    other = {"a": {"kernel": np.array([5.0, 6.0], np.float32)}, "b": np.float32(0.0)}
    mean = weighted_mean([(one, 3.0), (other, 1.0)])
    np.testing.assert_allclose(mean["a"]["kernel"], [2.0, 3.0])
    np.testing.assert_allclose(mean["b"], 3.0)
    assert mean["a"]["kernel"].dtype == np.float32


def test_models_of_other_parameters_have_no_mean():
    with pytest.raises(ValueError, match="no mean"):
        weighted_mean([({"a": np.zeros(2)}, 1.0), ({"b": np.zeros(2)}, 1.0)])
