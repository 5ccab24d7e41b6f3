"""Every setting and its default, once.

Config files (`configs/*.py`) build a ConfigDict from these dataclasses and state only what
differs. `from_config_dict` turns it back into frozen dataclasses, which is what the code takes.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field
from typing import Any

from ml_collections import ConfigDict

from acolvit_jax.errors import ConfigError

HEADS = ("cnn", "linear")
DTYPES = ("float32", "bfloat16")
DATASETS = (
    "sample",
    "folder",
    "imagenet",
    "imagenette",
    "imagenette-320",
    "flowers",
    "birds",
)


@dataclass(frozen=True)
class ModelConfig:
    """Architecture: A-ColViT, or with `gated=False` the dense iColoriT baseline.

    Attributes:
        width: embedding width D.
        depth: number of blocks.
        num_heads: attention heads A; must divide `width`.
        mlp_ratio: hidden width of the FFN over `width`.
        patch_size: side P of a patch, in pixels.
        image_size: side of the square image, in pixels; a multiple of `patch_size`.
        head: `cnn` (iColoriT's local stabilising layer) or `linear`.
        gated: policy token and decision heads (A-ColViT); False is the dense baseline.
        rel_pos_bias: iColoriT's relative position bias; dense only.
        stochastic_depth: drop rate of the last sublayer in training, rising linearly from 0.
        any_budget: one model for every budget: the policy token is told the budget; gated only.
        dtype: of the matrix products; parameters, norms, softmax and losses stay float32.
    """

    width: int = 192
    depth: int = 12
    num_heads: int = 3
    mlp_ratio: int = 4
    patch_size: int = 16
    image_size: int = 224
    head: str = "cnn"
    gated: bool = True
    rel_pos_bias: bool = False
    stochastic_depth: float = 0.0
    any_budget: bool = False
    dtype: str = "float32"

    @property
    def grid_size(self) -> int:
        """Patches along a side of the image."""
        return self.image_size // self.patch_size

    @property
    def num_tokens(self) -> int:
        """Tokens N of a whole image, the policy token included."""
        return self.grid_size**2 + int(self.gated)


@dataclass(frozen=True)
class DataConfig:
    """Where the photographs come from and what is done to each.

    Attributes:
        dataset: one of `DATASETS`.
        path: folder of images (`folder` only).
        list_file: optional text file, one image a line relative to `path` (`folder` only).
        validation_path: folder of validation images (`folder` only); empty holds out a part of `path`.
        data_dir: where TFDS data sets are prepared; empty is TFDS's own default.
        hint_size: side of a hint cell, in pixels of the model's image.
        max_hints: hints of a training image are drawn from 0 to this many.
        crop_scale_min: smallest area of the random resized crop, as a share of the photo's.
        window: train on windows of this many patches a side; 0 is whole images.
        skip_grey: leave out photographs with next to no colour.
        num_threads: threads that prepare batches.
        prefetch: batches prepared ahead.
    """

    dataset: str = "sample"
    path: str = ""
    list_file: str = ""
    validation_path: str = ""
    data_dir: str = ""
    hint_size: int = 2
    max_hints: int = 128
    crop_scale_min: float = 0.08
    window: int = 0
    skip_grey: bool = True
    num_threads: int = 2
    prefetch: int = 4
