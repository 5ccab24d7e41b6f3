"""Skipping against eager PyTorch with Python branches, one thread, in one run.

python -m benchmarks.skipping
"""

from __future__ import annotations

from collections.abc import Sequence

from acolvit_jax.common import cli
from acolvit_jax.common.cores import use_cores

use_cores(1)

import jax

from acolvit_jax.config.variants import VARIANTS
from acolvit_jax.inference import timing
from acolvit_jax.inference.compilation import compile_forward
from acolvit_jax.models.params import init_params
from acolvit_jax.models.prepared import prepare_params

KEEP = (1.0, 0.7, 0.5, 0.3, 0.0)
PATTERNS = 8
ROUNDS = 20


def main(argv: Sequence[str]) -> None:
    cli.ArgumentParser(description=__doc__.splitlines()[0]).parse_args(argv)
    import torch

    from benchmarks.torch_baseline import DenseColorizer

    torch.set_num_threads(1)
    config = VARIANTS["tiny"]
    prepared = jax.device_put(prepare_params(init_params(config, 0), config))
    program = compile_forward(config, forced=True)
    inputs = timing.random_inputs(config, 1, 0)
    baseline, image = DenseColorizer().eval(), torch.from_numpy(inputs.transpose(0, 3, 1, 2).copy())
    calls = {}
    for keep in KEEP:
        patterns = timing.random_decisions(config, keep, PATTERNS, 0)
        calls[f"jax {keep}"] = timing.single_calls(program, prepared, inputs, patterns, None)
        calls[f"torch {keep}"] = [
            lambda p=[(bool(a), bool(f)) for a, f in pattern]: baseline(image, p)
            for pattern in patterns
        ]
    with torch.inference_mode():
        taken = timing.time_in_turns(calls, ROUNDS)
    print("| kept | acolvit_jax, ms | eager PyTorch, ms | ratio |\n| :--- | ---: | ---: | ---: |")
    for keep in KEEP:
        ours, theirs = taken[f"jax {keep}"].median, taken[f"torch {keep}"].median
        print(f"| {keep:.0%} | {ours * 1e3:.2f} | {theirs * 1e3:.2f} | {theirs / ours:.2f} |")


if __name__ == "__main__":
    cli.run(main)
