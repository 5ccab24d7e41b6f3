"""Small models: width 384, 6 heads, 23.5 million parameters, 4.96 GMACs at full depth.

    python -m acolvit_jax.train --config configs/small.py:0.5,imagenet

is the paper's recipe at this size. Nothing was measured, here or in the paper: there are no weights
of this size to start from, so train `dense` first, and then with `--config.train.init_from=RUN`.

ARG is `BUDGET[,DATASET]`. BUDGET is a keep ratio in (0, 1] (the paper's are 0.9, 0.7, 0.5, 0.3),
`any` (one model for every budget) or `dense` (the iColoriT baseline). DATASET is `sample` (default:
the photographs in the package), `folder` or `records` (photos that `prepare` packed; both with
`--config.data.path=DIR`), `imagenet` (the paper's recipe), `imagenette`, `imagenette-320`,
`flowers` or `birds`.
"""

from ml_collections import ConfigDict

from acolvit_jax.config.recipes import make_config


def get_config(arg: str | None = None) -> ConfigDict:
    return make_config("small", arg)
