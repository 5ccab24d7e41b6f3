"""Models against the first one, photo by photo, by hand."""

import dataclasses
import json
import math

import pytest

from acolvit_jax.evaluation.click_scores import Clicked
from acolvit_jax.evaluation.differences import (
    Difference,
    Paired,
    difference_tables,
    differences,
    pooled,
)
from acolvit_jax.evaluation.scores import Score


def score(name, image, psnr, count=1):
    return Score(name, count, image, {"psnr": psnr, "lpips": 0.1}, None, None)


def clicked(name, image, *psnr):
    nothing = [None] * (len(psnr) - 1)
    return Clicked(name, image, list(psnr), [[0, k] for k in range(len(nothing))], nothing, nothing)


SCORES = [
    score("first", "b", 24.0),
    score("first", "a", 20.0),
    score("first", "a", 30.0, count=10),
    score("second", "a", 21.0),
    score("second", "b", 28.0),
    score("second", "a", 29.0, count=10),
    score("second", "left out of the first", 90.0),
    score("another", "a", 1.0),
]
CLICKED = [
    clicked("first", "a", 20.0, 22.0),
    clicked("first", "b", 20.0, 25.0),
    clicked("second", "b", 20.5, 22.0),
    clicked("second", "a", 20.5, 23.0),
    clicked("another", "a", 1.0, 1.0),
]


def test_differences_by_hand():
    """Gains of 1 and 4 dB: mean 2.5, deviation of a sample 1.5 * sqrt(2), error 1.5."""
    (found,) = differences(SCORES, CLICKED, ["first", "second"], "first")
    assert (found.name, found.base, found.photos) == ("second", "first", 2)
    assert found.hints == {1: Paired(2.5, pytest.approx(1.5)), 10: Paired(-1.0, None)}
    assert found.clicks == [Paired(0.5, 0.0), Paired(-1.0, pytest.approx(2.0))]


def test_the_table_by_hand():
    found = differences(SCORES, CLICKED, ["first", "second"], "first")
    assert difference_tables(found).splitlines() == [
        "| random hints | 1 | 10 |",
        "| :--- | ---: | ---: |",
        "| second | +2.50 ± 1.50 | -1.00 |",
        "",
        "| clicks | 0 | 1 |",
        "| :--- | ---: | ---: |",
        "| second | +0.50 ± 0.00 | -1.00 ± 2.00 |",
    ]
    unclicked = Difference("new", "first", 2, {1: Paired(0.0, 1.0), 10: Paired(0.0, None)}, [])
    clicks = difference_tables([unclicked, *found]).split("\n\n")[1]
    assert clicks == difference_tables(found).split("\n\n")[1]
    alone = differences(SCORES, [], ["first", "second"], "first")
    assert "clicks" not in difference_tables(alone)


def test_sets_are_pooled_by_their_photos():
    """1 dB on 3 photos and 5 dB on 1: 2 dB, its error sqrt((3/4 * 0.4)^2 + (1/4 * 1.6)^2) = 0.5."""
    parts = [
        Difference("second", "first", 3, {5: Paired(1.0, 0.4)}, [Paired(2.0, None)]),
        Difference("second", "first", 1, {5: Paired(5.0, 1.6)}, [Paired(-2.0, 0.1)]),
    ]
    whole = pooled(parts)
    assert whole.photos == 4
    assert whole.hints == {5: Paired(2.0, pytest.approx(math.hypot(0.3, 0.4)))}
    assert whole.clicks == [Paired(1.0, None)]


def test_a_report_gives_them_back():
    for one in differences(SCORES, CLICKED, ["first", "second", "another"], "first"):
        assert Difference.from_json(json.loads(json.dumps(dataclasses.asdict(one)))) == one
