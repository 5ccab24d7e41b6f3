"""Tiny models: width 192, 3 heads, 6.4 million parameters, 1.44 GMACs at full depth.

    python -m acolvit_jax.train --config configs/tiny.py:0.5

trains on the photographs in the package, from the dense weights there and on their colors: 80
steps of 16. Expect 23.2 / 25.4 / 26.3 dB with 1 / 10 / 50 hints (grey: 20.1) and a keep ratio of
0.50 on its 7 validation photos, after 2 min 38 s on two cores of an Intel Xeon, compiling included.
The paper's recipe, whole, is

    python -m acolvit_jax.train --config configs/tiny.py:0.5,imagenet

The paper has 25.66 / 28.76 / 31.00 dB for it on ImageNet ctest10k; it was not run here. What other
runs gave: docs/training_log.md.

ARG is `BUDGET[,DATASET]`. BUDGET is a keep ratio in (0, 1] (the paper's are 0.9, 0.7, 0.5, 0.3),
`any` (one model for every budget) or `dense` (the iColoriT baseline). DATASET is `sample` (default:
the photographs in the package), `folder` or `records` (photos that `prepare` packed; both with
`--config.data.path=DIR`), `imagenet` (the paper's recipe), `imagenette`, `imagenette-320`,
`flowers` or `birds`.
"""

from ml_collections import ConfigDict

from acolvit_jax.config.recipes import make_config


def get_config(arg: str | None = None) -> ConfigDict:
    return make_config("tiny", arg)
