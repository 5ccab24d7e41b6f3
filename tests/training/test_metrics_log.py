"""The record of a run: lines, and TensorBoard's file, which must not stop a run."""

import logging

import numpy as np
import pytest
from tensorboard.compat.proto.event_pb2 import Event
from tensorboard.summary.writer.record_writer import RecordWriter

from acolvit_jax.training import events
from acolvit_jax.training.metrics_log import MetricsLog, read_metrics


def events_of(workdir):
    """All events of a folder; TFRecords are a length, its checksum, data and its checksum."""
    found = []
    for path in sorted(workdir.glob("events.out.tfevents.*")):
        data = path.read_bytes()
        while data:
            length = int.from_bytes(data[:8], "little")
            found.append(Event.FromString(data[12 : 12 + length]))
            data = data[16 + length :]
    return found


def test_scalars_lists_and_pictures_are_written(tmp_path):
    log = MetricsLog(tmp_path, 4)
    log.write(5, {"loss": 0.5, "keep": [[1.0, 0.25]]})
    log.picture(5, "validation", np.zeros((6, 8, 3), np.uint8))
    log.close()
    assert read_metrics(tmp_path) == [{"step": 5, "loss": 0.5, "keep": [[1.0, 0.25]]}]
    version, start, *rest = events_of(tmp_path)
    assert version.file_version == "brain.Event:2"
    assert (start.step, start.session_log.status) == (5, 1)  # TensorBoard forgets what came after
    values = {e.summary.value[0].tag: e.summary.value[0] for e in rest}
    assert list(values) == ["loss", "keep/0/0", "keep/0/1", "validation"]
    assert {e.step for e in rest} == {5}
    assert values["keep/0/1"].simple_value == 0.25
    assert (values["validation"].image.height, values["validation"].image.width) == (6, 8)


def test_damaged_lines_are_set_aside_and_the_run_goes_on(tmp_path, caplog):
    log = MetricsLog(tmp_path, 0)
    for step in (1, 2, 3):
        log.write(step, {"loss": 0.5})
    log.close()
    path = tmp_path / "metrics.jsonl"
    first, second, third = path.read_bytes().splitlines()
    damage = [b"\xff\xfe", b"[3]", b'{"loss": 1}', b'{"step": "2"}', b"[" * 100_000]
    path.write_bytes(b"\n".join([first, *damage, second, third, b'{"step": 4, "lo']))
    whole = [{"step": step, "loss": 0.5} for step in (1, 2, 3)]
    assert read_metrics(tmp_path) == whole
    with caplog.at_level(logging.WARNING):
        MetricsLog(tmp_path, 2).close()
    assert read_metrics(tmp_path) == whole[:2]
    assert [r.getMessage() for r in caplog.records] == [
        f"5 damaged lines of {path} are set aside in damaged-metrics.jsonl"
    ]
    assert (tmp_path / "damaged-metrics.jsonl").read_bytes().splitlines() == damage


def test_what_was_flushed_outlives_a_kill(tmp_path):
    log = MetricsLog(tmp_path, 0)
    log.write(1, {"loss": 0.5})
    assert events_of(tmp_path) == []
    log.flush()
    assert [e.summary.value[0].tag for e in events_of(tmp_path)[2:]] == ["loss"]
    log.close()


@pytest.mark.parametrize("buffering", [0, -1])  # without a buffer at once, with one at the end
def test_a_full_disk_ends_tensorboard_and_not_the_run(buffering, tmp_path, monkeypatch, caplog):
    def on_a_full_disk(file):
        file.close()
        return RecordWriter(open("/dev/full", "wb", buffering=buffering))

    monkeypatch.setattr(events, "RecordWriter", on_a_full_disk)
    with caplog.at_level(logging.WARNING):
        log = MetricsLog(tmp_path, 0)
        for step in range(30):
            log.write(step, {"loss": 1.0})
        log.close()
    assert len(read_metrics(tmp_path)) == 30
    said = [record.message for record in caplog.records]
    assert said == [
        "TensorBoard's events cannot be written (No space left on device); metrics.jsonl goes on"
    ]
