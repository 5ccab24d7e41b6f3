"""Scores of the validation images."""

import pytest

from acolvit_jax.common.errors import DataError
from acolvit_jax.training import sharding
from acolvit_jax.training.validation import validate


def test_without_an_image_there_is_no_score():
    with pytest.raises(DataError, match="none of the validation images can be scored"):
        validate(lambda *_: None, {}, [], (1, 10), sharding.make_mesh(1))
