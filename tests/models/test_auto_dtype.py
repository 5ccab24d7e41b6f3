"""The dtype that is chosen for a machine."""

import jax
import pytest

from acolvit_jax.config import ModelConfig
from acolvit_jax.models import precision


@pytest.mark.parametrize(
    ("backend", "fast", "expected"),
    [
        ("cpu", True, "bfloat16"),
        ("cpu", False, "float32"),
        ("gpu", False, "bfloat16"),
        ("tpu", False, "bfloat16"),
    ],
)
def test_auto_is_the_faster_one(monkeypatch, backend, fast, expected):
    monkeypatch.setattr(jax, "default_backend", lambda: backend)
    monkeypatch.setattr(precision, "multiplies_bfloat16", lambda: fast)
    assert precision.resolve_dtype("auto") == expected
    assert precision.with_dtype(ModelConfig(), "auto").dtype == expected
    assert precision.resolve_dtype("float32") == "float32"
    assert precision.resolve_dtype("bfloat16") == "bfloat16"
