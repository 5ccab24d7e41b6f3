"""Hints as people write them."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from acolvit_jax.common.errors import HintError
from acolvit_jax.hints import Hint
from acolvit_jax.hints.saved import HintedPhoto
from acolvit_jax.hints.text import HintList, parse_hint, read_hints


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("40,120:#c03020", Hint(40, 120, (192, 48, 32))),
        ("0,0:teal", Hint(0, 0, (0, 128, 128))),
        (" 3 , 4 : lab:20,-35.5", Hint(3, 4, (20.0, -35.5))),
        ("1,2:#FFF", Hint(1, 2, (255, 255, 255))),
        ("1,2:keep", Hint(1, 2, None)),
        ("1,2:red:size=4", Hint(1, 2, (255, 0, 0), size=4)),
        ("1,2:lab:20,-35:reach=48.5:size=16", Hint(1, 2, (20.0, -35.0), 16, 48.5)),
        ("1,2:Keep : reach = 8", Hint(1, 2, None, reach=8.0)),
    ],
)
def test_forms(text, hint):
    assert parse_hint(text) == hint


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("40:red", "ROW,COL:COLOR"),
        ("40,120", "ROW,COL:COLOR"),
        ("1.5,2:red", "ROW,COL:COLOR"),
        ("1,2:reddish", "'reddish' is unknown"),
        ("1,2:lab:20", "lab:A,B"),
        ("1,2:lab:200,0", "-128..128"),
        ("1,2:red:size=3", "size 3 is not one of 2, 4, 8, 16"),
        ("1,2:red:size=2.5", "size '2.5' is no number"),
        ("1,2:red:reach=7", "reach 7.0 is not in 8..224"),
        ("1,2:red:reach=nan", "reach nan is not in 8..224"),
        ("1,2:red:wide=7", "ROW,COL:COLOR"),
        ("1,2:red:size=2:size=4", "ROW,COL:COLOR"),
        (
            f"{'1' * 5000},2:red",
            "hint '111111111111...1111111,2:red' is not of the form ROW,COL:COLOR",
        ),
        (f"1,2:red:size={'1' * 5000}", "size '111111111111...1111111111111' is no number"),
        ("1,2:red:reach=1e999", "reach inf is not in 8..224"),
    ],
)
def test_other_forms_are_named(text, part):
    with pytest.raises(HintError, match=part.replace(".", r"\.")):
        parse_hint(text)


@given(st.integers(0, 9999), st.integers(0, 9999), st.tuples(*[st.integers(0, 255)] * 3))
def test_any_hex_color_comes_back(row, column, rgb):
    text = f"{row},{column}:#{rgb[0]:02x}{rgb[1]:02x}{rgb[2]:02x}"
    assert parse_hint(text) == Hint(row, column, rgb)


def test_files_for_one_photo_and_for_many(tmp_path):
    entry = {"row": 1, "column": 2, "color": "lab:3,4", "size": 4, "reach": 48}
    one, many = tmp_path / "one.json", tmp_path / "many.json"
    one.write_text(json.dumps([entry]))
    many.write_text(json.dumps({"a.jpg": [entry, entry], "b.jpg": []}))
    assert read_hints(one) == HintList([Hint(1, 2, (3.0, 4.0), 4, 48)])
    assert read_hints(many) == {"a.jpg": [Hint(1, 2, (3.0, 4.0), 4, 48)] * 2, "b.jpg": []}


@pytest.mark.parametrize(
    ("content", "part"),
    [
        ("{", "cannot read hints"),
        ("[" * 100_000, "cannot read hints .* nested too deeply"),
        ("3", "hints are a list, not int"),
        ("9" * 5000, "cannot read hints .*: it holds a number of thousands of digits"),
        (
            '[{"row": 1, "column": 2, "color": "red", "reach": 1%s}]' % ("0" * 400),
            "reach 10+...0+ is",
        ),
        ('[{"row": 1e999, "column": 2, "color": "red"}]', "row inf is no whole number"),
        ('{"a.jpg": 3}', "a.jpg: hints are a list"),
        ('[{"row": 1, "column": 2}]', "hint 1: color is missing"),
        (
            '[{"row": "1", "column": 2, "color": "red"}]',
            "hint 1: a hint's row '1' is no",
        ),
        ("[3]", "hint 1: wanted an object with row, column, color, got 3"),
        ('[{"row": 1, "column": 2, "color": 3}]', "color 3 is no text"),
        ('[{"row": 1, "column": 2, "color": "red", "tint": 3}]', "'tint' is unknown here"),
        ('[{"row": 1, "column": 2, "color": "red", "size": true}]', "hint's size True is not one"),
        ('[{"row": 1, "column": 2, "color": "red", "size": 7}]', "hint 1: a hint's size 7"),
        (
            '[{"row": 1, "column": 2, "color": "red", "reach": "far"}]',
            "hint's reach 'far' is not in 8",
        ),
        ('[{"row": true, "column": 2, "color": "red"}]', "row True is no whole number"),
        ('[{"row": 1, "column": 2, "color": "rot"}]', "hint 1: color 'rot' is unknown"),
    ],
)
def test_a_bad_file_names_the_entry(tmp_path, content, part):
    path = tmp_path / "hints.json"
    path.write_text(content)
    with pytest.raises(HintError, match=part):
        read_hints(path)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(HintError, match=r"nothing\.json"):
        read_hints(tmp_path / "nothing.json")


def test_a_file_of_the_page_says_its_photo(tmp_path):
    path = tmp_path / "page.json"
    photo = {"name": "old", "width": 9, "height": 9, "print": "0" * 16}
    hint = {"row": 1, "column": 2, "color": "lab:3,4", "size": 4, "reach": 48}
    path.write_text(json.dumps({"photo": photo, "budget": 0.5, "hints": [hint]}))
    expected = HintList([Hint(1, 2, (3.0, 4.0), 4, 48)], HintedPhoto("old", 9, 9, "0" * 16))
    assert read_hints(path) == expected
