"""The photographs in the package are complete, documented and worth training on."""

import json
from importlib import resources

import numpy as np
import pytest
from PIL import Image

from acolvit_jax.data.sources import sample_photos
from acolvit_jax.photo import images

PHOTOS = resources.files("acolvit_jax.assets") / "photos"

LICENCE_PAGES = {
    "LicenseRef-Public-Domain": None,
    "CC0-1.0": "https://creativecommons.org/publicdomain/zero/1.0/",
    "CC-BY-2.0": "https://creativecommons.org/licenses/by/2.0/",
    "CC-BY-4.0": "https://creativecommons.org/licenses/by/4.0/",
    "CC-BY-SA-4.0": "https://creativecommons.org/licenses/by-sa/4.0/",
}
STATED = ("title", "author", "package", "path", "licence", "stated_in", "changes")


@pytest.fixture(scope="module")
def sources() -> list[dict[str, str | None]]:
    return json.loads((PHOTOS / "sources.json").read_text(encoding="utf-8"))


def test_every_photo_has_its_source_and_every_source_its_photo(sources):
    assert [s["file"] for s in sources] == [path.name for path in sample_photos()]


def test_there_are_at_least_24_in_at_most_2_mb():
    sizes = [path.stat().st_size for path in sample_photos()]
    assert len(sizes) >= 24
    assert sum(sizes) <= 2_000_000


def test_every_source_is_whole_and_free(sources):
    for source in sources:
        assert source["licence_url"] == LICENCE_PAGES[source["spdx"]], source["file"]
        assert all(source[key] for key in STATED), source["file"]


def test_the_page_for_people_says_the_same(sources):
    page = (PHOTOS / "SOURCES.md").read_text(encoding="utf-8")
    rows = [line for line in page.splitlines() if ".jpg |" in line]
    assert len(rows) == len(sources)
    for row, source in zip(rows, sources, strict=True):
        cells = row.strip("| ").split(" | ")
        licence = (
            f"[{source['spdx']}]({source['licence_url']})"
            if source["licence_url"]
            else "public domain"
        )
        origin = f"<{source['source']}>" if source["source"] else "not stated"
        assert cells == [
            source["file"],
            source["title"],
            source["author"],
            licence,
            source["package"],
            origin,
            source["changes"],
        ]


def test_every_photo_decodes_in_color():
    for path in sample_photos():
        rgb = images.read_image(path)
        assert min(rgb.shape[:2]) >= 224, path.name
        assert float(np.ptp(rgb.astype(int), axis=-1).mean()) > 10, path.name


def test_photos_are_plain_srgb_jpegs_without_notes():
    for path in sample_photos():
        with Image.open(path) as photo:
            assert (photo.format, photo.mode) == ("JPEG", "RGB"), path.name
            notes = {"exif", "icc_profile", "comment", "xmp", "photoshop"} & photo.info.keys()
            assert not notes, path.name
