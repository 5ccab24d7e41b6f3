"""Positions of training batches: the images that were taken count, whatever a batch holds."""

import pytest

from acolvit_jax.data.position import batches_taken, position


@pytest.mark.parametrize(("size", "batches"), [(8, 3), (4, 6), (2, 12), (7, 4), (24, 1), (25, 1)])
def test_no_image_that_was_taken_comes_again(size, batches):
    assert batches_taken(position(3, 8), size) == batches


def test_older_positions_count_batches():
    assert batches_taken({"next_index": 5}, 16) == 5
