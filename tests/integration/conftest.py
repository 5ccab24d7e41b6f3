"""A small model and a photo, for command lines that color."""

import pytest

from tests.models_on_disk import write_model
from tests.photos import make_jpeg


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
