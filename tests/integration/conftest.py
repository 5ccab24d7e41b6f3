"""Small models and photos, for command lines that color and that evaluate."""

import pytest

from acolvit_jax.evaluation import gallery
from tests.integration.evaluations import SHAPE
from tests.models_on_disk import write_model
from tests.photos import make_folder, make_jpeg


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    return write_model(tmp_path_factory.mktemp("model"))


@pytest.fixture
def own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("ACOLVIT_CACHE", str(tmp_path / "cache"))


@pytest.fixture
def photo(tmp_path):
    path = tmp_path / "photo.jpg"
    path.write_bytes(make_jpeg(0))
    return path


@pytest.fixture(scope="module")
def setting(tmp_path_factory):
    """A folder with 40 photos, and two models: fixed, and for any budget."""
    folder = tmp_path_factory.mktemp("evaluation")
    (folder / "any").mkdir()
    models = [write_model(folder, **SHAPE), write_model(folder / "any", **SHAPE, any_budget=True)]
    make_folder(folder / "photos", 40)
    return folder, [f"fixed={models[0]}", f"any={models[1]}"]


@pytest.fixture
def scores_alone(monkeypatch):
    """Reports without figures, for tests of scores: most of a small report's time is drawing."""
    monkeypatch.setattr(gallery, "draw_all", lambda *_: {})
