"""What a processor can do."""

import pytest

from acolvit_jax.common.processor import multiplies_bfloat16


@pytest.mark.parametrize(
    ("flags", "expected"),
    [
        ("fpu sse2 avx512f avx512_bf16 amx_tile", True),
        ("fpu amx_bf16", True),
        ("fpu sse2 avx2 avx512f avx512_vnni", False),
    ],
)
def test_the_flags_of_linux_say_it(tmp_path, flags, expected):
    path = tmp_path / "cpuinfo"
    path.write_text(
        f"processor\t: 0\nmodel name\t: Some\nflags\t\t: {flags}\nbugs\t\t: avx512_bf16\n"
    )
    assert multiplies_bfloat16(path) is expected


def test_no_description_is_no(tmp_path):
    assert not multiplies_bfloat16(tmp_path / "missing")
    (tmp_path / "arm").write_text("Features\t: fp asimd bf16\n")
    assert not multiplies_bfloat16(tmp_path / "arm")
