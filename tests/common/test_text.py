"""Text, lists and names, whatever wrote them."""

import os
import unicodedata

import pytest

from acolvit_jax.common.files import write_bytes, write_text
from acolvit_jax.common.names import LONGEST, fitting, name_bytes, spelled, spelled_below
from acolvit_jax.common.text import read_list, read_text


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-32"])
def test_every_unicode_encoding(tmp_path, encoding):
    (tmp_path / "list.txt").write_bytes(" a/Zoë.jpg\r\n\nb.png ".encode(encoding))
    assert read_list(tmp_path / "list.txt") == ["a/Zoë.jpg", "b.png"]
    assert read_text(tmp_path / "list.txt").strip().startswith("a/Zoë.jpg")


def test_bytes_that_are_no_utf8_stay_names_in_lists(tmp_path):
    (tmp_path / "list.txt").write_bytes(b"gro\xdf.jpg\n")
    assert [os.fsencode(name) for name in read_list(tmp_path / "list.txt")] == [b"gro\xdf.jpg"]
    with pytest.raises(UnicodeDecodeError):
        read_text(tmp_path / "list.txt")


def test_one_spelling_of_a_name(tmp_path):
    decomposed = unicodedata.normalize("NFD", "Zoë.jpg")
    assert spelled(decomposed) == spelled("Zoë.jpg") == "Zoë.jpg"
    assert spelled("./a\\b.jpg") == spelled("a//b.jpg") == "a/b.jpg"
    link = tmp_path / "link"
    (tmp_path / "real").mkdir()
    link.symlink_to(tmp_path / "real")
    for line in (f"{link}/a.jpg", f"{tmp_path}/real/a.jpg", "./a.jpg", "a.jpg"):
        assert spelled_below(line, link) == "a.jpg"
    assert spelled_below("/elsewhere/a.jpg", link) == "/elsewhere/a.jpg"


def test_bytes_of_usual_names_are_utf8_and_of_others_what_they_were():
    assert name_bytes("Zoë") == "Zoë".encode()
    assert name_bytes(os.fsdecode(b"gro\xdf")) == b"gro\xdf"


@pytest.mark.parametrize("letter", ["n", "写"])
def test_names_as_long_as_a_file_system_holds(tmp_path, letter):
    name = fitting(letter * 300, "_color.jpg")
    assert name.endswith("_color.jpg")
    assert LONGEST - 3 < len(name.encode()) <= LONGEST
    write_bytes(tmp_path / name, b"x")
    assert [path.name for path in tmp_path.iterdir()] == [name]
    assert fitting("short", ".jpg") == "short.jpg"
    assert fitting(letter * 300, ".jpg") != fitting(letter * 301, ".jpg")


def test_names_that_are_no_utf8_can_be_written_about(tmp_path):
    write_text(tmp_path / "report.csv", os.fsdecode(b"gro\xdf.jpg,1"))
    assert (tmp_path / "report.csv").read_text(encoding="utf-8") == "gro\\udcdf.jpg,1"
