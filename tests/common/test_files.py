"""Files of the package's own."""

from acolvit_jax.common.files import drop_unfinished_programs


def test_programs_whose_writing_was_cut_short_are_dropped(tmp_path):
    for name in ("a-cache", "a-atime", "b-cache", "other"):
        (tmp_path / name).touch()
    drop_unfinished_programs(tmp_path)
    drop_unfinished_programs(tmp_path / "none")
    assert {path.name for path in tmp_path.iterdir()} == {"a-cache", "a-atime", "other"}
