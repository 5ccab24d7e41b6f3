"""Sizes of ONNX files, and what storing the weights in fewer bits costs.

Needs an environment with jax2onnx: docs/onnx.md.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

import numpy as np

from acolvit_jax.checkpoint.load import load
from acolvit_jax.checkpoint.onnx import export_onnx, load_onnx
from acolvit_jax.checkpoint.onnx_weights import ENCODINGS
from acolvit_jax.common.tables import markdown_table
from acolvit_jax.config import PRETRAINED
from acolvit_jax.data.sources import sample_photos
from acolvit_jax.hints import hint_planes, true_hints
from acolvit_jax.inference.tones import Tones
from acolvit_jax.photo import images, metrics

BUDGETS = (1.0, 0.5, 0.3)
HINTS = (0, 10)
EVERY = 2  # photos of the package


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", default=PRETRAINED, help="a model of any budget")
    model = load(parser.parse_args().model)
    scores, megabytes = {}, {}
    with tempfile.TemporaryDirectory() as folder:
        for dtype in ENCODINGS:
            path = Path(folder) / f"{dtype}.onnx"
            export_onnx(path, model.config, model.params, {}, dtype=dtype)
            megabytes[dtype] = path.stat().st_size / 1e6
            scores[dtype] = measure(load_onnx(path), model.config.image_size)
    rows = []
    for dtype, (decibels, kept) in scores.items():
        change = (decibels - scores["float32"][0]).mean(axis=0).ravel()
        other = float((kept != scores["float32"][1]).any(axis=-1).mean(axis=0).max())
        changes = f"{change.min():+.3f} to {change.max():+.3f}"
        rows.append([dtype, f"{megabytes[dtype]:.1f}", changes, f"{other:.0%}"])
    print(
        markdown_table(["weights", "MB", "dB, the means", "photos decided otherwise, most"], rows)
    )


def measure(program, side: int) -> tuple[np.ndarray, np.ndarray]:
    """PSNR `[photos, hints, budgets]` and decisions `[photos, hints, budgets, S]`."""
    decibels, kept = [], []
    for path in sample_photos()[::EVERY]:
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
    main()
