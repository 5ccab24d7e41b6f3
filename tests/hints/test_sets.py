"""Hints of an evaluation: drawn equals files; missing files say what to do."""

import numpy as np
import pytest

from acolvit_jax.common.errors import ConfigError, HintError
from acolvit_jax.hints.files import HINT_COUNTS, write_hint_set
from acolvit_jax.hints.sets import drawn_hints, read_hint_set

NAMES = ["b/ILSVRC_2.jpg", "a/ILSVRC_1.jpg"]


@pytest.mark.parametrize(("list_name", "counts"), [("acolvit", (1, 10)), ("icolorit", (0, 2, 200))])
def test_drawn_hints_are_the_files_hints(tmp_path, list_name, counts):
    folder = write_hint_set(tmp_path, [n.split("/")[1] for n in NAMES], HINT_COUNTS[list_name])
    read, bad = read_hint_set(folder, NAMES, counts, 224)
    drawn = drawn_hints(NAMES, counts, 224, list_name)
    assert not bad
    assert set(read) == set(drawn) == {(k, name) for k in counts for name in NAMES}
    for key, cells in read.items():
        np.testing.assert_array_equal(drawn[key], cells)
        assert cells.shape[1] == 2
        assert len(cells) <= key[0]


def test_no_hints_change_nothing_for_the_others():
    alone, with_none = (drawn_hints(NAMES, counts, 224) for counts in ((1, 50), (0, 1, 50)))
    assert all(len(with_none[0, name]) == 0 for name in NAMES)
    for key, cells in alone.items():
        np.testing.assert_array_equal(with_none[key], cells)


@pytest.mark.parametrize(("list_name", "count"), [("acolvit", 200), ("icolorit", 3)])
def test_other_counts_need_the_other_list_or_files(list_name, count):
    with pytest.raises(ConfigError, match=rf"\[{count}\] not among.*icolorit has .*--hint_dir"):
        drawn_hints(NAMES, (1, count), 224, list_name)


def test_missing_files_are_named_with_the_command(tmp_path):
    folder = write_hint_set(tmp_path, ["ILSVRC_1.jpg"], (1, 5))
    with pytest.raises(HintError, match=r"2 of 4 hint files are missing.*ILSVRC_2\.txt") as raised:
        read_hint_set(folder, NAMES, (1, 5), 224)
    assert "--make_hints" in str(raised.value)


def test_bad_files_are_counted_and_named(tmp_path):
    names = ["a.jpg", "b.jpg", "c.jpg"]
    folder = write_hint_set(tmp_path, names, (1,))
    for name in ("a", "c"):
        (folder / "h2-n1" / f"{name}.txt").write_text("0 224\n")
    with pytest.raises(HintError, match=r"hints of 2 of 3 images are bad:.*a\.txt.*c\.txt"):
        read_hint_set(folder, names, (1,), 224)
    hints, bad = read_hint_set(folder, names, (1,), 224, skip_bad=True)
    assert set(hints) == {(1, "b.jpg")}
    assert set(bad) == {"a.jpg", "c.jpg"}
