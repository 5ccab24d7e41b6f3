"""How the weights in the package are trained on, by random hints and by clicks.

    python -m acolvit_jax.train --config configs/released.py:dense --config.data.path=PHOTOS
    python -m acolvit_jax.convert pretrained START --to weights --learned pretrained-dense RUN
    python -m acolvit_jax.train --config configs/released.py:any --config.data.path=PHOTOS

RUN is runs/released-dense, START runs/released-start.safetensors; `launch/released.sh` does all of
it, with means with what was before, and scores. ARG is `dense` (iColoriT, from
`pretrained-dense`) or `any` (one model for every budget, from `pretrained` with what dense has
learned added; it learns the colors of the dense model). To begin with nothing give
`--config.train.init_from=` and `--config.train.loss=huber`, and `--config.train.steps=125000`. On a
CPU take `--config.train.batch_size=16`, `--config.optimizer.learning_rate=2e-4` and more steps. The
weights of the package were trained last at lower rates, dense for fewer steps and any budget in
batches of 128; `pretrained` has three biases raised by hand (docs/model_card.md, steps 20 and 21).
What each setting is worth: docs/training_log.md; what to expect: docs/model_card.md, "Scores".
"""

from typing import Any

from ml_collections import ConfigDict

from acolvit_jax.config.checks import choose
from acolvit_jax.config.recipes import make_config

STAGES: dict[str, dict[str, dict[str, Any]]] = {
    "dense": {
        "data": {"aged_share": 0.05},
        "optimizer": {"learning_rate": 2e-3},
        "train": {
            "init_from": "pretrained-dense",
            "correct_one_in": 8,
            "regret_weight": 4.0,
            "steps": 5269,
        },
    },
    "any": {
        "optimizer": {"learning_rate": 1.5e-3},
        "train": {
            "init_from": "runs/released-start.safetensors",
            "teacher": "runs/released-dense",
            "correct_one_in": 8,
            "gate_noise": "none",
            "budget_spread": 0.18,
            "steps": 1860,
        },
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
        click_share=0.15,
        max_clicks=24,
        flip=True,
        device_side=224,
    )
    config.optimizer.update(name="muon", warmup=0.03, ema=0.999)
    config.train.update(
        batch_size=256,
        loss="psnr",
        log_every=10,
        eval_every=500,
        checkpoint_every=50,
    )
    for part, values in STAGES[stage].items():
        config[part].update(values)
    return config
