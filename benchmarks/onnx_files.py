"""Sizes of ONNX files, and what fewer bits cost: of the stored weights, and of products.

Needs an environment with jax2onnx: docs/onnx.md. Products in int8 are ONNX Runtime's dynamic
quantization, inside the conditionals too; times are the process's own, on one thread, in turns.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from acolvit_jax.checkpoint.load import load
from acolvit_jax.checkpoint.onnx import export_onnx, load_onnx
from acolvit_jax.checkpoint.onnx_weights import ENCODINGS
from acolvit_jax.common import cli
from acolvit_jax.common.tables import markdown_table
from acolvit_jax.config import PRETRAINED
from acolvit_jax.data.sources import sample_photos
from acolvit_jax.hints import hint_planes, true_hints
from acolvit_jax.inference.tones import Tones
from acolvit_jax.photo import images, metrics

BUDGETS = (1.0, 0.5, 0.3)
HINTS = (0, 10)
PRODUCTS = "int8, products too"
ROUNDS = 12  # of the times


def main(argv: Sequence[str]) -> None:
    parser = cli.ArgumentParser(description=__doc__)
    parser.add_argument("--model", default=PRETRAINED, help="a model of any budget")
    model = load(parser.parse_args(argv).model)
    from onnxruntime.quantization import quantize_dynamic

    megabytes, programs = {}, {}
    with tempfile.TemporaryDirectory() as folder:
        for dtype in ENCODINGS:
            path = Path(folder) / f"{dtype}.onnx"
            export_onnx(path, model.config, model.params, {}, dtype=dtype)
            megabytes[dtype] = path.stat().st_size / 1e6
            programs[dtype] = load_onnx(path)
        path = Path(folder) / "products.onnx"
        inside = {"EnableSubgraph": True}
        options = {"per_channel": True, "reduce_range": True, "extra_options": inside}
        quantize_dynamic(Path(folder) / "float32.onnx", path, **options)
        megabytes[PRODUCTS] = path.stat().st_size / 1e6
        programs[PRODUCTS] = plain_program(path)
    side = model.config.image_size
    scores = {name: measure(program, side) for name, program in programs.items()}
    seconds = times(programs, side)
    rows = []
    for dtype, (decibels, kept) in scores.items():
        change = (decibels - scores["float32"][0]).mean(axis=0).ravel()
        other = float((kept != scores["float32"][1]).any(axis=-1).mean(axis=0).max())
        changes = f"{change.min():+.3f} to {change.max():+.3f}"
        ratios = ", ".join(f"{r:.2f}" for r in seconds[dtype] / seconds["float32"])
        rows.append([dtype, f"{megabytes[dtype]:.1f}", changes, f"{other:.0%}", ratios])
    head = ["weights", "MB", "dB, the means", "photos decided otherwise, most", "time"]
    print(markdown_table(head, rows))


def plain_program(path: Path):
    """A program that has no checksum."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads, options.log_severity_level = 1, 3
    session = onnxruntime.InferenceSession(path, options)

    def call(inputs: np.ndarray, budget: float) -> list[np.ndarray]:
        feed = {"inputs": inputs, "budget": np.asarray(budget, np.float32)}
        return session.run(["ab", "decisions"], feed)

    return call


def times(programs, side: int) -> dict[str, np.ndarray]:
    """The shortest of some times by program, at every budget."""
    inputs = np.zeros((1, side, side, 4), np.float32)
    inputs[..., 0] = np.linspace(-0.5, 0.5, side)
    taken = {name: [] for name in programs}
    for _ in range(ROUNDS):
        for name, program in programs.items():
            row = []
            for budget in BUDGETS:
                start = time.process_time()
                program(inputs, budget)
                row.append(time.process_time() - start)
            taken[name].append(row)
    return {name: np.min(rows, axis=0) for name, rows in taken.items()}


def measure(program, side: int) -> tuple[np.ndarray, np.ndarray]:
    """PSNR `[photos, hints, budgets]` and decisions `[photos, hints, budgets, S]`."""
    decibels, kept = [], []
    for path in sample_photos():
        rgb = images.resize(images.read_image(path), (side, side))
        lightness = Tones.of(rgb, side).norm
        for count in HINTS:
            planes = hint_planes(true_hints(rgb, count, 0), (side, side), side)
            inputs = np.concatenate([lightness, planes], axis=-1)[None]
            for budget in BUDGETS:
                ab, decisions = program(inputs, budget)
                colored = metrics.compose_rgb(lightness[..., 0], ab[0])[None]
                decibels.append(float(metrics.psnr(colored, rgb[None] / np.float32(255))[0]))
                kept.append(decisions.ravel())
    shape = (-1, len(HINTS), len(BUDGETS))
    return np.reshape(decibels, shape), np.reshape(kept, (*shape, len(kept[0])))


if __name__ == "__main__":
    cli.run(main)
