"""Images a second of the input pipeline on one core, and the time of one Lab conversion.

    taskset -c 0 python -m benchmarks.input_pipeline

The images are 500x375 JPEGs made of the photographs in the package, as ImageNet's are on average.
"""

from __future__ import annotations

import statistics
import tempfile
import time
from pathlib import Path

import numpy as np
from PIL import Image

from acolvit_jax.config import DataConfig, ModelConfig
from acolvit_jax.data.loaders import TrainLoader
from acolvit_jax.data.sources import folder_source, sample_photos
from acolvit_jax.photo import color

BATCH = 32
BATCHES = 12
SIZE = (500, 375)
REPEATS = 50


def make_folder(folder: Path) -> None:
    for i, path in enumerate(sample_photos()):
        Image.open(path).convert("RGB").resize(SIZE).save(folder / f"{i:03d}.jpg", quality=92)


def pipeline_rate(folder: Path, window: int) -> float:
    """Median images a second over the batches after the first."""
    data = DataConfig(dataset="folder", path=str(folder), window=window, num_threads=1, prefetch=1)
    loader = TrainLoader(folder_source(folder), data, ModelConfig(), batch_size=BATCH, seed=0)
    next(loader)
    times = []
    for _ in range(BATCHES):
        start = time.perf_counter()
        next(loader)
        times.append(time.perf_counter() - start)
    return BATCH / statistics.median(times)


def lab_milliseconds() -> float:
    rgb = np.random.default_rng(0).integers(0, 256, (224, 224, 3), dtype=np.uint8)
    times = []
    for _ in range(REPEATS):
        start = time.perf_counter()
        color.uint8_to_lab(rgb)
        times.append(time.perf_counter() - start)
    return statistics.median(times) * 1e3


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        make_folder(Path(name))
        print("| input pipeline, one thread | median |\n| :--- | ---: |")
        for label, window in (("whole images", 0), ("windows of 7x7 patches", 7)):
            print(f"| {label}, images/s | {pipeline_rate(Path(name), window):.0f} |")
        print(f"| Lab conversion of 224x224, ms | {lab_milliseconds():.2f} |")


if __name__ == "__main__":
    main()
