"""Pictures of results."""

import numpy as np
import pytest

from acolvit_jax.hints import Hint
from acolvit_jax.hints import pictures as hint_pictures
from acolvit_jax.photo import color, pictures
from tests.photos import make_rgb


def test_the_grey_of_a_photo_has_its_lightness_and_the_hints_their_colors():
    rgb = make_rgb(1, (60, 80))
    drawn = hint_pictures.hinted_grey(rgb, [Hint(30, 20, (60.0, 40.0))])
    lab = color.uint8_to_lab(drawn)
    assert np.abs(lab[:, 40:, 1:]).max() < 1
    np.testing.assert_allclose(lab[:, 40:, 0], color.uint8_to_lab(rgb)[:, 40:, 0], atol=1)
    assert lab[30, 20, 1] > 20


@pytest.mark.parametrize(("size", "shown"), [((60, 80), (60, 80)), ((600, 300), (100, 50))])
def test_pictures_side_by_side_are_shrunk_and_never_enlarged(size, shown):
    first = np.zeros((*size, 3), np.uint8)
    second = first + np.array([200, 30, 30], np.uint8)
    sheet = pictures.side_by_side({"first": first, "second": second}, max_side=100)
    assert (sheet == [200, 30, 30]).all(axis=-1).sum() == shown[0] * shown[1]
    assert sheet.shape[1] > 2 * shown[1]


def test_a_layer_map_fills_what_was_computed():
    decisions = np.array([[1.0, 0.0], [0.0, 1.0]])
    drawn = pictures.layer_map(decisions, 40)
    assert drawn.shape == (41, 40, 3)
    middle = [
        [drawn[row * 20 + 10, block * 20 + 10].tolist() for block in (0, 1)] for row in (0, 1)
    ]
    dark, white = [47, 111, 79], [255, 255, 255]
    assert middle == [[dark, white], [white, dark]]


def test_labels_stand_to_the_left_of_rows_of_different_heights():
    high, low = (np.full((h, 30, 3), 90, np.uint8) for h in (40, 10))
    sheet = pictures.grid([[high, high], [low, low]], ["a", "b"], ["high", "low"])
    plain = pictures.grid([[high, high], [low, low]], ["a", "b"])
    assert sheet.shape[0] == plain.shape[0] == 26 + 40 + 6 + 10 + 6
    margin = sheet.shape[1] - plain.shape[1]
    assert margin > 20
    np.testing.assert_array_equal(sheet[26:, margin:], plain[26:])
    assert (sheet[:, 6:margin] < 200).any()
