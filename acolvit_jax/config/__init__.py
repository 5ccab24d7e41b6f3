"""Every setting and its default once, and the recipes made of them."""

from acolvit_jax.config.schema import (
    AUTO_DTYPE,
    DATASETS,
    DTYPES,
    HEADS,
    HINT_COUNTS,
    PRETRAINED,
    WITH_PATH,
    Config,
    DataConfig,
    MeshConfig,
    ModelConfig,
    ValidationConfig,
)
from acolvit_jax.config.training import OptimizerConfig, TrainConfig

__all__ = [
    "AUTO_DTYPE",
    "DATASETS",
    "DTYPES",
    "HEADS",
    "HINT_COUNTS",
    "PRETRAINED",
    "WITH_PATH",
    "Config",
    "DataConfig",
    "MeshConfig",
    "ModelConfig",
    "OptimizerConfig",
    "TrainConfig",
    "ValidationConfig",
]
