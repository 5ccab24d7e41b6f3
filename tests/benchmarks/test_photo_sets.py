"""Which photos benchmarks take."""

import pytest

from acolvit_jax.data.sources import sample_photos
from benchmarks.photo_sets import some_photos


def test_the_photos_are_spread_over_the_whole_folder(tmp_path):
    """5 of 9: those at 0, 9/5, 18/5, 27/5 and 36/5. Other files than photos are none."""
    for i in range(9):
        (tmp_path / f"{i}.{'png' if i % 2 else 'JPEG'}").touch()
    (tmp_path / "notes.txt").touch()
    assert [path.stem for path in some_photos(tmp_path, 5)] == ["0", "1", "3", "5", "7"]
    assert len(some_photos(tmp_path, 20)) == 9
    assert some_photos(None, 1000) == sample_photos()


@pytest.mark.parametrize("most", [5, 0])
def test_no_photos_are_refused(tmp_path, most):
    with pytest.raises(SystemExit, match=f"{most} of the 0 photos in {tmp_path}"):
        some_photos(tmp_path, most)
