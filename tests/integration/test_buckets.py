"""A run, its data, its weights and its report in a bucket: real libraries, a storage of ours."""

import io
import json

import jax
import numpy as np
import pytest
from PIL import Image
from tensorboard.backend.event_processing.event_file_loader import LegacyEventFileLoader

from acolvit_jax import colorize, convert, evaluate, prepare
from acolvit_jax.checkpoint.load import load_pretrained
from acolvit_jax.checkpoint.weights import save_weights
from acolvit_jax.common.errors import DataError
from acolvit_jax.common.places import place
from acolvit_jax.data.packing import open_photos
from acolvit_jax.data.sources import folder_source
from acolvit_jax.data.tfds import tfds_source
from acolvit_jax.models.params import init_params
from acolvit_jax.training import loop
from acolvit_jax.training.metrics_log import read_metrics
from tests.photos import make_folder, make_jpeg
from tests.training.runs import EIGHT_DEVICES, MODEL, small_config

CLOCK = ("images_per_second", "input_wait")


def training(photos, workdir, steps):
    loop.train(small_config(photos, steps=steps), place(workdir))


@pytest.fixture
def photos(bucket, storage):
    for i in range(12):
        storage.put(f"{bucket[5:]}/photos/{i % 2}/{i:04d}.jpg", make_jpeg(i))
    return f"{bucket}/photos"


def names_of(source):
    return [source.name_of(i) for i in range(len(source))]


def record(workdir):
    return [{k: v for k, v in e.items() if k not in CLOCK} for e in read_metrics(place(workdir))]


@EIGHT_DEVICES
def test_a_run_in_a_bucket_is_that_on_a_disk(bucket, storage, photos, tmp_path, capsys):
    own = tmp_path / "photos"
    for i in range(12):
        (own / str(i % 2)).mkdir(parents=True, exist_ok=True)
        (own / str(i % 2) / f"{i:04d}.jpg").write_bytes(make_jpeg(i))
    training(own, tmp_path / "run", 2)
    training(own, tmp_path / "run", 4)
    training(photos, f"{bucket}/run", 2)
    training(photos, f"{bucket}/run", 4)
    capsys.readouterr()
    assert record(f"{bucket}/run") == record(tmp_path / "run")
    there, here = (load_pretrained(path)[1] for path in (f"{bucket}/run", tmp_path / "run"))
    jax.tree.map(np.testing.assert_array_equal, there, here)
    held = {key.split("/run/")[1] for key in storage.objects if key.startswith(f"{bucket[5:]}/run")}
    assert {"config.json", "metrics.jsonl", "pictures/step_0000004.png"} <= held
    assert ".lock" not in held
    events = sorted(name for name in held if name.startswith("events"))
    assert len(events) == 2
    steps = set()
    for name in events:
        (tmp_path / name).write_bytes(storage.objects[f"{bucket[5:]}/run/{name}"])
        steps |= {e.step for e in LegacyEventFileLoader(str(tmp_path / name)).Load() if e.summary}
    assert {1, 2, 3, 4} <= steps
    # The newest checkpoint is damaged: the one before is used, and nothing is lost.
    for key in [k for k in storage.objects if f"{bucket[5:]}/run/checkpoints/4/state" in k]:
        storage.put(key, storage.objects[key][: len(storage.objects[key]) // 2])
    training(photos, f"{bucket}/run", 4)
    capsys.readouterr()
    assert record(f"{bucket}/run") == record(tmp_path / "run")
    assert any("/run/damaged-checkpoint-4/" in key for key in storage.objects)


def test_weights_pictures_and_reports_in_a_bucket(bucket, storage, photos, capsys):
    there = f"{bucket[5:]}/"
    convert.main(["pretrained", f"{bucket}/w/m.safetensors", "--to", "weights"])
    convert.main(["pretrained", f"{bucket}/w/m.npz", "--to", "torch"])
    convert.main([f"{bucket}/w/m.npz", f"{bucket}/again"])
    for name in (f"{bucket}/w/m.safetensors", f"{bucket}/again"):
        jax.tree.map(
            np.testing.assert_allclose, load_pretrained(name)[1], load_pretrained("pretrained")[1]
        )
    small = place(f"{bucket}/w/small.safetensors")
    save_weights(small, MODEL, init_params(MODEL, 0), {})
    colorize.main([f"{photos}/0", "--checkpoint", str(small), "--output", f"{bucket}/out"])
    done = sorted(key for key in storage.objects if key.startswith(f"{there}out/"))
    assert done == [f"{there}out/{i:04d}.jpg" for i in range(0, 12, 2)]
    with Image.open(io.BytesIO(storage.objects[done[0]])) as image:
        assert image.size == (64, 48)
    evaluation = [
        *("--images", photos, "--baselines", "grey", "--hints", "1", "--max_images", "4"),
        *("--output", f"{bucket}/report"),
    ]
    evaluate.main(evaluation)
    before = dict(storage.objects)
    assert {"report.md", "report.json", "scores.jsonl", "evaluation.json"} <= {
        key.split("/report/")[1] for key in before if "/report/" in key
    }
    evaluate.main(evaluation)  # scores nothing again
    key = f"{there}report/scores.jsonl"
    assert storage.objects[key] == before[key]
    assert len(storage.objects[key].splitlines()) == 4
    assert json.loads(storage.objects[f"{there}report/report.json"])
    capsys.readouterr()


def test_photos_of_a_bucket(bucket, storage, photos):
    for name in ("0/.hidden.jpg", "@eaDir/a.jpg", "0/notes.txt"):
        storage.put(f"{bucket[5:]}/photos/{name}", b"x")
    source = open_photos(photos)
    assert names_of(source) == sorted(f"{i % 2}/{i:04d}.jpg" for i in range(12))
    assert source[0] == ("0/0000.jpg", make_jpeg(0))
    for text in ("1/0003.jpg\n", f"{photos}/1/0003.jpg\n", ".\\1\\0003.jpg\r\n"):
        storage.put(f"{bucket[5:]}/list.txt", text.encode())
        assert names_of(folder_source(place(photos), f"{bucket}/list.txt")) == ["1/0003.jpg"]
    with pytest.raises(DataError, match="no folder at gs://"):
        folder_source(place(f"{bucket}/nothing"))


def test_packed_photos_of_a_bucket(bucket, storage, photos, tmp_path, capsys):
    make_folder(tmp_path / "photos", 3)
    prepare.main([str(tmp_path / "photos"), str(tmp_path / "packed")])
    prepare.main([str(tmp_path / "photos"), f"{bucket}/packed"])
    capsys.readouterr()
    shard = "photos-00000.array_record"
    there = storage.objects[f"{bucket[5:]}/packed/{shard}"]
    assert there == (tmp_path / "packed" / shard).read_bytes()
    from acolvit_jax.data.shards import PackedSource

    here, remote = (PackedSource(place(p)) for p in (tmp_path / "packed", f"{bucket}/packed"))
    assert [remote[i] for i in range(3)] == [here[i] for i in range(3)]


def test_tfds_of_a_bucket(bucket, storage, tmp_path):
    tfds = pytest.importorskip("tensorflow_datasets")
    builder = tfds.builder("oxford_flowers102", data_dir=tmp_path, file_format="array_record")
    examples = [(i, {"file_name": f"{i}.jpg", "label": 0, "image": make_jpeg(i)}) for i in range(2)]
    splits = dict.fromkeys(("train", "validation"), examples)
    builder._split_generators = lambda _: {name: iter(made) for name, made in splits.items()}
    builder.download_and_prepare(file_format="array_record")
    for path in tmp_path.rglob("*"):
        if path.is_file():
            name = path.relative_to(tmp_path).as_posix()
            storage.put(f"{bucket[5:]}/tfds/{name}", path.read_bytes())
    source = tfds_source("flowers", f"{bucket}/tfds", "train")
    assert sorted(names_of(source)) == ["0.jpg", "1.jpg"]
    assert sorted(source[i].data for i in (0, 1)) == sorted(make_jpeg(i) for i in (0, 1))
