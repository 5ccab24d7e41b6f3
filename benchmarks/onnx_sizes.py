"""Every size of the model as an ONNX file: megabytes, conditionals, distance from JAX.

    python -m benchmarks.onnx_sizes

Needs an environment with jax2onnx: docs/onnx.md. Tiny is the model in the package; small and base
have random parameters, which makes no difference to any of the numbers but the last two.
"""

from __future__ import annotations

import dataclasses
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import jax
import numpy as np

from acolvit_jax.checkpoint.load import load_pretrained
from acolvit_jax.checkpoint.onnx import export_onnx, load_onnx
from acolvit_jax.checkpoint.onnx_weights import ENCODINGS
from acolvit_jax.common import cli
from acolvit_jax.common.jax_settings import settle_jax
from acolvit_jax.common.tables import markdown_table
from acolvit_jax.config import ModelConfig
from acolvit_jax.config.variants import VARIANTS
from acolvit_jax.inference.measurement import sample_inputs
from acolvit_jax.models import skipping
from acolvit_jax.models.params import Params, init_params
from acolvit_jax.models.prepared import prepare_params

BUDGETS = (1.0, 0.5, 0.3)


def models() -> Iterator[tuple[str, ModelConfig, Params]]:
    config, params = load_pretrained()
    yield "tiny", config, params
    for name in ("small", "base"):
        config = dataclasses.replace(VARIANTS[name], any_budget=True, head="cnn")
        yield name, config, init_params(config, 0)


def conditionals(graph: Any) -> int:
    inside = [a.g for node in graph.node for a in node.attribute if a.HasField("g")]
    own = sum(node.op_type == "If" for node in graph.node)
    return own + sum(conditionals(part) for part in inside)


def distances(path: Path, config: ModelConfig, params: Params, dtype: str) -> tuple[float, int]:
    """Largest difference of normalized a, b from JAX on photos, and decisions that differ."""
    config = dataclasses.replace(config, dtype="float32")
    prepared, encoding = prepare_params(params, config), ENCODINGS[dtype]
    if encoding is not None:
        prepared = encoding.round(prepared)
    forward = jax.jit(lambda x, budget: skipping.forward(prepared, x, config, budget=budget))
    program, largest, others = load_onnx(path), 0.0, 0
    for image, budget in zip(sample_inputs(config), BUDGETS, strict=False):
        expected, decided = forward(image[None], np.float32(budget))
        ab, decisions = program(image[None], budget)
        largest = max(largest, float(np.abs(ab - expected).max()))
        others += int((decisions != decided).sum())
    return largest, others


def main(argv: Sequence[str]) -> None:
    cli.ArgumentParser(description=__doc__.splitlines()[0]).parse_args(argv)
    import onnx

    settle_jax()
    rows = []
    for name, config, params in models():
        for dtype in ENCODINGS:
            with tempfile.TemporaryDirectory() as folder:
                path = Path(folder) / "model.onnx"
                export_onnx(path, config, params, {}, dtype=dtype)
                apart, others = distances(path, config, params, dtype)
                megabytes = f"{path.stat().st_size / 1e6:.1f}"
                count = conditionals(onnx.load(path).graph)
            rows.append([name, dtype, megabytes, str(count), f"{apart:.0e}", str(others)])
            print(*rows[-1], flush=True)
    head = ["", "weights", "MB", "`If`", "a, b: largest difference", "decisions that differ"]
    print(markdown_table(head, rows))


if __name__ == "__main__":
    cli.run(main)
