"""What a run tells at its beginning and at its end."""

from __future__ import annotations

import shlex
from pathlib import Path

import jax

from acolvit_jax.config import Config, ModelConfig
from acolvit_jax.data.sources import sample_photos
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
        f"{float(forward_macs(full, model)) / 1e9:.2f} GMACs at full depth, products in "
        f"{model.dtype}",
        f"run: {train.steps:,} steps of {train.batch_size} {what} from {config.data.dataset!r}, "
        f"on {jax.device_count()} {jax.default_backend()} device(s), in {workdir}",
    ]
    if config.data.dataset == "sample":
        lines.append(
            "this is a short demonstration on the photographs in the package. Your own: "
            "--config configs/tiny.py:0.5,folder --config.data.path=DIR. The paper's recipe: "
            "--config configs/tiny.py:dense,imagenet, then configs/tiny.py:0.5,imagenet with "
            "--config.train.init_from=DENSE_RUN"
        )
    return "\n".join(lines)


def conclude(config: Config, workdir: Path, result: Result) -> str:
    """The last lines of a run: scores, where everything is, and what to do with it.

    Args:
        config: of the run.
        workdir: its folder.
        result: of the run.

    Returns:
        A Markdown table, two paths and the commands that take the model.
    """
    sample = config.data.dataset == "sample"
    photo = str(sample_photos()[0]) if sample else "PHOTO.jpg"
    images = "sample" if sample else "FOLDER"
    model = ["--checkpoint", str(workdir)]
    used = [
        ["colorize", photo, "--hint", "80,120:teal", *model, "--output", f"{workdir}/colors.png"],
        ["serve", *model],
    ]
    if _has_the_usual_sizes(config.model):
        used += [["evaluate", *model, "--images", images, "--output", f"{workdir}/report"]]
    commands = "\n".join(f"  python -m acolvit_jax.{shlex.join(words)}" for words in used)
    return (
        f"\nvalidation after {result.steps:,} steps:\n{result.validation.table()}\n"
        f"checkpoint: {result.checkpoint}\n\n"
        f"look at it: {result.picture}\nuse it:\n{commands}"
    )


def _has_the_usual_sizes(model: ModelConfig) -> bool:
    """Whether images and hints are of the default sizes, which are those of `evaluate`."""
    usual = ModelConfig()
    return (model.image_size, model.hint_size) == (usual.image_size, usual.hint_size)
