"""Two real processes: the same run as one, preempted together, stopped when one is killed."""

import re
import shutil
import signal
import socket

import jax
import numpy as np
import pytest

from acolvit_jax.checkpoint.load import load_pretrained
from acolvit_jax.photo import images
from acolvit_jax.train import main
from acolvit_jax.training.metrics_log import read_metrics
from tests.integration.commands import SMALL, one_line_error, output, refusal, start, wait_for
from tests.models_on_disk import write_model
from tests.photos import make_folder

STEPS = 16
GLOO = "[Gloo] Rank 1 is connected to 1 peer ranks. Expected number of connected peer ranks is : 1"


@pytest.fixture(scope="module")
def photos(tmp_path_factory):
    """And a teacher beside them, for all runs."""
    folder = tmp_path_factory.mktemp("distributed")
    write_model(folder, gated=False)
    return make_folder(folder / "photos", 40)


def arguments(photos, workdir, *more):
    return [
        "--config=configs/tiny.py:0.5,folder",
        f"--config.data.path={photos}",
        f"--config.train.teacher={photos.parent / 'model.safetensors'}",
        f"--workdir={workdir}",
        *SMALL,
        f"--config.train.steps={STEPS}",
        *more,
    ]


def start_pair(photos, workdir, *more, other=None):
    """Two processes; the second may find other photos."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    cluster = [f"--coordinator=127.0.0.1:{port}", "--num_processes=2"]
    return [
        start("train", *arguments(path, workdir, *cluster, f"--process_id={i}", *more), devices=2)
        for i, path in enumerate((photos, other or photos))
    ]


def finish(pair):
    """Exit code, output and errors of each."""
    ends = [process.communicate(timeout=240) for process in pair]
    return [(p.returncode, *end) for p, end in zip(pair, ends, strict=True)]


@pytest.fixture(scope="module")
def traced(photos, tmp_path_factory):
    """Folder and output of a run of one process, two steps of which are traced."""
    workdir = tmp_path_factory.mktemp("alone") / "run"
    return workdir, output(main, *arguments(photos, workdir, "--profile_steps=3,4"))


@pytest.fixture(scope="module")
def alone(traced):
    return traced[0]


def words(text):
    return set(re.findall("[A-Za-z]+", text))


def assert_same(workdir, alone):
    """Same losses and parameters, but for the order of sums; every image validated once."""
    ours, theirs = (
        [(e["step"], e["loss"]) for e in read_metrics(w) if "loss" in e] for w in (workdir, alone)
    )
    np.testing.assert_allclose(ours, theirs, atol=1e-5)
    scores = [
        [e["psnr@10"] for e in read_metrics(w) if e.get("validation")] for w in (workdir, alone)
    ]
    np.testing.assert_allclose(*scores, atol=1e-3)
    params = [load_pretrained(w)[1] for w in (workdir, alone)]
    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, atol=1e-4), *params)


def test_two_processes_equal_one(photos, alone, tmp_path):
    first, second = finish(start_pair(photos, tmp_path / "run", "--config.mesh.fsdp=2"))
    assert first[0] == second[0] == 0, (first, second)
    assert f"validation after {STEPS} steps" in first[1]
    for word in ("loss", "validation", "run:", "data:", " steps"):
        assert word in first[1]
        assert word not in second[1]
    assert f"the colors of {photos.parent / 'model.safetensors'} are learned" in first[1]
    # The other prints nothing but Gloo's greeting, which comes in pieces.
    assert words(second[1]) <= words(GLOO), second[1]
    assert_same(tmp_path / "run", alone)


ON_DEVICES = "--config.data.device_side=32"


def test_photos_on_the_devices_of_two_processes_are_those_of_one(photos, tmp_path):
    """And so with photos that are left out: each process passes over the same ones.

    Photos are as large as the model's image and shown whole, so that no pixel is rounded.
    """
    mixed = make_folder(photos.parent / "mixed", 40, (32, 32))
    (mixed / "0003.jpg").write_bytes(b"no photo")
    images.write_image(mixed / "0007.jpg", np.full((32, 32, 3), 90, np.uint8))
    whole = [ON_DEVICES, "--config.data.crop_scale_min=1.0"]
    whole += ["--config.train.teacher=", "--config.train.steps=4", "--config.model.depth=1"]
    ends = finish(start_pair(mixed, tmp_path / "two", *whole))
    assert [end[0] for end in ends] == [0, 0], ends
    out = output(main, *arguments(mixed, tmp_path / "one", *whole))
    for text in (out, ends[0][1]):
        assert "1 corrupt and 1 near-grey images skipped" in text
    assert_same(tmp_path / "two", tmp_path / "one")


def test_processes_that_have_other_photos_say_so(photos, tmp_path):
    other = photos.parent / "other"
    shutil.copytree(photos, other)
    (other / "0003.jpg").write_bytes(b"no photo")
    ends = finish(start_pair(photos, tmp_path / "run", ON_DEVICES, other=other))
    expected = r"differ in how many photos they can train on: \[(\d+), (\d+)\]; every one must have"
    for end in ends:
        found = re.search(expected, one_line_error(end, 1))
        assert int(found[1]) == int(found[2]) + 1


def newest(workdir):
    return max(int(p.name) for p in (workdir / "checkpoints").iterdir() if p.name.isdigit())


def test_stopped_then_killed_a_pair_goes_on_and_ends_as_one_process(photos, alone, tmp_path):
    """SIGTERM to one stops both; the pair goes on; one is killed and the other says so.

    One process ends the run: the data goes on at the same place for another number of processes
    and devices.
    """
    workdir = tmp_path / "run"
    pair = start_pair(photos, workdir)
    wait_for(workdir / "checkpoints" / "2", pair[0])
    pair[1].send_signal(signal.SIGTERM)
    for result in finish(pair):
        assert "run again to go on" in one_line_error(result, 75)
    stopped = newest(workdir)
    pair = start_pair(photos, workdir)
    wait_for(workdir / "checkpoints" / str(stopped - stopped % 2 + 2), pair[0])
    pair[1].send_signal(signal.SIGKILL)
    first, _ = finish(pair)
    assert f"resuming after step {stopped}" in first[1]
    # Either a step fails and we say so, or JAX's runtime is first: it says so and aborts.
    said = {75: "lost another process of the run", -signal.SIGABRT: "another task died"}
    assert first[0] in said, first
    assert said[first[0]] in first[2]
    assert "resuming after step" in output(main, *arguments(photos, workdir))
    assert_same(workdir, alone)


def test_a_trace_is_written(traced):
    workdir, out = traced
    assert "trace of steps (3, 4)" in out
    assert "memory a device, estimated" in out
    assert list((workdir / "profile").rglob("*.xplane.pb"))


@pytest.mark.parametrize(
    ("flag", "part"),
    [("--coordinator=localhost:1", "belong together"), ("--profile_steps=4,3", "FIRST,LAST")],
)
def test_flags_that_make_no_sense_are_refused(photos, tmp_path, flag, part):
    code, message = refusal(main, *arguments(photos, tmp_path / "run", flag))
    assert code == 2
    assert part in message
