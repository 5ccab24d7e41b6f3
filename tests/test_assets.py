"""The photographs in the package are complete, documented and worth training on."""

import json
from importlib import resources

import pytest

from acolvit_jax import images
from acolvit_jax.data.sources import sample_photos

FREE = {
    "public-domain",
    "CC0-1.0",
    "CC-BY-2.0",
    "CC-BY-4.0",
    "CC-BY-SA-4.0",
}


@pytest.fixture(scope="module")
def sources() -> list[dict[str, str]]:
    text = (resources.files("acolvit_jax.assets") / "photos" / "sources.json").read_text()
    return json.loads(text)


def test_every_photo_has_its_source_and_every_source_its_photo(sources):
    assert sorted(s["file"] for s in sources) == [path.name for path in sample_photos()]


def test_there_are_at_least_24_in_at_most_2_mb():
    sizes = [path.stat().st_size for path in sample_photos()]
    assert len(sizes) >= 24
    assert sum(sizes) <= 2_000_000


def test_every_source_is_whole_and_free(sources):
    for source in sources:
        assert source["licence"] in FREE
        assert all(source[key] for key in ("title", "author", "package", "path", "source"))


def test_every_photo_decodes_in_colour():
    for path in sample_photos():
        rgb = images.read_image(path)
        assert min(rgb.shape[:2]) >= 224, path.name
        assert not images.is_near_grey(rgb), path.name
