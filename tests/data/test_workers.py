"""Batches of worker processes: those of threads, as many ahead, and all of them end."""

import dataclasses
import multiprocessing
import os
import signal
import time
from pathlib import Path

import pytest

from acolvit_jax.common.errors import DataError
from acolvit_jax.config import DataConfig
from acolvit_jax.data.sources import FileSource, folder_source
from tests.data.batches import assert_same, loader, take
from tests.photos import make_folder


def spawned():
    """Processes that this one has started to work for it."""
    return [process.pid for process in multiprocessing.active_children()]


def test_workers_give_the_same_batches_and_count_the_same_skips(tmp_path):
    folder = make_folder(tmp_path / "photos", 12)
    (folder / "0003.jpg").write_bytes(b"no image")
    source = folder_source(folder)
    threads, workers = loader(source), loader(source, workers=2)
    try:
        first = take(threads, 4)
        assert_same(first, take(workers, 4))
        assert list(workers.skips.corrupt) == list(threads.skips.corrupt) == ["0003.jpg"]
        # The position is the same for any number of them, before and after they were started.
        again = loader(source)
        again.set_state(workers.get_state())
        assert_same(take(again, 2), take(workers, 2))
        workers.set_state({"next_index": 1})
        assert_same(first[1:], take(workers, 3))
        for process in spawned():
            os.kill(process, signal.SIGKILL)
        with pytest.raises(DataError, match=r"killed .* try a smaller data\.num_workers"):
            take(workers, 100)
    finally:
        workers.close()
    assert not spawned()


@dataclasses.dataclass(frozen=True)
class CountedSource(FileSource):
    """Notes each read as a byte of a file."""

    reads: Path = Path()

    def __getitem__(self, index):
        with self.reads.open("ab") as file:
            file.write(b"r")
        return super().__getitem__(index)

    def reads_at_rest(self):
        """How many they are when no more come."""
        before, now = -1, 0
        while before != now or not now:
            time.sleep(1)
            before, now = now, self.reads.stat().st_size
        return now


@pytest.mark.parametrize("workers", [0, 2, 5])
def test_what_is_prepared_ahead_is_that_many_batches_for_any_number_of_workers(tmp_path, workers):
    plain = folder_source(make_folder(tmp_path / "photos", 12))
    source = CountedSource(plain.description, plain.root, plain.paths, tmp_path / "reads")
    data = DataConfig(max_hints=16, num_threads=1, prefetch=10)
    stream = loader(source, data=data, workers=workers)
    try:
        take(stream, 1)
        reads = source.reads_at_rest() - 4
    finally:
        stream.close()
    # Beside the 10 batches of 4 each worker has two ready to be handed over, one in its hands and
    # one being read.
    assert 40 - workers <= reads <= 40 + max(1, 4 * workers)
