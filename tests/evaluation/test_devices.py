"""Evaluation on several devices: the scores of one."""

import dataclasses

import jax
import numpy as np
import pytest

from acolvit_jax.common.progress import Progress
from acolvit_jax.data.sources import folder_source
from acolvit_jax.evaluation.click_scores import ClickFile, click_all
from acolvit_jax.evaluation.methods import Method, answering
from acolvit_jax.evaluation.protocol import BATCH, Settings, batch_size, score_images
from acolvit_jax.evaluation.scores import ScoreFile
from acolvit_jax.hints import sets
from acolvit_jax.inference import devices
from acolvit_jax.inference.engine import Engine
from acolvit_jax.models.params import init_params
from tests.photos import make_folder
from tests.training.runs import EIGHT_DEVICES, MODEL

CONFIG = dataclasses.replace(MODEL, any_budget=True)
COUNTS = (1, 5)


def evaluated(photos, output):
    """Scores and clicks of a model, by what tells them apart."""
    engine = Engine(CONFIG, init_params(CONFIG, 0), batch_size=2)
    method = Method("m", "m", answering(engine, 0.5), CONFIG, 0.5)
    source = folder_source(photos)
    names = [source.name_of(i) for i in range(len(source))]
    hints = sets.drawn_hints(names, COUNTS, CONFIG.image_size, "acolvit")
    file = ScoreFile(output, {"contenders": {}})
    with Progress(1, quiet=True) as progress:
        settings = Settings(COUNTS, CONFIG.image_size, propagation=True)
        assert score_images(source, names, hints, [method], settings, file, progress) == []
    file.close()
    clicks = ClickFile(output, 2)
    click_all(source, range(len(names)), [method], 2, CONFIG.image_size, clicks)
    return file.scores, clicks.done


@EIGHT_DEVICES
@pytest.mark.parametrize("count", [2, 8])
def test_scores_do_not_depend_on_the_number_of_devices(tmp_path, monkeypatch, count, capsys):
    photos = make_folder(tmp_path / "photos", 5, (32, 32))
    scores, clicked = evaluated(photos, tmp_path / "one")
    used = set()
    split = devices.mesh_of
    monkeypatch.setattr(devices, "working_devices", lambda: tuple(jax.local_devices()[:count]))
    monkeypatch.setattr(devices, "mesh_of", lambda found: used.add(found) or split(found))
    assert batch_size() == count * BATCH
    got, got_clicked = evaluated(photos, tmp_path / "more")
    assert {len(found) for found in used} == {count}
    assert got.keys() == scores.keys()
    assert got_clicked.keys() == clicked.keys()
    for key, score in scores.items():
        assert got[key].decisions == score.decisions
        assert got[key].macs == score.macs
        for name, value in score.values.items():
            np.testing.assert_allclose(got[key].values[name], value, rtol=1e-4)
    for key, one in clicked.items():
        assert got_clicked[key].cells == one.cells
        np.testing.assert_allclose(got_clicked[key].psnr, one.psnr, rtol=1e-4)
    capsys.readouterr()


@EIGHT_DEVICES
def test_images_are_split_where_devices_can_share_them(monkeypatch):
    images = np.zeros((6, 2, 2), np.float32)
    assert devices.split(images) is images
    monkeypatch.setattr(devices, "working_devices", lambda: tuple(jax.local_devices()[:3]))
    assert [s.data.shape for s in devices.split(images).addressable_shards] == [(2, 2, 2)] * 3
    assert devices.split(images[:4]).shape == (4, 2, 2)
