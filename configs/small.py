"""Small models: `python -m acolvit_jax.train --config configs/small.py:ARG`.

ARG is `BUDGET[,DATASET]`. BUDGET is a keep ratio in (0, 1] (the paper's are 0.9, 0.7, 0.5, 0.3),
`any` (one model for every budget) or `dense` (the iColoriT baseline). DATASET is `sample` (default:
the photographs in the package), `folder` (with `--config.data.path=DIR`), `imagenet` (the paper's
recipe), `imagenette`, `imagenette-320`, `flowers` or `birds`.
"""

from ml_collections import ConfigDict

from acolvit_jax.config.recipes import make_config


def get_config(arg: str | None = None) -> ConfigDict:
    return make_config("small", arg)
