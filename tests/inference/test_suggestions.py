"""Suggested colors are the model's own answers to a hint of each hue."""

import dataclasses

import numpy as np
import pytest

from acolvit_jax import Hint
from acolvit_jax.common.errors import HintError
from acolvit_jax.inference.suggestions import MOST, suggest
from acolvit_jax.inference.tones import Tones
from tests.models_on_disk import SMALL

SIDE = 64


class Follows:
    """A model that gives every pixel the mean of the hints' colors, a warm one `share` of it."""

    config = dataclasses.replace(SMALL, image_size=SIDE, hint_size=2)

    def __init__(self, share):
        self.share = share
        self.asked = []

    def many(self, inputs, budget=None):
        self.asked.append((len(inputs), budget))
        mask = inputs[..., 3:]
        mean = (inputs[..., 1:3] * mask).sum((1, 2)) / np.maximum(mask.sum((1, 2)), 1)
        mean *= np.where(mean[:, :1] > 0, self.share, 1)
        return np.broadcast_to(mean[:, None, None], (*inputs.shape[:3], 2)), None


@pytest.fixture
def tones():
    return Tones(np.zeros((SIDE, SIDE, 1), np.float32))  # L* of 50 everywhere


def test_they_are_what_the_model_answers_the_least_resisted_first(tones):
    model = Follows(0.5)
    found = suggest(model, tones, Hint(30, 30, None), [], (SIDE, SIDE), budget=0.4)
    assert model.asked == [(9, 0.4)]  # one batch: unasked, and eight hues
    assert len(found) == MOST
    likely = [suggestion.likely for suggestion in found]
    assert likely == sorted(likely, reverse=True)
    for suggestion in found:  # it goes half way with warm colors, all the way with cold ones
        assert suggestion.likely == pytest.approx(0.5 if suggestion.a > 0 else 1, abs=1e-3)
    places = np.array([(suggestion.a, suggestion.b) for suggestion in found])
    apart = np.linalg.norm(places[:, None] - places, axis=-1) + 99 * np.eye(MOST)
    assert apart.min() >= 10


def test_a_model_that_never_follows_has_none(tones):
    class Stubborn(Follows):
        def many(self, inputs, budget=None):
            return np.zeros((*inputs.shape[:3], 2), np.float32), None

    assert suggest(Stubborn(1), tones, Hint(30, 30, None), [], (SIDE, SIDE)) == []


def test_colors_from_which_the_model_turns_away_are_not_offered(tones):
    found = suggest(Follows(-0.5), tones, Hint(30, 30, None), [], (SIDE, SIDE))
    assert 0 < len(found) < MOST  # what it makes of warm colors is cold, and unlike the cold ones
    assert min(suggestion.likely for suggestion in found) == pytest.approx(1, abs=1e-3)


def test_other_hints_are_heard_and_what_is_left_alone_is_not(tones):
    def given(hints):
        return suggest(Follows(1), tones, Hint(30, 30, None), hints, (SIDE, SIDE))

    assert given([Hint(0, 0, None)]) == given([])
    hinted = given([Hint(0, 0, (60.0, 0.0))])  # which is half of every answer then
    assert min(suggestion.a for suggestion in hinted) > 0
    with pytest.raises(HintError, match="row 500"):
        given([Hint(500, 0, (1.0, 1.0))])
    with pytest.raises(HintError, match="row 64"):
        suggest(Follows(1), tones, Hint(64, 0, None), [], (SIDE, SIDE))
