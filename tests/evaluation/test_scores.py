"""Scores: kept in a file that survives a kill; propagation by hand."""

import json
import logging

import numpy as np
import pytest

from acolvit_jax.common.errors import ConfigError
from acolvit_jax.evaluation.scores import Score, ScoreFile, propagation_range, simple_scores
from acolvit_jax.evaluation.summary import summarize

IDENTITY = {"images": "here", "counts": [1], "contenders": {"model": "abc"}}


def make(image, psnr, count=1, name="model", decisions=((1, 0), (1, 1)), macs=2e9):
    return Score(name, count, image, {"psnr": psnr}, macs, [list(d) for d in decisions])


def test_a_file_goes_on_and_drops_a_line_cut_short(tmp_path):
    file = ScoreFile(tmp_path, IDENTITY)
    file.add([make("a", 20.1), make("b", 30.2)])
    path = tmp_path / "scores.jsonl"
    path.write_text(path.read_text() + '{"contender": "model", "cou')
    again = ScoreFile(tmp_path, IDENTITY)
    assert again.scores == file.scores
    again.add([make("c", 1 / 3)])
    assert ScoreFile(tmp_path, IDENTITY).scores["model", 1, "c"].values["psnr"] == 1 / 3


def test_another_evaluation_or_other_files_are_left_alone(tmp_path):
    ScoreFile(tmp_path / "report", IDENTITY)
    with pytest.raises(ConfigError, match="holds another evaluation"):
        ScoreFile(tmp_path / "report", IDENTITY | {"counts": [2]})
    (tmp_path / "letters").mkdir()
    (tmp_path / "letters" / "dear.txt").write_text("you")
    with pytest.raises(ConfigError, match="holds other files"):
        ScoreFile(tmp_path / "letters", IDENTITY)
    assert [p.name for p in (tmp_path / "letters").iterdir()] == ["dear.txt"]


def test_contenders_can_be_added_but_not_changed(tmp_path):
    ScoreFile(tmp_path, IDENTITY).add([make("a", 20.0)])
    grown = IDENTITY | {"contenders": {"grey": "grey", "model": "abc"}}
    file = ScoreFile(tmp_path, grown)
    assert list(file.scores) == [("model", 1, "a")]
    file.add([make("a", 10.0, name="grey")])
    for other in (IDENTITY, grown | {"contenders": {"grey": "grey", "model": "xyz"}}):
        with pytest.raises(ConfigError, match="holds another evaluation"):
            ScoreFile(tmp_path, other)
    assert len(ScoreFile(tmp_path, grown).scores) == 2


def test_the_spelling_of_the_folder_is_no_difference(tmp_path):
    """Nor is it in folders of earlier versions, which hold it too."""
    ScoreFile(tmp_path, IDENTITY).add([make("a", 20.0)])
    assert ScoreFile(tmp_path, IDENTITY | {"images": "./here"}).scores
    assert json.loads((tmp_path / "evaluation.json").read_text())["images"] == "./here"


def test_what_differs_is_named(tmp_path):
    before = IDENTITY | {"content": "c", "contenders": {"a": "1", "b": "2", "c": "3"}}
    ScoreFile(tmp_path, before)
    other = before | {"content": "d", "counts": [2], "contenders": {"a": "1", "b": "3"}}
    with pytest.raises(ConfigError) as raised:
        ScoreFile(tmp_path, other)
    assert "(other content, counts; another b; this one lacks c; see " in str(raised.value)
    assert str(raised.value).endswith("): choose another --output")
    with pytest.raises(ConfigError, match=r"lacks b, c; see .*\): name them again beside .*, or"):
        ScoreFile(tmp_path, before | {"contenders": {"a": "1"}})


def test_another_dtype_is_named(tmp_path):
    float32, bfloat16 = (
        IDENTITY | {"contenders": {"model": name}, "products": name}
        for name in ("float32", "bfloat16")
    )
    ScoreFile(tmp_path / "report", float32)
    with pytest.raises(ConfigError, match="in float32, and this one is in bfloat16: add --dtype"):
        ScoreFile(tmp_path / "report", bfloat16)
    with pytest.raises(ConfigError, match="holds another evaluation"):
        ScoreFile(tmp_path / "report", float32 | {"counts": [2]})
    with pytest.raises(ConfigError, match="holds another evaluation"):
        ScoreFile(tmp_path / "report", bfloat16 | {"counts": [2]})
    ScoreFile(tmp_path / "older", IDENTITY).add([make("a", 20.0)])
    assert ScoreFile(tmp_path / "older", IDENTITY | {"products": "float32"}).scores
    baselines = {"contenders": {"grey": "grey"}}
    ScoreFile(tmp_path / "baselines", float32 | baselines)
    ScoreFile(tmp_path / "baselines", bfloat16 | baselines)


@pytest.mark.parametrize(
    "data", [b"", b"[]", b"{}", b'{"contenders": 3}', b"\xff\xfe", b"[" * 100_000]
)
def test_scores_of_a_damaged_identity_are_set_aside_and_made_again(tmp_path, data, caplog):
    """Nobody knows what they depend on; they may be another evaluation's."""
    ScoreFile(tmp_path, IDENTITY).add([make("a", 20.0)])
    (tmp_path / "report.json").write_text('{"throughput": {}}')
    (tmp_path / "evaluation.json").write_bytes(data)
    with caplog.at_level(logging.WARNING):
        file = ScoreFile(tmp_path, IDENTITY)
    assert file.scores == {}
    assert len(caplog.records) == 1
    assert (tmp_path / "damaged-evaluation.json").read_bytes() == data
    assert "20.0" in (tmp_path / "damaged-scores.jsonl").read_text()
    assert (tmp_path / "damaged-report.json").exists()
    file.add([make("a", 21.0)])
    assert ScoreFile(tmp_path, IDENTITY).scores["model", 1, "a"].values == {"psnr": 21.0}


WRONG = {
    "a list": "[1]",
    "no contender": '{"count": 1}',
    "a method of another type": {"contender": 3},
    "an image of another type": {"image": ["a"]},
    "a count of another type": {"count": "1"},
    "values of another type": {"values": [20.0]},
    "a score that is text": {"values": {"psnr": "20"}},
    "no score": {"values": {"lpips": 0.1}},
    "decisions of another shape": {"decisions": [[1, 0, 1]]},
    "decisions of other values": {"decisions": [[1, 7]]},
    "a field more": {"more": 1},
}


@pytest.mark.parametrize("kind", WRONG)
def test_a_line_of_something_else_is_set_aside(tmp_path, kind, caplog):
    file = ScoreFile(tmp_path, IDENTITY)
    file.add([make("a", 20.0), make("b", 30.0)])
    wrong = WRONG[kind]
    if isinstance(wrong, dict):
        wrong = json.dumps(make("c", 1.0).__dict__ | wrong)
    path = tmp_path / "scores.jsonl"
    first, second = path.read_text().splitlines()
    path.write_text(f"{first}\n{wrong}\n{second}\n")
    with caplog.at_level(logging.WARNING):
        assert ScoreFile(tmp_path, IDENTITY).scores == file.scores
    assert [r.getMessage()[:15] for r in caplog.records] == ["1 damaged lines"]
    assert (tmp_path / "damaged-scores.jsonl").read_text() == f"{wrong}\n"


def test_a_summary_by_hand():
    half, full = ((1, 0), (0, 1)), ((1, 1), (1, 1))
    scores = [
        make("a", 20.0, decisions=half, macs=1e9),
        make("b", 30.0, decisions=full, macs=3e9),
        make("a", 22.0, 5, decisions=half, macs=1e9),
        make("b", 34.0, 5, decisions=full, macs=3e9),
        Score("grey", 1, "a", {"psnr": 10.0}, None, None),
    ]
    model, grey = summarize(reversed(scores), ["model", "grey"])
    assert model.means == {"psnr": {1: 25.0, 5: 28.0}}
    assert (model.images, model.gmacs, model.keep_ratio) == (2, 2.0, 0.75)
    assert model.keep_deviation == 0.25
    assert model.keep_by_layer == [[1.0, 0.5], [0.5, 1.0]]
    assert grey.means == {"psnr": {1: 10.0}}
    assert grey.gmacs is grey.keep_ratio is grey.keep_by_layer is None


def test_propagation_by_hand():
    before = np.zeros((8, 8, 2))
    after = before.copy()
    after[2, 3] = [3.0, 0.0]
    after[2, 7] = [2.0, 2.0]
    after[7, 7] = [2.2, 0.0]  # not to be noticed
    # The cell (1, 1) of side 2 has its center at (2.5, 2.5).
    expected = (np.hypot(0.5, 0.5) + np.hypot(0.5, 4.5)) / 2
    assert propagation_range(before, after, np.array([1, 1]), 2) == pytest.approx(expected)
    assert propagation_range(before, before, np.array([1, 1]), 2) is None


def test_simple_scores_by_hand():
    """A grey image of one lightness, colored grey: the truth, but for rounding to 8 bits."""
    inputs = np.zeros((1, 32, 32, 4), np.float32)  # L* 50
    truth = np.full((1, 32, 32, 3), 119, np.uint8)  # sRGB of L* 50 is 118.9
    rgb, values = simple_scores(inputs, np.zeros((1, 32, 32, 2), np.float32), truth)
    (value,) = values
    np.testing.assert_allclose(rgb, 0.4663, atol=1e-3)
    assert value["psnr"] == value["boundary_psnr"] == 50.0
    assert value["patch_error_variance"] == pytest.approx(0, abs=1e-6)
