"""Lines of JSON: what is whole stays, what is damaged is set aside."""

import errno
import json
import logging

import pytest

from acolvit_jax.common.files import naming, set_aside, write_bytes
from acolvit_jax.common.json_lines import keep_damaged, parse_object, read_lines

DAMAGED = {
    "no JSON": b'{"a": ',
    "no object": b"[1, 2]",
    "a number": b"3",
    "no UTF-8": b'{"a": "\xff\xfe"}',
    "zeros": bytes(64),
    "thousands of digits": b'{"a": ' + b"1" * 5000 + b"}",
    "nested deeply": b'{"a": ' + b"[" * 100_000 + b"]" * 100_000 + b"}",
}


@pytest.mark.parametrize("kind", DAMAGED)
def test_what_is_no_object_is_damaged(kind):
    with pytest.raises(ValueError, match=r"."):
        parse_object(DAMAGED[kind])


def test_damaged_lines_are_told_apart_and_kept(tmp_path, caplog):
    path = tmp_path / "record.jsonl"
    good = [{"n": n} for n in range(len(DAMAGED))]
    lines = [json.dumps(entry).encode() for entry in good]
    mixed = [line for pair in zip(lines, DAMAGED.values(), strict=False) for line in pair]
    path.write_bytes(b"\n".join([*mixed, b'{"n": 7']))  # the last cut short by a kill
    entries, damaged = read_lines(path, lambda values: values)
    assert entries == good
    assert damaged == list(DAMAGED.values())
    with caplog.at_level(logging.WARNING):
        keep_damaged(path, damaged)
        keep_damaged(path, [])
    assert (tmp_path / "damaged-record.jsonl").read_bytes() == b"\n".join(damaged) + b"\n"
    assert [r.getMessage() for r in caplog.records] == [
        f"{len(DAMAGED)} damaged lines of {path} are set aside in damaged-record.jsonl"
    ]


def test_what_is_set_aside_twice_has_two_names(tmp_path):
    for _ in range(3):
        (tmp_path / "a").write_text("x")
        set_aside(tmp_path / "a")
    names = sorted(path.name for path in tmp_path.iterdir())
    assert names == ["damaged-a", "damaged-a-2", "damaged-a-3"]


def test_a_full_disk_is_told_with_the_name_of_the_file(tmp_path, monkeypatch):
    def full(self, data):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(type(tmp_path), "write_bytes", full)
    with pytest.raises(OSError, match="No space") as raised:
        write_bytes(tmp_path / "picture.png", b"x")
    assert raised.value.filename == str(tmp_path / "picture.png")
    with pytest.raises(OSError, match="No space") as raised, naming(tmp_path / "record"):
        raise OSError(errno.ENOSPC, "No space left on device")
    assert raised.value.filename == str(tmp_path / "record")
