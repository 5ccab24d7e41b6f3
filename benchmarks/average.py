"""Averages models of one architecture that came from one another.

python -m benchmarks.average OUT.safetensors MODEL=WEIGHT MODEL=WEIGHT ...
"""

from __future__ import annotations

import sys
from pathlib import Path

from acolvit_jax.checkpoint.graft import check_architecture
from acolvit_jax.checkpoint.load import load
from acolvit_jax.checkpoint.merge import weighted_mean
from acolvit_jax.checkpoint.weights import save_weights


def main(out: str, *weighted: str) -> None:
    named = [(name, float(weight)) for name, _, weight in (w.rpartition("=") for w in weighted)]
    models = [load(name) for name, _ in named]
    for (name, _), model in zip(named, models, strict=True):
        check_architecture(models[0].config, model.config, name)
    mean = weighted_mean(
        [(model.params, weight) for model, (_, weight) in zip(models, named, strict=True)]
    )
    save_weights(Path(out), models[0].config, mean, {"mean of": dict(named)})


if __name__ == "__main__":
    main(*sys.argv[1:])
