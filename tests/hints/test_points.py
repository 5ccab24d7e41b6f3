"""Hints: exact mapping from a photo's pixels to the model's cells."""

from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from acolvit_jax import hints
from acolvit_jax.common.errors import HintError
from acolvit_jax.config import HINT_COUNTS
from acolvit_jax.hints import Hint
from acolvit_jax.hints.text import color_text, parse_color
from acolvit_jax.photo import color

SIDE = 224
RED_AB = (80.09, 67.20)  # a*, b* of pure sRGB red, from CIE tables


@given(
    st.integers(1, 30_000),
    st.integers(1, 30_000),
    st.floats(0, 1),
    st.floats(0, 1),
    st.sampled_from([1, 2, 4, 7]),
)
def test_a_click_on_any_pixel_marks_the_aligned_cell_under_it(height, width, y, x, size):
    row, column = round(y * (height - 1)), round(x * (width - 1))
    planes = hints.hint_planes([Hint(row, column, (10.0, -20.0))], (height, width), SIDE, size)
    marked = np.argwhere(planes[..., 2] == 1)
    assert len(marked) == size**2
    top, left = marked.min(axis=0)
    assert top % size == 0
    assert left % size == 0
    # The model pixel over the clicked pixel's corner lies in the cell.
    assert top <= row * SIDE // height < top + size
    assert left <= column * SIDE // width < left + size
    np.testing.assert_allclose(
        planes[planes[..., 2] == 1][:, :2], [[10 / 110, -20 / 110]] * size**2
    )
    assert not planes[planes[..., 2] == 0].any()


@pytest.mark.parametrize("corner", [(0, 0), (0, 639), (479, 0), (479, 639)])
def test_corners_of_the_photo_mark_corners_of_the_grid(corner):
    planes = hints.hint_planes([Hint(*corner, (1.0, 1.0))], (480, 640), SIDE)
    expected = [0 if coordinate == 0 else SIDE - 2 for coordinate in corner]
    assert np.argwhere(planes[..., 2] == 1).min(axis=0).tolist() == expected


def test_srgb_hints_give_their_own_a_and_b():
    assert Hint(0, 0, (255, 0, 0)).ab() == pytest.approx(RED_AB, abs=0.02)
    assert Hint(0, 0, (7, 7, 7)).ab() == pytest.approx((0, 0), abs=0.02)


def test_the_later_hint_wins_in_a_cell():
    first, second = Hint(0, 0, (5.0, 5.0)), Hint(1, 1, (-5.0, 7.0))
    planes = hints.hint_planes([first, second], (SIDE, SIDE), SIDE)
    np.testing.assert_allclose(planes[0, 0], [-5 / 110, 7 / 110, 1], rtol=1e-6)


def test_no_hints_give_empty_planes():
    assert not hints.hint_planes([], (10, 10), SIDE).any()


@pytest.mark.parametrize(("row", "column"), [(-1, 0), (0, -1), (480, 0), (0, 640)])
def test_a_hint_outside_the_photo_is_refused(row, column):
    with pytest.raises(HintError, match=r"outside the photo: rows are 0\.\.479, columns 0\.\.639"):
        hints.hint_planes([Hint(row, column, (0.0, 0.0))], (480, 640), SIDE)


@pytest.mark.parametrize(
    "bad",
    [
        (256, 0, 0),
        (-1, 0, 0),
        (1.5, 2, 3),
        (200.0, 0.0),
        (1,),
        (),
    ],
)
def test_a_color_that_is_none_is_refused(bad):
    with pytest.raises(HintError, match="color"):
        Hint(0, 0, bad)


@pytest.mark.parametrize(
    "bad",
    [
        "123",
        "12",
        b"abc",
        bytearray(b"abc"),
        {1, 2, 3},
        frozenset({1, 2}),
        {1: 0, 2: 0},
        ["1", "2"],
    ],
)
def test_a_text_or_what_has_no_order_is_no_color(bad):
    with pytest.raises(HintError, match=r"no sequence of numbers; hints\.text\.parse_color reads"):
        Hint(0, 0, bad)


@pytest.mark.parametrize("bad", [10.5, 10.0, np.inf, "10", None, True, np.array([1, 2])])
@pytest.mark.parametrize("name", ["row", "column", "size"])
def test_a_place_or_size_that_is_no_whole_number_is_refused(name, bad):
    with pytest.raises(HintError, match=f"a hint's {name} .* is no") as refused:
        Hint(**{"row": 1, "column": 1, "color": None, name: bad})
    assert refused.value.field == name


@pytest.mark.parametrize("digits", [400, 5000])
def test_numbers_beyond_measure_are_refused_in_a_line(digits):
    """Python makes no float of the first and no text of the second."""
    for name, value in (("reach", 10**digits), ("size", 10**digits), ("color", (10**digits, 0))):
        with pytest.raises(HintError) as refused:
            Hint(**{"row": 1, "column": 1, "color": None, name: value})
        assert refused.value.field == name
        assert len(str(refused.value)) < 200
    with pytest.raises(HintError, match="lies outside the photo"):
        Hint(10**digits, -(10**digits), None).check_inside((480, 640))


def test_numpy_s_numbers_are_python_s():
    pair = np.array([20.5, -35.25], np.float32)
    hint = Hint(np.int64(5), np.uint16(6), pair, size=np.int64(4), reach=np.float32(48))
    assert repr(hint) == repr(Hint(5, 6, (20.5, -35.25), 4, 48.0))
    assert parse_color(color_text(hint)) == hint.color
    triple = Hint(5, 6, np.array([200.0, 30, 4]))
    assert repr(triple) == repr(Hint(5, 6, (200, 30, 4)))
    assert parse_color(color_text(triple)) == triple.color


def test_a_hint_size_that_does_not_divide_is_refused():
    with pytest.raises(HintError, match="hint_size=3"):
        hints.hint_planes([], (10, 10), SIDE, 3)


def test_cell_means_by_hand():
    plane = np.arange(16, dtype=np.float32).reshape(4, 4, 1)
    np.testing.assert_array_equal(hints.cell_means(plane, 2)[..., 0], [[2.5, 4.5], [10.5, 12.5]])


def test_a_drawn_input_is_the_lightness_and_the_drawn_cells():
    l_norm = np.random.default_rng(0).random((6, 6), np.float32)
    cells, ab = np.array([[0, 1], [2, 2]]), np.array([[11.0, -22.0], [55.0, 0.0]])
    inputs = hints.draw_input(l_norm, cells, ab, 2)
    np.testing.assert_array_equal(inputs[..., 0], l_norm)
    np.testing.assert_array_equal(inputs[..., 1:], hints.draw_cells(cells, ab, 6, 2))
    np.testing.assert_allclose(inputs[0, 2, 1:], [0.1, -0.2, 1])
    np.testing.assert_array_equal(hints.draw_input(l_norm, cells[:0], ab[:0], 2)[..., 1:], 0)


def test_model_input_by_hand():
    l_norm = np.full((4, 4), 0.25, np.float32)
    ab = np.arange(32, dtype=np.float32).reshape(4, 4, 2) / 100
    out = hints.model_input(l_norm, ab, np.array([[0, 1], [0, 1]]), 2)
    assert out.shape == (4, 4, 4)
    assert (out[..., 0] == 0.25).all()
    mean = ab[:2, 2:].mean(axis=(0, 1))
    np.testing.assert_allclose(out[:2, 2:, 1:3], np.broadcast_to(mean, (2, 2, 2)), rtol=1e-6)
    assert (out[:2, 2:, 3] == 1).all()
    assert not out[2:, :, 1:].any()
    assert not out[:2, :2, 1:].any()


@given(st.integers(0, 2**32), st.integers(0, 128))
def test_sampled_cells_are_distinct_and_inside(seed, count):
    cells = hints.sample_cells(np.random.default_rng(seed), (112, 112), count)
    assert len(cells) == count
    assert len({tuple(c) for c in cells}) == len(cells)
    assert ((cells >= 0) & (cells < 112)).all()


@pytest.mark.parametrize(
    ("counts", "expected"),
    [
        ("uniform", [1 / 7] * 7),
        # What lies between whole numbers of log(1 to 8), a third of it for each doubling.
        ("log-uniform", np.diff(np.log2(np.arange(1, 9))) / 3),
    ],
)
def test_numbers_of_hints_are_drawn_as_asked(counts, expected):
    rng = np.random.default_rng(0)
    drawn = [hints.sample_count(rng, 6, counts) for _ in range(10_000)]
    frequencies = np.bincount(drawn, minlength=7) / 10_000
    np.testing.assert_allclose(frequencies, expected, atol=0.015)


@given(st.integers(0, 2**32), st.integers(0, 300), st.sampled_from(HINT_COUNTS))
def test_the_number_of_hints_is_never_above_the_most(seed, most, counts):
    assert 0 <= hints.sample_count(np.random.default_rng(seed), most, counts) <= most


@given(st.integers(0, 20_000))
def test_the_ends_of_log_uniform_numbers_are_none_and_the_most(most):
    lowest, highest = (
        hints.sample_count(SimpleNamespace(random=iter([u]).__next__), most, "log-uniform")
        for u in (0.0, np.nextafter(1.0, 0.0))
    )
    assert (lowest, highest) == (0, most)


def test_every_cell_is_as_likely():
    rng = np.random.default_rng(0)
    hits = np.zeros((4, 4))
    for _ in range(4000):
        cells = hints.sample_cells(rng, (4, 4), 8)
        hits[cells[:, 0], cells[:, 1]] += 1
    np.testing.assert_allclose(hits / hits.mean(), 1, atol=0.08)


def test_training_planes_equal_the_planes_of_the_same_hints_by_hand():
    """A person's hint in a cell's own mean color gives what training gives."""
    rng = np.random.default_rng(0)
    lab = color.uint8_to_lab(rng.integers(0, 256, (SIDE, SIDE, 3), dtype=np.uint8))
    ab = color.normalize_ab(lab[..., 1:])
    cell = np.array([[3, 50]])
    trained = hints.model_input(color.normalize_l(lab[..., 0]), ab, cell)
    mean = color.denormalize_ab(hints.cell_means(ab)[3, 50])
    placed = hints.hint_planes([Hint(7, 100, tuple(mean.tolist()))], (SIDE, SIDE), SIDE)
    np.testing.assert_allclose(trained[..., 1:], placed, atol=1e-6)


def test_true_hints_have_the_colors_of_their_pixels():
    rgb = np.random.default_rng(0).integers(0, 256, (5, 9, 3), dtype=np.uint8)
    made = hints.true_hints(rgb, 40, seed=1)
    assert all(hint.color == tuple(rgb[hint.row, hint.column]) for hint in made)
    assert {hint.row for hint in made} == set(range(5))
    assert {hint.column for hint in made} == set(range(9))
    assert made == hints.true_hints(rgb, 40, seed=1)
