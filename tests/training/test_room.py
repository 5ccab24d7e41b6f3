"""Photos that fit and that do not: on GPUs, on CPU where each device has a copy, in a container."""

import dataclasses
from types import SimpleNamespace

import jax
import numpy as np
import pytest

from acolvit_jax.common.errors import ConfigError
from acolvit_jax.photo import limits
from acolvit_jax.training import room
from tests.training.runs import small_config

SIZES = np.array([[300, 200], [100, 100]])  # at a side of 100: 150 and 100 lines


def check(monkeypatch, *, photos, side=100, device=None, memory=1e12, devices=1):
    """Room for photos; a GPU has `device` bytes."""
    stats = {} if device is None else {"bytes_limit": device}
    one = SimpleNamespace(memory_stats=lambda: stats)
    monkeypatch.setattr(jax, "local_devices", lambda: [one] * devices)
    monkeypatch.setattr(room, "usable_memory", lambda: memory)
    config = small_config()
    config = dataclasses.replace(config, data=dataclasses.replace(config.data, device_side=side))
    room.check_room(config, photos, SIZES, SimpleNamespace(size=devices))


def batch(side, images):
    """Bytes of lines, as bytes and as floats, of 32 lines made of them, of planes of 32 x 32."""
    lines = room.most_lines(side, 32)
    return images * (lines * side * 3 * 5 + 32 * side * 3 * 4 + 48 * 32 * 32)


@pytest.mark.parametrize("devices", [1, 4])
@pytest.mark.parametrize("place", ["gpu", "host of a gpu", "cpu"])
def test_as_many_as_there_is_room_for(monkeypatch, place, devices):
    kept = 1000 * 125 * 100 * 3  # lines of three bytes a pixel
    made = batch(100, 8 // devices)
    if place == "gpu":
        given = {"device": (kept + made) / 0.6}
    elif place == "host of a gpu":
        given = {"device": 1e12, "memory": kept / 0.6}
    else:  # the decoded photos, and a copy and a batch a device
        given = {"memory": ((1 + devices) * kept + devices * made) / 0.6}
    check(monkeypatch, photos=999, devices=devices, **given)
    with pytest.raises(ConfigError, match="1,001 photos take"):
        check(monkeypatch, photos=1001, devices=devices, **given)


def test_the_side_that_fits_is_named(monkeypatch):
    given = {"photos": 100_000, "device": 1.5e9}
    with pytest.raises(ConfigError) as raised:
        check(monkeypatch, side=120, **given)
    text = str(raised.value)
    # 100,000 photos of (180 + 100) / 2 lines; the batch takes 0.01 GB.
    assert text.startswith("data.device_side=120: 100,000 photos take 5.0 GB, and 0.9 GB are there")
    assert text.endswith("; 48 would fit, and 0 has the host prepare them")
    check(monkeypatch, side=48, **given)
    with pytest.raises(ConfigError):
        check(monkeypatch, side=49, **given)


def test_no_side_may_fit(monkeypatch):
    with pytest.raises(ConfigError, match="not even 32 would fit, and 0 has the host"):
        check(monkeypatch, photos=1000, memory=1e7)


def test_of_photos_that_cannot_be_read_nothing_is_said(monkeypatch):
    monkeypatch.setattr(room, "usable_memory", lambda: 0)
    room.check_room(small_config(), 5, np.zeros((0, 2), int), SimpleNamespace(size=1))


def test_a_containers_limit_is_the_memory(monkeypatch, tmp_path):
    (tmp_path / "memory.max").write_text("12345\n")
    (tmp_path / "none").write_text("max\n")
    monkeypatch.setattr(limits, "_CGROUP_LIMITS", (tmp_path / "none", tmp_path / "memory.max"))
    assert limits.usable_memory() == 12345
