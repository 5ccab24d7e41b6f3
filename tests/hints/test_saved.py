"""Hints that follow their photo to another size."""

import math

import numpy as np
import pytest

from acolvit_jax.data.sources import sample_photos
from acolvit_jax.hints import Hint
from acolvit_jax.hints.saved import HintedPhoto, fingerprint, hinted_photo
from acolvit_jax.photo import images

COFFEE = images.read_image(next(p for p in sample_photos() if p.stem == "coffee"))
HEIGHT, WIDTH = COFFEE.shape[:2]


def test_a_fingerprint_says_where_a_row_darkens():
    rgb = np.zeros((80, 90, 3), np.uint8)
    rgb[:, :45] = 200  # the fifth field of nine is half light, the sixth is dark
    assert fingerprint(rgb) == f"{0b00011000:02x}" * 8


def test_hints_are_scaled_to_the_same_place_of_a_smaller_copy():
    photo = HintedPhoto("coffee", WIDTH, HEIGHT, fingerprint(COFFEE))
    small = images.resize(COFFEE, (HEIGHT // 3, WIDTH // 3))
    hint = Hint(HEIGHT - 1, 30, (1.0, 2.0), 4, 48.0)
    moved, note = photo.fit([hint], small)
    assert moved == [Hint(HEIGHT // 3 - 1, 10, (1.0, 2.0), 4, 48.0)]
    assert note == f"hints scaled from {WIDTH} x {HEIGHT}"


def test_the_same_size_says_nothing():
    photo = HintedPhoto("coffee", WIDTH, HEIGHT, fingerprint(COFFEE))
    hint = Hint(3, 5, None)
    assert photo.fit([hint], COFFEE) == ([hint], "")


@pytest.mark.parametrize("other", [COFFEE[::-1], COFFEE[: HEIGHT // 2]])
def test_another_photo_is_named(other):
    photo = HintedPhoto("coffee", WIDTH, HEIGHT, fingerprint(COFFEE))
    _, note = photo.fit([], other)
    assert note == f"the hints are of another photo, coffee ({WIDTH} x {HEIGHT})"


def test_a_hint_outside_stays_outside():
    photo = HintedPhoto("coffee", WIDTH, HEIGHT, "")
    (moved,), _ = photo.fit([Hint(HEIGHT, 0, None)], images.resize(COFFEE, (HEIGHT * 2, WIDTH * 2)))
    assert moved.row == HEIGHT


@pytest.mark.parametrize(
    "width", ["9", 0, 9.0, True, pytest.param(10**400, id="400 digits"), math.inf, math.nan]
)
def test_what_says_no_size_is_no_photo(width):
    assert hinted_photo({"name": "a", "width": width, "height": 9}) is None
    assert hinted_photo({"name": "a", "width": 9, "height": width}) is None


def test_a_print_that_is_none_is_left_out():
    assert hinted_photo({"name": "a", "width": 9, "height": 9, "print": "x"}) == HintedPhoto(
        "a", 9, 9, ""
    )
