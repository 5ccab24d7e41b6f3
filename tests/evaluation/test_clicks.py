"""Clicks: places, numbers and reach by hand."""

from dataclasses import replace

import numpy as np
import pytest

from acolvit_jax.evaluation import clicks
from acolvit_jax.evaluation.click_report import click_tables, summarize_clicks
from acolvit_jax.evaluation.click_scores import Clicked, ClickFile, click
from acolvit_jax.evaluation.methods import Answer, Method
from acolvit_jax.evaluation.protocol import ProtocolPhoto
from acolvit_jax.photo import color


def test_the_worst_region_is_clicked_not_the_worst_pixel():
    """A lone pixel of error 9 against a square of 32 x 32 of error 1: blurred, the square wins."""
    error = np.zeros((128, 128))
    error[100, 20] = 9
    error[30:62, 60:92] = 1
    taken = np.zeros((64, 64), bool)
    # The square's center lies between its pixels 45 and 46, in cells 22 and 23: symmetry leaves
    # four equal cells around it but for rounding.
    row, column = clicks.next_cell(error, taken)
    assert row in (22, 23)
    assert column in (37, 38)
    # A Gaussian of 8 pixels leaves 1 / (2 pi 64) = 0.0025 of a pixel at its place.
    error[100, 20] = 900
    assert clicks.next_cell(error, taken) == (50, 10)


def test_taken_cells_are_not_clicked_again_and_equals_go_by_rows():
    error = np.ones((8, 8))
    taken = np.zeros((4, 4), bool)
    order = []
    for _ in range(16):
        cell = clicks.next_cell(error, taken)
        taken[cell] = True
        order.append(cell)
    assert order == [(row, column) for row in range(4) for column in range(4)]
    with pytest.raises(ValueError, match="all 16 cells"):
        clicks.next_cell(error, taken)


def test_number_of_clicks_by_hand():
    psnr = [20.0, 25.9, 26.0, 25.0, 29.0]
    assert [clicks.clicks_to(psnr, t) for t in (20, 26, 28, 30)] == [0, 2, 4, None]


def test_reach_by_hand():
    """Cell (2, 3) of side 2 has its center at (4.5, 6.5); changes at 0.5, 20 and 40 pixels."""
    distance = clicks.distances((2, 3), 64, 2)
    assert distance[4, 6] == pytest.approx(np.sqrt(0.5))
    assert distance[24, 6] == pytest.approx(np.hypot(19.5, 0.5))
    change = np.zeros((64, 64))
    change[4, 6], change[24, 6], change[44, 6] = 5, 2, 1
    assert clicks.reach(change, distance) == [5 / 8, 7 / 8, 1]
    assert clicks.reach(np.zeros((64, 64)), distance) is None


def test_a_strong_edge_parts_the_image():
    """Halves of different lightness: the other half lies behind the edge, whichever is clicked."""
    l_norm = np.zeros((64, 64), np.float32)
    l_norm[:, 32:] = 0.4
    left = clicks.beyond_edges(l_norm, (10, 3), 2)
    assert not left[:, :32].any()
    assert left[:, 40:].all()
    right = clicks.beyond_edges(l_norm, (10, 30), 2)
    assert right[:, :24].all()
    assert not right[:, 32:].any()


def half_red():
    """Left half grey, right half of one color, all of one lightness."""
    ab = np.zeros((224, 224, 2), np.float32)
    ab[:, 112:] = [0.3, 0.2]
    lab = np.dstack([np.full((224, 224, 1), 50, np.float32), color.denormalize_ab(ab)])
    return ProtocolPhoto("a.png", color.lab_to_uint8(lab), np.zeros((224, 224), np.float32), ab)


def flood(inputs):
    """Every hint floods its half of the photo."""
    ab = np.zeros((*inputs.shape[:3], 2), np.float32)
    for i, planes in enumerate(inputs):
        for half in (slice(0, 112), slice(112, 224)):
            rows, columns = np.nonzero(planes[:, half, 3])
            if len(rows):
                ab[i, :, half] = planes[rows[0], columns[0] + (half.start), 1:3]
    return Answer(ab)


def test_clicks_on_a_photo_by_hand():
    (found,) = click(Method("flood", "1", flood), [half_red()], 2)
    assert len(found.psnr) == 3
    (first, _) = found.cells
    assert first[1] >= 56  # in the half that is wrong
    assert found.psnr[0] < 20
    assert found.psnr[1] > 45  # rounding to 8 bits is all that is left
    assert found.reach[1] is None  # the second click has nothing to change
    assert found.across[0] == 0  # there is no lightness edge
    # The whole right half changes alike: the share within 64 pixels is that of its pixels.
    distance = clicks.distances(tuple(first), 224, 2)[:, 112:]
    assert found.reach[0] == pytest.approx([(distance <= r).mean() for r in clicks.RADII])


def make(image, psnr, reach=(0.5, 0.75, 1.0), across=0.25, name="model"):
    cells = [[0, k] for k in range(len(psnr) - 1)]
    return Clicked(name, image, psnr, cells, [list(reach)] * len(cells), [across] * len(cells))


def test_a_summary_by_hand():
    found = [
        make("a", [20.0, 19.0, 27.0]),
        make("b", [24.0, 27.0, 31.0], (0.1, 0.25, 0.5), 0.75),
        replace(make("a", [10.0, 10.0, 10.0], name="grey"), reach=[None] * 2, across=[None] * 2),
    ]
    model, grey = summarize_clicks(reversed(found), ["model", "none", "grey"])
    assert (model.photos, model.clicks, model.worse) == (2, 2, 1)
    assert model.psnr == [22.0, 23.0, 29.0]
    assert model.first_gains == [-1.0, 3.0]
    # 26 dB after 2 and 1 clicks; 28 and 30 after 2, and never, which counts as 2.
    assert model.clicks_to == {26: 1.5, 28: 2, 30: 2}
    assert model.never == {26: 0, 28: 0.5, 30: 0.5}
    assert model.reach == pytest.approx([0.3, 0.5, 0.75])
    assert model.across == 0.5
    assert grey.reach is grey.across is None
    assert summarize_clicks([one.first(1) for one in found], ["model"])[0].psnr == [22.0, 23.0]
    table = click_tables([model, grey])
    assert "| model | 1 of 2 | 1.00 | -1.0 | 30% | 50% | 75% | 50% |" in table
    assert "| model | 1.5 | 2.0 | 2.0 | 0% | 50% | 50% |" in table


def test_a_file_goes_on_and_drops_what_is_short(tmp_path):
    file = ClickFile(tmp_path, 2)
    file.add([make("a", [1.0, 2.0, 1 / 3]), make("b", [1.0, 2.0])])
    path = tmp_path / "clicks.jsonl"
    path.write_text(path.read_text() + '{"contender": "model", "ima')
    again = ClickFile(tmp_path, 2)
    assert list(again.done.values()) == [make("a", [1.0, 2.0, 1 / 3])]
    again.add([make("c", [4.0, 4.0, 4.0])])
    assert list(ClickFile(tmp_path, 1).done) == [("model", "a"), ("model", "c")]
