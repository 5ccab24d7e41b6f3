"""How weights like those in the package are trained on, by random hints and by clicks.

    python -m acolvit_jax.train --config configs/released.py:dense --config.data.path=PHOTOS
    python -m acolvit_jax.train --config configs/released.py:any --config.data.path=PHOTOS

ARG is `dense` (the baseline, from `pretrained-dense`) or `any` (one model for every budget, from
`pretrained`; it learns the colors of the dense model). Both go on from the weights in the package;
`--config.train.init_from=` begins from nothing and wants `--config.train.loss=huber` and a hundred
times the steps. What each setting is worth: docs/training_log.md.
"""

from ml_collections import ConfigDict

from acolvit_jax.config.checks import choose
from acolvit_jax.config.recipes import make_config

STAGES = {
    "dense": {"init_from": "pretrained-dense"},
    "any": {
        "init_from": "pretrained",
        "teacher": "runs/released-dense",
        "gate_noise": "none",
        "budget_spread": 0.18,
    },
}


def get_config(arg: str | None = None) -> ConfigDict:
    stage = arg or "dense"
    choose("stage", stage, tuple(STAGES))
    config = make_config("tiny", f"{stage},folder")
    config.name = f"released-{stage}"
    config.data.update(
        crop_scale_min=0.3,
        hint_counts="log-uniform",
        click_share=0.3,
        max_clicks=24,
        flip=True,
        aged_share=0.1,
    )
    config.optimizer.update(name="muon", learning_rate=5e-4, warmup=0.03, ema=0.98)
    config.train.update(
        steps=400, batch_size=32, loss="psnr", log_every=10, eval_every=200, checkpoint_every=25
    )
    config.train.update(STAGES[stage])
    return config
