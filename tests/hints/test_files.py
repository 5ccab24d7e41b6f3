"""Hint sets: the published generator, files that are checked when read."""

import random

import numpy as np
import pytest

from acolvit_jax.common.errors import HintError
from acolvit_jax.hints import files as hint_files

NAMES = ["b.jpg", "a.jpg", "c.png"]


def test_sets_are_drawn_as_the_published_ones():
    """One seeding, K outermost, names sorted, row before column."""
    random.seed(1234)
    expected = []
    for count in (1, 5, 10, 20, 50, 100):
        for name in sorted(NAMES):
            pairs = [(random.randint(0, 111) * 2, random.randint(0, 111) * 2) for _ in range(count)]
            expected.append((count, name, pairs))
    assert list(hint_files.generate_hint_set(NAMES)) == expected


def test_the_sets_depend_on_the_list_of_counts():
    ours = {(k, n): p for k, n, p in hint_files.generate_hint_set(NAMES)}
    theirs = {
        (k, n): p
        for k, n, p in hint_files.generate_hint_set(NAMES, hint_files.HINT_COUNTS["icolorit"])
    }
    assert ours[1, "a.jpg"] == theirs[1, "a.jpg"]  # 0 hints draw nothing
    assert ours[5, "a.jpg"] != theirs[5, "a.jpg"]


def test_files_hold_the_pairs_and_read_back_as_cells(tmp_path):
    folder = hint_files.write_hint_set(tmp_path, NAMES)
    assert folder == tmp_path / "1234"
    text = (folder / "h2-n5" / "a.txt").read_text()
    drawn = {(k, n): p for k, n, p in hint_files.generate_hint_set(NAMES)}[5, "a.jpg"]
    assert text == "".join(f"{row} {column}\n" for row, column in drawn)
    cells = hint_files.read_hint_file(hint_files.hint_file(folder, 5, "a.jpg"), 5)
    np.testing.assert_array_equal(cells * 2, drawn)
    assert not list(folder.rglob("*.partial"))


def test_a_repeated_pair_counts_once(tmp_path):
    path = tmp_path / "x.txt"
    path.write_text("4 6\n0 222\n4 6\n\n")
    np.testing.assert_array_equal(hint_files.read_hint_file(path, 3), [[2, 3], [0, 111]])


def test_an_empty_file_is_no_hints(tmp_path):
    path = tmp_path / "x.txt"
    path.write_text("")
    assert hint_files.read_hint_file(path, 0).shape == (0, 2)


@pytest.mark.parametrize("line", ["4", "4 6 8", "four 6", "3 6", "4 224", "-2 0", "4.0 6"])
def test_a_bad_line_is_named(tmp_path, line):
    path = tmp_path / "x.txt"
    path.write_text(f"0 0\n{line}\n")
    with pytest.raises(HintError, match=r"x\.txt, line 2"):
        hint_files.read_hint_file(path, 2)


@pytest.mark.parametrize("count", [1, 3])
def test_a_file_of_another_count_is_refused(tmp_path, count):
    path = tmp_path / "x.txt"
    path.write_text("0 0\n4 6\n")
    with pytest.raises(HintError, match=rf"x\.txt has 2 hints; files of its folder have {count}"):
        hint_files.read_hint_file(path, count)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(HintError, match=r"nowhere\.txt"):
        hint_files.read_hint_file(tmp_path / "nowhere.txt", 1)


def test_files_with_other_points_are_not_replaced(tmp_path):
    folder = hint_files.write_hint_set(tmp_path, NAMES)
    assert hint_files.write_hint_set(tmp_path, NAMES) == folder  # the same again
    before = (folder / "h2-n1" / "a.txt").read_text()
    (folder / "h2-n100" / "c.txt").write_text("0 0\n")
    (folder / "h2-n1" / "a.txt").unlink()
    with pytest.raises(HintError, match=r"h2-n100/c\.txt exists and holds other points"):
        hint_files.write_hint_set(tmp_path, NAMES)
    assert not (folder / "h2-n1" / "a.txt").exists()
    (folder / "h2-n100" / "c.txt").unlink()
    hint_files.write_hint_set(tmp_path, NAMES)
    assert (folder / "h2-n1" / "a.txt").read_text() == before


def test_a_file_that_is_no_text_is_not_replaced(tmp_path):
    path = hint_files.write_hint_set(tmp_path, NAMES) / "h2-n1" / "b.txt"
    path.write_bytes(b"\x89PNG")
    with pytest.raises(HintError, match=r"cannot read hints from .*h2-n1/b\.txt"):
        hint_files.write_hint_set(tmp_path, NAMES)
    assert path.read_bytes() == b"\x89PNG"


def test_images_that_would_share_a_file_are_refused(tmp_path):
    with pytest.raises(HintError, match="'a' first"):
        hint_files.write_hint_set(tmp_path, ["a.jpg", "b.jpg", "a.png"])
    assert not list(tmp_path.iterdir())
