"""State dicts on disk: every form that people publish, and none that harms."""

import argparse
import pickle
import zipfile

import jax.numpy as jnp
import numpy as np
import pytest
import safetensors.numpy

from acolvit_jax.checkpoint.state_dicts import read_state_dict, write_state_dict
from acolvit_jax.common.errors import CheckpointError

ARRAYS = {"a.weight": np.arange(6, dtype=np.float32).reshape(2, 3), "b": np.array([1, 2], np.int64)}


def same(got, expected=ARRAYS):
    assert set(got) == set(expected)
    for name, value in expected.items():
        np.testing.assert_array_equal(got[name], value)
        assert got[name].dtype == value.dtype


@pytest.mark.parametrize("suffix", [".pth", ".pt", ".safetensors", ".npz"])
def test_what_is_written_is_read(tmp_path, suffix):
    if suffix.startswith(".p"):
        pytest.importorskip("torch")
    path = tmp_path / f"weights{suffix}"
    write_state_dict(path, ARRAYS)
    same(read_state_dict(path).arrays)
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("wrap", [lambda d: d, lambda d: {"model": d}, lambda d: {"state_dict": d}])
def test_forms_of_pth(tmp_path, wrap):
    torch = pytest.importorskip("torch")
    tensors = {name: torch.from_numpy(value) for name, value in ARRAYS.items()}
    torch.save(wrap(tensors), tmp_path / "w.pth")
    same(read_state_dict(tmp_path / "w.pth").arrays)


def test_half_precision_becomes_float32(tmp_path):
    torch = pytest.importorskip("torch")
    for dtype in (torch.float16, torch.bfloat16):
        torch.save({"a": torch.tensor([0.5, -2.0], dtype=dtype)}, tmp_path / "w.pth")
        same(read_state_dict(tmp_path / "w.pth").arrays, {"a": np.array([0.5, -2.0], np.float32)})
    np.savez(tmp_path / "w.npz", a=np.array([0.5], np.float16))
    same(read_state_dict(tmp_path / "w.npz").arrays, {"a": np.array([0.5], np.float32)})


class Attack:
    def __reduce__(self):
        return (print, ("this ran",))


def test_nothing_in_a_pth_runs(tmp_path, capsys):
    pytest.importorskip("torch")
    with (tmp_path / "w.pth").open("wb") as file:
        pickle.dump({"model": Attack()}, file)
    with pytest.raises(CheckpointError, match="holds more than weights"):
        read_state_dict(tmp_path / "w.pth")
    assert "this ran" not in capsys.readouterr().out


@pytest.mark.parametrize("suffix", [".pth", ".safetensors", ".npz"])
@pytest.mark.parametrize("content", [b"", b"rubbish" * 50, b"PK\x03\x04rest"])
def test_rubbish_gives_one_line(tmp_path, suffix, content):
    if suffix == ".pth":
        pytest.importorskip("torch")
    path = tmp_path / f"w{suffix}"
    path.write_bytes(content)
    with pytest.raises(CheckpointError, match=r"w\.\w+ is damaged") as raised:
        read_state_dict(path)
    assert "\n" not in str(raised.value)


def test_a_truncated_pth_gives_one_line(tmp_path):
    torch = pytest.importorskip("torch")
    path = tmp_path / "w.pth"
    torch.save({"model": {"a": torch.zeros(1000)}}, path)
    path.write_bytes(path.read_bytes()[:-300])
    with pytest.raises(CheckpointError, match="is damaged"):
        read_state_dict(path)


@pytest.mark.parametrize("content", [[1, 2], {"epoch": 3}, {}])
def test_other_contents_are_named(tmp_path, content):
    torch = pytest.importorskip("torch")
    torch.save(content, tmp_path / "w.pth")
    with pytest.raises(CheckpointError, match="holds no state dict"):
        read_state_dict(tmp_path / "w.pth")


def test_unknown_suffixes_and_missing_files(tmp_path):
    (tmp_path / "w.h5").write_bytes(b"")
    with pytest.raises(CheckpointError, match=r"one of \.bin, \.ckpt, \.npz"):
        read_state_dict(tmp_path / "w.h5")
    with pytest.raises(CheckpointError, match=r"one of \.npz"):
        write_state_dict(tmp_path / "w.h5", ARRAYS)
    with pytest.raises(CheckpointError, match="no file at"):
        read_state_dict(tmp_path / "w.pth")


def test_npz_with_pickles_is_refused(tmp_path):
    np.savez(tmp_path / "w.npz", a=np.array([{}], object))
    with pytest.raises(CheckpointError, match="is damaged"):
        read_state_dict(tmp_path / "w.npz")
    assert zipfile.is_zipfile(tmp_path / "w.npz")


def test_training_arguments_beside_the_weights_are_read_as_data(tmp_path):
    """As training programs store them: an argparse.Namespace, numbers of NumPy, an optimizer."""
    torch = pytest.importorskip("torch")
    content = {
        "model": {"a.weight": torch.nn.Parameter(torch.ones(2))},
        "args": argparse.Namespace(lr=1e-3, output="runs"),
        "epoch": 3,
        "optimizer": {"state": {}},
        "best": np.float64(1.5),
        "loss": np.float32(0.5),
        "step": np.int64(7),
        "mean": np.ones(3, np.float32),
    }
    torch.save(content, tmp_path / "w.pth")
    same(read_state_dict(tmp_path / "w.pth").arrays, {"a.weight": np.ones(2, np.float32)})


def test_bfloat16_is_widened(tmp_path):
    safetensors.numpy.save_file({"a": np.ones(2, jnp.bfloat16)}, tmp_path / "w.safetensors")
    read = read_state_dict(tmp_path / "w.safetensors").arrays["a"]
    assert read.dtype == np.float32
    np.testing.assert_array_equal(read, 1.0)


def test_sparse_tensors_are_named(tmp_path):
    torch = pytest.importorskip("torch")
    torch.save({"a": torch.ones(2, 2).to_sparse()}, tmp_path / "w.pth")
    with pytest.raises(CheckpointError, match="no plain arrays"):
        read_state_dict(tmp_path / "w.pth")
