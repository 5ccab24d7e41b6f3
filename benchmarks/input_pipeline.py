"""Images a second of the input pipeline by number of workers, and where the time goes.

    taskset -c 0 python -m benchmarks.input_pipeline   # one core: a thread
    python -m benchmarks.input_pipeline                # two cores: two worker processes against one

The images are 500x375 JPEGs made of the photographs in the package, as ImageNet's are on average.
Images a second are told by the clock and, where one process does all, by its processor time too,
which others at work on the machine change little; the parts of one image are processor time.
"""

from __future__ import annotations

import os
import statistics
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image

from acolvit_jax.common import cli
from acolvit_jax.common.cores import available_cores
from acolvit_jax.common.errors import ConfigError
from acolvit_jax.common.tables import markdown_table
from acolvit_jax.config import DataConfig, ModelConfig
from acolvit_jax.data.loaders import TrainLoader
from acolvit_jax.data.sources import folder_source, sample_photos
from acolvit_jax.data.transforms import TrainTransform, to_model_units
from acolvit_jax.photo import images

BATCH = 32
BATCHES = 12
SIZE = (500, 375)
COPIES = 100  # names of a photo; Grain shuffles 42 images in 0.8 ms each, many in 5 us
PARTS = 100  # times that a part is measured


def make_folder(folder: Path) -> None:
    """Photos under so many names that shuffling them costs what it does in a data set."""
    for i, path in enumerate(sample_photos()):
        first = folder / f"{i:03d}.jpg"
        Image.open(path).convert("RGB").resize(SIZE).save(first, quality=92)
        for copy in range(1, COPIES):
            os.link(first, folder / f"{i:03d}-{copy:03d}.jpg")


def open_loader(folder: Path, window: int, workers: int) -> TrainLoader:
    data = DataConfig(dataset="folder", path=str(folder), window=window, num_threads=1, prefetch=1)
    source = folder_source(folder)
    return TrainLoader(source, data, ModelConfig(), batch_size=BATCH, seed=0, workers=workers)


def rates(folder: Path, window: int, counts: list[int]) -> list[tuple[float, float]]:
    """Images a second by number of workers, medians of stretches measured in turns.

    By the clock, and by the processor time of this process.

    What a stretch had buffered while the others were measured is taken out before it.
    """
    loaders = [open_loader(folder, window, count) for count in counts]
    times: list[list[tuple[float, float]]] = [[] for _ in counts]
    for _ in range(3):
        for loader, found in zip(loaders, times, strict=True):
            for _ in range(4):
                next(loader)
            start, worked = time.perf_counter(), time.process_time()
            for _ in range(BATCHES):
                next(loader)
            found.append((time.perf_counter() - start, time.process_time() - worked))
    for loader in loaders:
        loader.close()
    count = BATCH * BATCHES
    medians = [[statistics.median(kind) for kind in zip(*found, strict=True)] for found in times]
    return [(count / clock, count / worked) for clock, worked in medians]


def part_milliseconds(folder: Path) -> list[tuple[str, float]]:
    """Median milliseconds of processor time of the parts of one image's preparation."""
    data = next(folder.iterdir()).read_bytes()
    rgb = images.read_image(data)
    small = images.crop_resize(rgb, (50, 40, 400, 350), (224, 224))
    transform = TrainTransform(DataConfig(), ModelConfig())
    rng = np.random.default_rng(0)
    parts = {
        "decode": lambda: images.read_image(data),
        "crop and resize": lambda: images.crop_resize(rgb, (50, 40, 400, 350), (224, 224)),
        "Lab": lambda: to_model_units(small),
        "all but decode": lambda: transform(rgb, rng),
    }
    found = []
    for name, run in parts.items():
        times = []
        for _ in range(PARTS):
            start = time.thread_time()
            run()
            times.append(time.thread_time() - start)
        found.append((name, statistics.median(times) * 1e3))
    return found


def main(argv: Sequence[str]) -> None:
    parser = cli.ArgumentParser(description=__doc__)
    default = "0" if len(available_cores()) == 1 else "1,2"
    parser.add_argument("--workers", default=default, help="processes, in turns; 0 is a thread")
    workers = parser.parse_args(argv).workers
    asked = cli.numbers("--workers", workers, low=0, high=256)
    counts = [int(count) for count in asked]
    if not counts or counts != asked:
        raise ConfigError(f"--workers {workers!r}: wanted whole numbers between commas")
    with tempfile.TemporaryDirectory() as name:
        make_folder(Path(name))
        rows = []
        for label, window in (("whole images", 0), ("windows of 7x7 patches", 7)):
            measured = rates(Path(name), window, counts)
            for count, (rate, worked) in zip(counts, measured, strict=True):
                who = ("one thread", "one worker")[count] if count < 2 else f"{count} workers"
                own = "" if count else f"{worked:.0f}"
                rows.append([f"{label}, {who}", f"{rate:.0f}", f"{rate / measured[0][0]:.2f}", own])
        headings = ["input pipeline", "images/s", "against the first", "images a CPU second"]
        print(markdown_table(headings, rows))
        parts = [[part, f"{value:.2f}"] for part, value in part_milliseconds(Path(name))]
        print("\n" + markdown_table(["one image", "CPU ms"], parts))


if __name__ == "__main__":
    cli.run(main)
