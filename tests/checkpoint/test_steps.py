"""Checkpoints: exact, checked, never lost."""

import dataclasses
import errno
import functools
import logging
import shutil

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax.sharding import NamedSharding, PartitionSpec

from acolvit_jax.checkpoint.checksums import checksums
from acolvit_jax.checkpoint.state import init_state
from acolvit_jax.checkpoint.steps import Checkpoints
from acolvit_jax.checkpoint.stored import one_copy
from acolvit_jax.common import reading
from acolvit_jax.common.errors import CheckpointError
from acolvit_jax.common.reading import UnreadableError
from acolvit_jax.models.params import init_params
from acolvit_jax.training import sharding
from acolvit_jax.training.optimizer import make_optimizer
from tests.training.runs import EIGHT_DEVICES, MODEL, small_config

ONE_BLOCK = dataclasses.replace(MODEL, depth=1)  # which has arrays of every kind


@functools.cache
def make_state(step, ema=True):
    config = small_config()
    optimizer = make_optimizer(config.optimizer, 10)
    state = init_state(init_params(ONE_BLOCK, step), optimizer, ema=ema)
    return jax.device_put(
        type(state)(jnp.array(step, jnp.int32), state.params, state.opt_state, state.ema),
        sharding.replicated(sharding.make_mesh(1)),
    )


def target_of(state, where=None):
    return jax.tree.map(
        lambda x: jax.ShapeDtypeStruct(x.shape, x.dtype, sharding=where or x.sharding), state
    )


@pytest.fixture(scope="module")
def two_steps(tmp_path_factory):
    """A run with checkpoints at steps 1 and 2."""
    workdir = tmp_path_factory.mktemp("run")
    checkpoints = Checkpoints(workdir)
    for step in (1, 2):
        checkpoints.save(make_state(step), {"next_index": step}, None)
    checkpoints.close()
    return workdir


@pytest.fixture
def saved(two_steps, tmp_path):
    """A copy of it, to damage."""
    return shutil.copytree(two_steps, tmp_path / "run")


@pytest.mark.parametrize("ema", [True, False])
def test_the_newest_comes_back_bit_for_bit(tmp_path, ema):
    checkpoints = Checkpoints(tmp_path)
    state = make_state(3, ema)
    checkpoints.save(state, {"next_index": 3}, 20.0)
    checkpoints.close()
    restored, position = Checkpoints(tmp_path).restore_latest(target_of(state))
    jax.tree.map(np.testing.assert_array_equal, restored, state)
    assert (restored.ema is None) == (not ema)
    assert position == {"next_index": 3}


@EIGHT_DEVICES
def test_an_array_that_all_devices_have_is_one_device_s_to_write():
    whole, parts = (
        jax.device_put(jnp.arange(16.0), NamedSharding(sharding.make_mesh(8), spec))
        for spec in (PartitionSpec(), PartitionSpec(sharding.BATCH_AXES))
    )
    tree = one_copy({"whole": whole, "parts": parts})
    assert tree["whole"].devices() == {jax.devices()[0]}
    np.testing.assert_array_equal(tree["whole"], np.arange(16))
    assert tree["parts"] is parts


@EIGHT_DEVICES
def test_it_comes_back_on_another_number_of_devices(saved):
    state = make_state(2)
    one = jax.sharding.SingleDeviceSharding(jax.devices()[3])
    restored, _ = Checkpoints(saved).restore_latest(target_of(state, one))
    jax.tree.map(np.testing.assert_array_equal, restored, state)
    assert restored.step.sharding == one


def test_no_checkpoint_is_none(tmp_path):
    assert Checkpoints(tmp_path).restore_latest(target_of(make_state(0))) is None


def test_the_newest_two_and_the_best_are_kept(tmp_path):
    checkpoints = Checkpoints(tmp_path)
    for step, score in enumerate([21.0, 25.0, 22.0, None, 23.0], start=1):
        checkpoints.save(make_state(step), {"next_index": step}, score)
        checkpoints.wait()
    assert checkpoints.steps() == [2, 4, 5]
    checkpoints.close()


def test_the_best_is_kept_after_a_restart_too_and_can_be_read(tmp_path):
    for steps, scores in (((1, 2), (25.0, 21.0)), ((3, 4, 5), (22.0, None, 23.0))):
        checkpoints = Checkpoints(tmp_path)
        for step, score in zip(steps, scores, strict=True):
            checkpoints.save(make_state(step), {"next_index": step}, score)
            checkpoints.wait()
        checkpoints.close()
    checkpoints = Checkpoints(tmp_path, read_only=True)
    assert checkpoints.steps() == [1, 4, 5]
    restored, position = checkpoints.restore(1, target_of(make_state(0)))
    jax.tree.map(np.testing.assert_array_equal, restored, make_state(1))
    assert position == {"next_index": 1}
    with pytest.raises(CheckpointError, match=r"has the steps \[1, 4, 5\], not 2"):
        checkpoints.restore(2, target_of(make_state(0)))


@pytest.mark.parametrize(
    "text", ["", '{"sco', "[]", '{"score": "a"}', '{"score": 1%s}' % ("0" * 400), "[" * 100_000]
)
def test_a_damaged_score_costs_only_the_score(tmp_path, text, caplog):
    checkpoints = Checkpoints(tmp_path)
    checkpoints.save(make_state(1), {"next_index": 1}, 25.0)
    checkpoints.close()
    (tmp_path / "checkpoints" / "1" / "metrics" / "metrics").write_text(text)
    with pytest.raises(CheckpointError, match=r"1/metrics/metrics is damaged; delete it"):
        Checkpoints(tmp_path, read_only=True)
    for options in ({}, {"read_only": True}):  # the first mends it
        restored, _ = Checkpoints(tmp_path, **options).restore_latest(target_of(make_state(1)))
        jax.tree.map(np.testing.assert_array_equal, restored, make_state(1))
    said = [r.getMessage() for r in caplog.records if r.name.startswith("acolvit_jax")]
    assert len(said) == 1
    assert "1/metrics/metrics is damaged and deleted" in said[0]


def array_file(folder):
    """The largest data file of a checkpoint."""
    return max((p for p in folder.rglob("d/*") if p.is_file()), key=lambda p: p.stat().st_size)


def truncate(path):
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def flip_a_byte(path):
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 0xFF
    path.write_bytes(bytes(data))


def zero_a_page(path):
    data = bytearray(path.read_bytes())
    start = len(data) // 2
    data[start : start + 4096] = bytes(4096)
    path.write_bytes(bytes(data))


@pytest.mark.parametrize("damage", [truncate, flip_a_byte, zero_a_page])
def test_a_damaged_newest_checkpoint_falls_back_to_the_one_before(saved, damage, caplog):
    damage(array_file(saved / "checkpoints" / "2"))
    checkpoints = Checkpoints(saved)
    with caplog.at_level(logging.WARNING, logger="acolvit_jax"):
        restored, position = checkpoints.restore_latest(target_of(make_state(2)))
    jax.tree.map(np.testing.assert_array_equal, restored, make_state(1))
    assert position == {"next_index": 1}
    warnings = [r.message for r in caplog.records if r.name.startswith("acolvit_jax")]
    assert len(warnings) == 1
    assert "checkpoint 2 cannot be read" in warnings[0]
    # It is out of the way: the run can save that step again, and again.
    checkpoints.save(make_state(2), {"next_index": 2}, None)
    checkpoints.close()
    assert Checkpoints(saved).steps() == [1, 2]
    damage(array_file(saved / "checkpoints" / "2"))
    assert int(Checkpoints(saved).restore_latest(target_of(make_state(2)))[0].step) == 1
    aside = sorted(path.name for path in saved.glob("damaged-*"))
    assert aside == ["damaged-checkpoint-2", "damaged-checkpoint-2-2"]


STALE = ValueError('Error reading "x" in OCDBT database: Failed to open "d/4c": Stale file handle')
REFUSED = OSError(errno.EACCES, "Permission denied")


@pytest.mark.parametrize(
    ("error", "times", "tries"), [(STALE, 2, 3), (STALE, 99, 3), (REFUSED, 99, 1)]
)
def test_storage_that_fails_is_asked_again_and_never_called_damaged(
    saved, error, times, tries, monkeypatch
):
    monkeypatch.setattr(reading, "PAUSES", (0, 0))
    checkpoints = Checkpoints(saved)
    restore, calls = checkpoints._manager.restore, []

    def failing(*args, **options):
        calls.append(args)
        if len(calls) <= times:
            raise error
        return restore(*args, **options)

    monkeypatch.setattr(checkpoints._manager, "restore", failing)
    if times < tries:
        assert int(checkpoints.restore_latest(target_of(make_state(2)))[0].step) == 2
    else:
        with pytest.raises(UnreadableError, match="nothing is known to be damaged"):
            checkpoints.restore_latest(target_of(make_state(2)))
    assert len(calls) == tries
    assert checkpoints.steps() == [1, 2]
    assert not list(saved.glob("damaged-*"))


def test_what_a_kill_after_the_last_save_has_left_is_deleted(tmp_path):
    checkpoints = Checkpoints(tmp_path)
    for step, score in ((2, 25.0), (3, 21.0), (4, None), (5, 22.0)):
        checkpoints.save(make_state(step), {"next_index": step}, score)
    checkpoints.close()
    folder = tmp_path / "checkpoints"
    for left in ("1", "3"):  # as a kill before the save has tidied up leaves them
        shutil.copytree(folder / "4", folder / left)
    with Checkpoints(tmp_path, read_only=True) as readers:
        readers.restore_latest(target_of(make_state(5)))
        assert readers.steps() == [1, 2, 3, 4, 5]
    with Checkpoints(tmp_path) as checkpoints:
        restored, _ = checkpoints.restore_latest(target_of(make_state(5)))
    assert int(restored.step) == 5
    assert sorted(path.name for path in folder.iterdir()) == ["2", "4", "5"]


def test_when_none_is_whole_the_run_does_not_start_over_in_silence(saved):
    for step in (1, 2):
        truncate(array_file(saved / "checkpoints" / str(step)))
    with pytest.raises(CheckpointError, match="none of the checkpoints"):
        Checkpoints(saved).restore_latest(target_of(make_state(2)))


def test_checksums_see_every_bit_and_every_swap_but_not_the_sharding():
    x = jnp.arange(1000, dtype=jnp.float32)
    base = checksums([x])
    assert checksums([x.at[7].set(np.nextafter(np.float32(7), np.float32(8)))]) != base
    assert checksums([x[::-1]]) != base
    split = jax.device_put(x, sharding.batch_sharding(sharding.make_mesh(1)))
    assert checksums([split]) == base


def test_a_reader_leaves_a_save_under_way_alone(saved):
    """Colorizing from a run that is still training must not disturb it."""
    partial = saved / "checkpoints" / "99.orbax-checkpoint-tmp"
    partial.mkdir()
    (partial / "half").write_text("of a save")
    assert Checkpoints(saved, read_only=True).restore_latest(target_of(make_state(0))) is not None
    assert (partial / "half").exists()


@EIGHT_DEVICES
def test_saved_over_eight_devices_it_comes_back_over_two_and_over_one(tmp_path):
    """Split by fsdp on one side and on the other; the checksums do not depend on it."""
    state = make_state(2)
    axis_types = (jax.sharding.AxisType.Auto,) * 2

    def shardings(devices):
        some = jax.devices()[:devices]
        mesh = jax.make_mesh((1, devices), sharding.BATCH_AXES, axis_types=axis_types, devices=some)
        return sharding.state_shardings(state, mesh)

    checkpoints = Checkpoints(tmp_path)
    checkpoints.save(jax.device_put(state, shardings(8)), {"next_index": 2}, None)
    checkpoints.close()
    for devices in (2, 1):
        target = jax.tree.map(
            lambda x, where: jax.ShapeDtypeStruct(x.shape, x.dtype, sharding=where),
            state,
            shardings(devices),
        )
        restored, position = Checkpoints(tmp_path).restore_latest(target)
        jax.tree.map(np.testing.assert_array_equal, restored, state)
        assert position == {"next_index": 2}
        used = {d for leaf in jax.tree.leaves(restored) for d in leaf.devices()}
        assert len(used) == devices
