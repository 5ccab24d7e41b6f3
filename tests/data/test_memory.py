"""Photos in memory: decoded as the loader reads them, faults counted, chosen alike everywhere."""

import errno

import numpy as np
import pytest

from acolvit_jax.common import reading
from acolvit_jax.common.errors import DataError
from acolvit_jax.data.memory import Choices, decode_all
from acolvit_jax.data.skips import Skips
from acolvit_jax.data.sources import FileSource, folder_source
from acolvit_jax.photo import images
from tests.photos import make_folder, make_rgb


def decoded(folder, side=64, *, skip_grey=True):
    source = folder_source(folder)
    skips = Skips(len(source))
    return decode_all(source, side, skips, skip_grey=skip_grey, quiet=True), skips


def choices(**options):
    return Choices(10, Skips(10), **{"batch_size": 4, "seed": 0, **options})


def test_photos_lie_in_the_corner_of_their_square(tmp_path):
    photos, _ = decoded(make_folder(tmp_path, 3))
    assert photos.rgb.shape == (3, 64, 64, 3)
    np.testing.assert_array_equal(photos.sizes, [[48, 64]] * 3)
    for i, path in enumerate(sorted(tmp_path.iterdir())):
        np.testing.assert_array_equal(photos.rgb[i, :48], images.read_image(path.read_bytes()))
    assert not photos.rgb[:, 48:].any()


def test_what_does_not_fit_is_made_smaller_and_keeps_its_aspect(tmp_path):
    photos, _ = decoded(make_folder(tmp_path, 1), side=32)
    np.testing.assert_array_equal(photos.sizes, [[24, 32]])
    original = images.read_image((tmp_path / "0000.jpg").read_bytes())
    np.testing.assert_array_equal(photos.rgb[0, :24], images.resize(original, (24, 32)))


def test_corrupt_and_grey_photos_are_left_out_and_counted(tmp_path):
    make_folder(tmp_path, 4)
    (tmp_path / "0001.jpg").write_bytes(b"no photo")
    grey = np.repeat(make_rgb(9)[..., :1], 3, axis=-1)
    images.write_image(tmp_path / "0002.png", grey)
    photos, skips = decoded(tmp_path)
    assert len(photos.rgb) == len(photos.sizes) == 3
    assert list(skips.corrupt) == ["0001.jpg"]
    assert skips.grey == {"0002.png"}
    first, last = (images.read_image((tmp_path / f"000{i}.jpg").read_bytes()) for i in (0, 3))
    np.testing.assert_array_equal(photos.rgb[0, :48], first)
    np.testing.assert_array_equal(photos.rgb[2, :48], last)
    kept, _ = decoded(tmp_path, skip_grey=False)
    assert len(kept.rgb) == 4


def test_no_photo_with_color_is_said(tmp_path):
    for i in range(2):
        grey = np.repeat(make_rgb(i)[..., :1], 3, axis=-1)
        images.write_image(tmp_path / f"{i}.png", grey)
    with pytest.raises(DataError, match="all 2 images are near grey"):
        decoded(tmp_path)


def test_too_many_that_are_corrupt_are_said(tmp_path):
    make_folder(tmp_path, 100, (4, 4))
    for i in (3, 50):
        (tmp_path / f"{i:04d}.jpg").write_bytes(b"no photo")
    with pytest.raises(DataError, match=r"2 of 100 images are corrupt, more than 1%: 0003\.jpg, "):
        decoded(tmp_path, skip_grey=False)


def test_storage_that_fails_is_no_damage(tmp_path, monkeypatch):
    class Failing(FileSource):
        def __getitem__(self, index):
            raise OSError(errno.ESTALE, "Stale file handle")

    monkeypatch.setattr(reading, "PAUSES", (0,))
    source = Failing("photos", tmp_path, sorted(make_folder(tmp_path, 3).iterdir()))
    skips = Skips(3)
    with pytest.raises(reading.UnreadableError, match="cannot be read"):
        decode_all(source, 64, skips, skip_grey=True, quiet=True)
    assert not skips.corrupt


def test_of_no_photo_there_is_no_stream():
    with pytest.raises(DataError, match="no photo is left to train on"):
        Choices(0, Skips(0), batch_size=4, seed=0)


def test_epochs_are_in_different_orders():
    stream = choices(batch_size=10)
    assert (next(stream)["photo"] != next(stream)["photo"]).any()


def test_every_photo_comes_once_before_any_comes_again():
    stream = choices(batch_size=5)
    for _ in range(3):
        epoch = np.concatenate([next(stream)["photo"] for _ in range(2)])
        assert sorted(epoch.tolist()) == list(range(10))


@pytest.mark.parametrize("count", [2, 4])
def test_processes_share_the_batches_of_one(count):
    whole = choices()
    parts = [choices(process_index=i, process_count=count) for i in range(count)]
    for _ in range(5):
        expected, shares = next(whole), [next(part) for part in parts]
        for name, value in expected.items():
            np.testing.assert_array_equal(np.concatenate([s[name] for s in shares]), value)


def test_a_stream_goes_on_where_another_was():
    first, other = choices(), choices()
    for _ in range(3):
        next(first)
    other.set_state(first.get_state())
    expected, got = next(first), next(other)
    for name, value in expected.items():
        np.testing.assert_array_equal(got[name], value)
    assert got["number"].tolist() == [12, 13, 14, 15]


def test_another_seed_is_another_order():
    orders = [
        np.concatenate([next(s)["photo"] for _ in range(2)]) for s in (choices(), choices(seed=1))
    ]
    assert (orders[0] != orders[1]).any()
