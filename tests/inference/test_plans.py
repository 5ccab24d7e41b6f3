"""Names of what is written beside results."""

import pytest

from acolvit_jax.inference.plans import plan_folder
from acolvit_jax.photo.images import write_image
from tests.photos import make_rgb

FOLDERS = {
    "pages beside a photo": ["scan.tif", "scan.page2.tif", "scan.page2.page3.tif"],
    "one stem, two formats": ["a.png", "a.jpg", "b.png"],
    "results named as layers": ["a.png", "a_layer.png", "a_layers.tif", "a_color.png"],
    "endings alone": ["_layer.png", "_color.png"],
    "folders apart": ["one/a.png", "two/a.png"],
}


@pytest.mark.parametrize("names", FOLDERS.values(), ids=FOLDERS)
def test_nothing_in_a_folder_is_written_over_something_else(tmp_path, names):
    for name in names:
        (tmp_path / "in" / name).parent.mkdir(parents=True, exist_ok=True)
        write_image(tmp_path / "in" / name, make_rgb(0, (8, 8)))
    written = [
        path
        for job in plan_folder(tmp_path / "in", tmp_path / "out", {}).jobs
        for path in (
            job.target,
            *(job.layer(kind, page) for kind in ("layer", "layers") for page in (1, 2, 3)),
            *(job.compared(page) for page in (1, 2, 3)),
        )
    ]
    assert len(set(written)) == len(written)


def test_a_photo_alone_has_short_names(tmp_path):
    write_image(tmp_path / "a.png", make_rgb(0, (8, 8)))
    (job,) = plan_folder(tmp_path, tmp_path / "out", {}).jobs
    assert job.layer("layer", 1).name == "a_layer.png"
    assert job.layer("layers", 2).name == "a.page2_layers.tif"
