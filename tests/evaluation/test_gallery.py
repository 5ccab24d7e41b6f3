"""Which photos the report's pictures show."""

import pytest

from acolvit_jax.data.sources import folder_source
from acolvit_jax.evaluation import gallery
from acolvit_jax.evaluation.published import published_for
from acolvit_jax.evaluation.scores import Score
from tests.photos import make_folder


@pytest.mark.parametrize(("count", "shown"), [(1, "0"), (3, "012"), (4, "0123"), (9, "0246")])
def test_figure_2_shows_different_photos_spread_evenly(tmp_path, monkeypatch, count, shown):
    drawn = []
    monkeypatch.setattr(gallery, "_results", lambda photos, *_: drawn.extend(photos))
    monkeypatch.setattr(gallery.figures, "save", lambda figure, folder, name: f"{name}.png")
    source = folder_source(make_folder(tmp_path, count, (8, 8)))
    names = [source.name_of(i) for i in range(count)]
    scores = [Score("grey", 1, name, {"psnr": 20.0}, None, None) for name in names]
    paper = published_for("sample")
    made = gallery.draw_all(
        tmp_path, source, names, {}, [], (1,), [], scores, image_size=16, paper=paper
    )
    assert list(made) == ["figure_2.png"]
    assert [int(name[:4]) for name in drawn] == [int(digit) for digit in shown]
