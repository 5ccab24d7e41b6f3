"""Photos in memory: decoded as the loader reads them, faults counted, chosen alike everywhere."""

import errno
import os
from pathlib import Path

import numpy as np
import pytest

from acolvit_jax.common import reading
from acolvit_jax.common.errors import DataError
from acolvit_jax.data import memory
from acolvit_jax.data.decoding import LoadColor
from acolvit_jax.data.memory import Choices, decode_all, some_sizes, stack
from acolvit_jax.data.skips import Skips
from acolvit_jax.data.sources import FileSource, folder_source
from acolvit_jax.photo import images
from tests.photos import make_folder, make_rgb


def decoded(folder, side=64, *, skip_grey=True, most=0.01):
    """Photos and how many were made smaller; what was left out."""
    source = folder_source(folder)
    skips = Skips(len(source), most)
    return decode_all(source, side, skips, skip_grey=skip_grey, quiet=True), skips


def choices(**options):
    return Choices(10, Skips(10), **{"batch_size": 4, "seed": 0, **options})


def test_photos_lie_one_below_the_other_with_the_long_side_down(tmp_path):
    make_folder(tmp_path, 3)
    images.write_image(tmp_path / "0001.png", make_rgb(7, (50, 40)))
    (photos, smaller), _ = decoded(tmp_path)
    assert photos.lines.shape == (64 + 64 + 50 + 64, 48, 3)  # none is wider
    np.testing.assert_array_equal(photos.first, [0, 64, 128, 178])
    np.testing.assert_array_equal(photos.sizes, [[48, 64], [48, 64], [50, 40], [48, 64]])
    paths = sorted(tmp_path.iterdir())
    for i in (0, 1, 3):
        wide = images.read_image(paths[i].read_bytes())
        lines = photos.lines[photos.first[i] :][:64]
        np.testing.assert_array_equal(lines, wide.swapaxes(0, 1))
    np.testing.assert_array_equal(photos.lines[128:178, :40], make_rgb(7, (50, 40)))
    assert not photos.lines[128:178, 40:].any()
    assert smaller == 0


def test_a_larger_short_side_is_made_smaller_and_the_aspect_kept(tmp_path):
    (photos, smaller), _ = decoded(make_folder(tmp_path, 1), side=36)
    np.testing.assert_array_equal(photos.sizes, [[36, 48]])
    original = images.read_image((tmp_path / "0000.jpg").read_bytes())
    expected = images.resize(original, (36, 48))
    np.testing.assert_array_equal(photos.lines, expected.swapaxes(0, 1))
    assert smaller == 1


def test_in_the_place_of_one_that_is_left_out_is_the_next(tmp_path):
    """As the loader on the host has it: what the others are chosen by stays the same."""
    make_folder(tmp_path, 5)
    grey = np.repeat(make_rgb(9)[..., :1], 3, axis=-1)
    (tmp_path / "0001.jpg").write_bytes(b"no photo")
    images.write_image(tmp_path / "0002.png", grey)
    (tmp_path / "0004.jpg").write_bytes(b"no photo")
    (photos, _), skips = decoded(tmp_path, most=1.0)
    assert len(photos.lines) == 3 * 64
    assert list(skips.corrupt) == ["0001.jpg", "0004.jpg"]
    assert skips.grey == {"0002.png"}
    load = LoadColor(folder_source(tmp_path), skip_grey=True)
    assert len(photos.first) == len(photos.sizes) == len(load.source) == 6
    for i, first in enumerate(photos.first):
        expected = load(i)[1]
        np.testing.assert_array_equal(photos.sizes[i], expected.shape[:2])
        shown = photos.lines[first : first + 64, :48]
        np.testing.assert_array_equal(shown, expected.swapaxes(0, 1))
    (kept, _), _ = decoded(tmp_path, skip_grey=False, most=1.0)
    assert len(kept.lines) == 4 * 64


@pytest.mark.parametrize("block", [64 * 144, 100 * 144, 2**26])
def test_photos_lie_across_blocks(monkeypatch, block):
    monkeypatch.setattr(memory, "BLOCK", block)
    photos = [make_rgb(i, (64, 30 + i)) for i in range(9)]
    made = stack((None, *photos), 48)
    assert made.lines.shape == (9 * 64, 38, 3)
    np.testing.assert_array_equal(made.first, [0, *range(0, 576, 64)])
    for i, photo in enumerate(photos):
        np.testing.assert_array_equal(made.lines[64 * i : 64 * i + 64, : 30 + i], photo)
        assert not made.lines[64 * i : 64 * i + 64, 30 + i :].any()


def resident(name):
    """Memory of this process in bytes: `VmRSS`, or the most since it was asked for, `VmHWM`."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return 1024 * next(int(line.split()[1]) for line in lines if line.startswith(name))


@pytest.mark.skipif(not os.path.exists("/proc/self/clear_refs"), reason="Linux tells the peak")
@pytest.mark.parametrize("side", [256, 300])
def test_photos_are_never_there_twice(monkeypatch, side):
    """Nor in lines wider than any photo."""
    monkeypatch.setattr(memory, "BLOCK", 2**25 + 2**24)
    before = resident("VmRSS")
    Path("/proc/self/clear_refs").write_text("5")
    made = stack((np.full((256, 256, 3), i % 256, np.uint8) for i in range(1600)), side)
    grown = resident("VmHWM") - before
    assert made.lines.shape == (1600 * 256, 256, 3)
    assert (made.lines[::256, 7, 1] == np.arange(1600) % 256).all()
    # A block is there twice until it is copied: 0.16 of them, or 0.14.
    assert 0.9 * made.lines.nbytes < grown < 1.2 * made.lines.nbytes * side / 256


def test_sizes_of_some_photos_tell_those_of_all(tmp_path):
    make_folder(tmp_path / "few", 3)
    (tmp_path / "few" / "0001.jpg").write_bytes(b"no photo")
    sizes = some_sizes(folder_source(tmp_path / "few"))
    np.testing.assert_array_equal(sizes, [[48, 64], [48, 64]])
    many = folder_source(make_folder(tmp_path / "many", 100, (8, 12)))
    np.testing.assert_array_equal(some_sizes(many), [[8, 12]] * 32)


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


def test_a_grey_photo_that_is_listed_twice_is_no_photo_either(tmp_path):
    images.write_image(tmp_path / "grey.png", np.full((8, 8, 3), 90, np.uint8))
    (tmp_path / "list.txt").write_text("grey.png\ngrey.png\n")
    source = folder_source(tmp_path, str(tmp_path / "list.txt"))
    with pytest.raises(DataError, match="no photo is left to train on"):
        decode_all(source, 64, Skips(2), skip_grey=True, quiet=True)


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
    smaller = choices(batch_size=2)
    smaller.set_state(other.get_state())
    assert next(smaller)["number"].tolist() == [16, 17]


def test_another_seed_is_another_order():
    orders = [
        np.concatenate([next(s)["photo"] for _ in range(2)]) for s in (choices(), choices(seed=1))
    ]
    assert (orders[0] != orders[1]).any()
