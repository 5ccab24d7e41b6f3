"""What an evaluation is asked for."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from acolvit_jax.config import AUTO_DTYPE
from acolvit_jax.hints.files import DEFAULT_HINT_LIST


@dataclass(frozen=True)
class Request:
    """What to evaluate.

    Attributes:
        checkpoints: `NAME=PATH` or paths of models.
        budgets: to ask models of any budget for.
        baselines: names of baselines.
        images: a folder, `sample`, or `tfds:NAME`.
        list_file: text file of the images to take, empty takes all.
        hint_dir: folder of hint files, None draws the published sets.
        counts: numbers of hints K.
        output: folder of the report.
        data_dir: where TFDS data sets are prepared, empty is TFDS's own default.
        lpips: also LPIPS.
        propagation: also the hint propagation range.
        throughput: also Table 2.
        skip_bad: leave out images that do not decode.
        max_images: take at most so many, spread evenly; 0 takes all.
        hint_list: whose published sets are drawn, a key of `HINT_COUNTS`.
        finished: also each model as people see it, hints kept, each with its reach.
        clicks: also so many clicks, one after the other where the result is worst; 0 is none.
        dtype: of the models' matrix products: `float32`, `bfloat16` or `auto`.
    """

    checkpoints: tuple[str, ...]
    budgets: tuple[float, ...]
    baselines: tuple[str, ...]
    images: str
    list_file: str
    hint_dir: Path | None
    counts: tuple[int, ...]
    output: Path
    data_dir: str = ""
    lpips: bool = False
    propagation: bool = False
    throughput: bool = False
    skip_bad: bool = False
    max_images: int = 0
    hint_list: str = DEFAULT_HINT_LIST
    finished: bool = False
    clicks: int = 0
    dtype: str = AUTO_DTYPE
