"""Batches: the same for any number of threads or processes, restored exactly, faults counted."""

import errno
import logging

import numpy as np
import pytest
from PIL import Image

from acolvit_jax.common import reading
from acolvit_jax.common.errors import DataError
from acolvit_jax.common.reading import UnreadableError
from acolvit_jax.config import DataConfig
from acolvit_jax.data import loaders
from acolvit_jax.data.decoding import LoadColor
from acolvit_jax.data.skips import Skips
from acolvit_jax.data.sources import FileSource, folder_source
from acolvit_jax.data.validation import eval_batches
from tests.data.batches import DATA, MODEL, assert_same, loader, take
from tests.photos import make_folder, make_rgb


@pytest.fixture(scope="module")
def source(tmp_path_factory):
    return folder_source(make_folder(tmp_path_factory.mktemp("photos"), 12))


def test_the_same_seed_gives_the_same_batches_for_any_number_of_threads(source):
    first = take(loader(source), 7)
    assert_same(first, take(loader(source, data=DataConfig(max_hints=16, num_threads=1)), 7))
    other = take(loader(source, seed=1), 7)
    assert any((a["l"] != b["l"]).any() for a, b in zip(first, other, strict=True))


@pytest.mark.parametrize("count", [2, 4])
def test_processes_share_the_batches_of_one(source, count):
    whole = take(loader(source), 5)
    parts = [take(loader(source, process_index=i, process_count=count), 5) for i in range(count)]
    joined = [
        {key: np.concatenate([part[k][key] for part in parts]) for key in whole[k]}
        for k in range(5)
    ]
    assert_same(whole, joined)


def test_every_epoch_is_a_new_order_of_all_photos(source, monkeypatch):
    monkeypatch.setattr(
        LoadColor, "__call__", lambda self, i: (str(i), np.full((8, 8, 3), i, "u1"), [])
    )
    stream = loader(source)
    levels = np.concatenate([b["l"][:, 0, 0].astype(np.float32) for b in take(stream, 6)])
    epochs = [np.round(levels[i : i + 12], 5).tolist() for i in (0, 12)]
    assert len(set(epochs[0])) == 12
    assert sorted(epochs[0]) == sorted(epochs[1])
    assert epochs[0] != epochs[1]


def test_the_state_restores_exactly_in_any_number_of_processes(source):
    stream = loader(source)
    take(stream, 3)
    state = stream.get_state()
    expected = take(stream, 4)
    again = loader(source)
    again.set_state(state)
    assert_same(expected, take(again, 4))
    half = loader(source, process_index=1, process_count=2)
    half.set_state(state)
    assert_same([{k: v[2:] for k, v in b.items()} for b in expected], take(half, 4))


def test_batches_of_another_size_go_on_with_the_next_images(source):
    stream = loader(source)
    take(stream, 3)
    again = loader(source, batch_size=2)
    again.set_state(stream.get_state())
    (expected,) = take(stream, 1)
    halves = take(again, 2)
    for key, value in expected.items():
        np.testing.assert_array_equal(np.concatenate([half[key] for half in halves]), value)


def test_a_corrupt_image_is_replaced_counted_and_named(tmp_path, caplog):
    folder = make_folder(tmp_path, 150)
    (folder / "0003.jpg").write_bytes(b"no image")
    stream = loader(folder_source(folder), batch_size=50)
    with caplog.at_level(logging.WARNING):
        batches = take(stream, 6)
    assert all(len(b["l"]) == 50 for b in batches)
    assert list(stream.skips.corrupt) == ["0003.jpg"]
    assert [r.message for r in caplog.records if "0003.jpg" in r.message] == [
        "skipped 0003.jpg: the image: is not an image that can be read"
    ]
    name, _, skips = LoadColor(folder_source(folder), True)(3)
    assert (name, [skip.name for skip in skips]) == ("0004.jpg", ["0003.jpg"])


def test_more_than_one_percent_corrupt_stops_the_run(tmp_path):
    folder = make_folder(tmp_path, 150)
    for i in (3, 70):
        path = folder / f"{i:04d}.jpg"
        path.write_bytes(path.read_bytes()[:300])
    stream = loader(folder_source(folder), batch_size=50)
    with pytest.raises(DataError, match=r"2 of 150 images are corrupt, more than 1%"):
        take(stream, 6)


def test_of_few_photos_any_number_may_be_corrupt_but_all(tmp_path, caplog):
    folder = make_folder(tmp_path, 35)
    for i in range(0, 35, 2):
        (folder / f"{i:04d}.jpg").write_bytes(b"no image")
    with caplog.at_level(logging.WARNING):
        stream = loader(folder_source(folder), batch_size=35)
        take(stream, 2)
    assert len(stream.skips.corrupt) == len(caplog.records) == 18
    for path in folder.iterdir():
        path.write_bytes(b"no image")
    with pytest.raises(DataError, match=r"none of the 35 images can be read, first 00\d\d\.jpg"):
        take(loader(folder_source(folder), batch_size=35), 1)


def test_near_grey_photos_are_left_out(tmp_path):
    from acolvit_jax.photo import images

    folder = make_folder(tmp_path, 3)
    grey = np.repeat(make_rgb(9)[..., :1], 3, axis=2)
    images.write_image(folder / "0001.jpg", grey)
    stream = loader(folder_source(folder))
    take(stream, 4)
    assert stream.skips.grey == {"0001.jpg"}
    kept = loader(folder_source(folder), data=DataConfig(max_hints=16, skip_grey=False))
    take(kept, 4)
    assert not kept.skips.grey


def test_a_folder_of_grey_photos_is_an_error(tmp_path):
    from acolvit_jax.photo import images

    for i in range(3):
        images.write_image(tmp_path / f"{i}.png", np.full((40, 40, 3), 90 + i, np.uint8))
    with pytest.raises(DataError, match="near grey"):
        take(loader(folder_source(tmp_path)), 1)


@pytest.mark.parametrize("processes", [1, 2])
@pytest.mark.parametrize("batch_size", [4, 10])
def test_validation_counts_every_image_once(source, processes, batch_size):
    batches = [
        list(
            eval_batches(
                source,
                DATA,
                MODEL,
                counts=(1, 4),
                batch_size=batch_size,
                max_images=100,
                skips=Skips(12),
                process_index=i,
                process_count=processes,
            )
        )
        for i in range(processes)
    ]
    assert len({len(b) for b in batches}) == 1  # every process does as many steps
    flat = [b for part in batches for b in part]
    assert sum(b["valid"].sum() for b in flat) == 12
    seen = {b["rgb"][i].tobytes() for b in flat for i in range(len(b["valid"])) if b["valid"][i]}
    assert len(seen) == 12
    assert flat[0]["inputs"].shape == (batch_size // processes, 2, 32, 32, 4)


def test_validation_takes_a_spread_of_a_large_set(source):
    (batch,) = eval_batches(
        source, DATA, MODEL, counts=(1,), batch_size=3, max_images=3, skips=Skips(12)
    )
    from acolvit_jax.photo import images

    for i, index in enumerate((0, 4, 8)):
        expected = images.resize(images.read_image(source[index].data), (32, 32))
        np.testing.assert_array_equal(batch["rgb"][i], expected)


def test_photos_left_out_do_not_count_in_validation(tmp_path, caplog):
    """Neither grey nor corrupt ones are replaced by a neighbor, which would count twice.

    One corrupt of eight is more than training puts up with; it is named once a run.
    """
    folder = make_folder(tmp_path / "photos", 8)
    Image.new("RGB", (40, 30), "grey").save(folder / "0001.jpg")
    (folder / "0003.jpg").write_bytes(b"no photo")
    skips = Skips(8, most=1.0)
    for _ in range(2):
        batches = eval_batches(
            folder_source(folder), DATA, MODEL, counts=(1,), batch_size=4, max_images=8, skips=skips
        )
        valid = np.concatenate([batch["valid"] for batch in batches])
        assert valid.tolist() == [1, 0, 1, 0, 1, 1, 1, 1]
    assert list(skips.corrupt) == ["0003.jpg"]
    named = [record.message for record in caplog.records if "0003.jpg" in record.message]
    assert len(named) == 1


def test_a_file_that_vanishes_is_skipped(tmp_path):
    source = folder_source(make_folder(tmp_path / "photos", 200))
    (tmp_path / "photos" / "0007.jpg").unlink()
    name, rgb, skips = LoadColor(source, True)(7)
    assert name == "0008.jpg"
    assert rgb.shape[-1] == 3
    (skip,) = skips
    assert skip == ("0007.jpg", "No such file or directory")


def test_storage_that_fails_ends_the_run_and_no_photo_is_called_corrupt(source, monkeypatch):
    def stale(self, index):
        raise OSError(errno.ESTALE, "Stale file handle")

    monkeypatch.setattr(reading, "PAUSES", (0,))
    monkeypatch.setattr(FileSource, "__getitem__", stale)
    stream = loader(source)
    with pytest.raises(UnreadableError, match=r"image \d+ cannot be read \(Stale file handle\)"):
        next(stream)
    assert not stream.skips.corrupt


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"data": DataConfig(num_threads=1)}, "try a higher data.num_threads"),
        ({"data": DataConfig(num_threads=3)}, "all cores prepare data already"),
        ({"workers": 2}, "try a higher data.num_workers"),
    ],
)
def test_what_would_make_batches_come_sooner_is_said(source, monkeypatch, options, expected):
    monkeypatch.setattr(loaders, "available_cores", lambda: [0, 1, 2])
    assert loader(source, **options).advice() == expected
