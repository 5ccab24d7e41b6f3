"""What a run tells at its beginning and at its end."""

from __future__ import annotations

from pathlib import Path

import jax

from acolvit_jax.config import Config
from acolvit_jax.models.compute import forward_macs
from acolvit_jax.models.params import param_count, param_shapes
from acolvit_jax.training.loop import Result


def announce(config: Config, workdir: Path) -> str:
    """The first lines of a run: what is trained on what, and for how long.

    Args:
        config: of the run.
        workdir: its folder.

    Returns:
        A few lines of text.
    """
    train = config.train
    model = config.model
    full = [[1, 1]] * model.depth
    kind = f"A-ColViT at {'any budget from' if model.any_budget else 'budget'} {train.budget}"
    kind = "dense iColoriT" if train.budget is None else kind
    what = f"windows of {config.data.window} patches" if config.data.window else "whole images"
    lines = [
        f"model: {kind}, width {model.width}, {param_count(param_shapes(model)):,} parameters, "
        f"{float(forward_macs(full, model)) / 1e9:.2f} GMACs at full depth",
        f"run: {train.steps:,} steps of {train.batch_size} {what} from {config.data.dataset!r}, "
        f"on {jax.device_count()} {jax.default_backend()} device(s), in {workdir}",
    ]
    if config.data.dataset == "sample":
        lines.append(
            "this is a short demonstration on the photographs in the package. The paper's recipe: "
            "--config configs/tiny.py:dense,imagenet, then configs/tiny.py:0.5,imagenet with "
            "--config.train.init_from=DENSE_RUN. Your own photographs: "
            "--config configs/tiny.py:0.5,folder --config.data.path=DIR"
        )
    elif model.gated and not train.init_from:
        lines.append(
            "note: the paper starts A-ColViT from a trained dense model: --config.train.init_from="
        )
    return "\n".join(lines)


def conclude(result: Result) -> str:
    """The last lines of a run: scores and where everything is.

    Args:
        result: of the run.

    Returns:
        A Markdown table and two paths.
    """
    return (
        f"\nvalidation after {result.steps:,} steps:\n{result.validation.table()}\n"
        f"checkpoint: {result.checkpoint}\npictures: {result.picture}"
    )
