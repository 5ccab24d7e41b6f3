"""What errors of devices and of other processes are called."""

import jax
import numpy as np
import pytest
from jax.experimental import multihost_utils

from acolvit_jax.common.distributed import OutOfMemoryError, PeerLostError, agree, user_error_of
from acolvit_jax.common.errors import ConfigError, DataError

GLOO = "Gloo all-reduce failed: [external/gloo/transport/tcp/pair.cc:538] Connection closed by peer"


def test_too_little_memory_says_what_to_lower():
    error = user_error_of(
        jax.errors.JaxRuntimeError("RESOURCE_EXHAUSTED: Out of memory allocating 9")
    )
    assert isinstance(error, OutOfMemoryError)
    assert error.exit_code == 1  # starting again would not help
    for setting in ("train.micro_batch", "train.batch_size", "mesh.fsdp", "data.device_side=0"):
        assert setting in str(error)


@pytest.mark.parametrize("processes", [1, 2])
def test_only_the_transports_errors_are_a_lost_peer(monkeypatch, processes):
    monkeypatch.setattr(jax, "process_count", lambda: processes)
    assert user_error_of(ValueError("shapes (2, 3) and (4,) do not fit")) is None
    assert user_error_of(jax.errors.JaxRuntimeError("INTERNAL: a bug")) is None
    error = user_error_of(ValueError(GLOO))
    if processes == 1:
        assert error is None
    else:
        assert isinstance(error, PeerLostError)
        assert error.exit_code == 75
        assert "lost another process of the run (Gloo all-reduce failed" in str(error)


def test_a_full_disk_is_not_too_little_memory():
    """Tensorstore says so with the same word as XLA."""
    text = "RESOURCE_EXHAUSTED: Error writing: No space left on device [os_error_code='28']"
    assert user_error_of(ValueError(text)) is None


def test_processes_that_differ_are_told_apart(monkeypatch):
    monkeypatch.setattr(jax, "process_count", lambda: 2)
    for held in ([4, 6], [4, 4]):
        monkeypatch.setattr(multihost_utils, "process_allgather", lambda _, h=held: np.array(h))
        if held == [4, 4]:
            agree("their newest checkpoint", 4)
            continue
        with pytest.raises(ConfigError, match=r"differ in their newest checkpoint: \[4, 6\]"):
            agree("their newest checkpoint", 4)


def test_what_to_do_about_other_things_that_differ_is_said(monkeypatch):
    monkeypatch.setattr(jax, "process_count", lambda: 2)
    monkeypatch.setattr(multihost_utils, "process_allgather", lambda _: np.array([40, 39]))
    with pytest.raises(DataError, match=r"differ in their photos: \[40, 39\]; look$"):
        agree("their photos", 40, advice="look", error=DataError)


def test_one_process_agrees_with_itself():
    agree("anything", 3)
