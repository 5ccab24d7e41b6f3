"""Everything a run needs before its first step."""

from __future__ import annotations

import contextlib
import math
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jax
import numpy as np
from jax.sharding import Mesh

from acolvit_jax.checkpoint.load import load
from acolvit_jax.checkpoint.state import TrainState, init_state
from acolvit_jax.checkpoint.steps import Checkpoints
from acolvit_jax.common.cores import available_cores
from acolvit_jax.common.distributed import agree
from acolvit_jax.common.errors import ConfigError, DataError
from acolvit_jax.common.places import place, resolved
from acolvit_jax.config import Config, DataConfig
from acolvit_jax.config.budgets import checked_budget
from acolvit_jax.data.loaders import TrainBatches, TrainLoader
from acolvit_jax.data.memory import Choices, Photos, decode_all, some_sizes
from acolvit_jax.data.records import ImageSource
from acolvit_jax.data.skips import Skips
from acolvit_jax.data.sources import make_source
from acolvit_jax.data.validation import check_usable, eval_batches
from acolvit_jax.models.params import param_shapes
from acolvit_jax.training import sharding
from acolvit_jax.training.budgets import per_photo
from acolvit_jax.training.corrections import Correct, make_correct
from acolvit_jax.training.examples import Transform, make_transform
from acolvit_jax.training.optimizer import make_optimizer
from acolvit_jax.training.planes import Draw, make_draw
from acolvit_jax.training.room import check_room
from acolvit_jax.training.start import initial_params
from acolvit_jax.training.step import TrainStep, make_train_step
from acolvit_jax.training.teacher import Teach, make_teach
from acolvit_jax.training.validation import Validation, make_eval_step, validate


@dataclass
class Run:
    """A run that is ready to go on.

    Attributes:
        config: of the run.
        mesh: all devices.
        state: parameters and optimizer.
        step: the jitted optimizer step.
        correct: adds hints where the model errs; None where `train.correct_one_in` is 0.
        teach: adds a teacher's colors to a batch; None without a teacher.
        loader: training batches, at the state's position.
        transform: makes examples of a batch that only chooses photos; None where the loader makes
            them, or no step is left.
        draw: makes of images, on the devices, what the step takes.
        checkpoints: of the run.
        validate: scores parameters.
        notes: what a person should know before it starts, a line each.
    """

    config: Config
    mesh: Mesh
    state: TrainState
    step: TrainStep
    correct: Correct | None
    teach: Teach | None
    loader: TrainBatches
    transform: Transform | None
    draw: Draw
    checkpoints: Checkpoints
    validate: Any
    notes: list[str]


def set_up(config: Config, workdir: Path) -> Run:
    """Sets a run up, from its newest checkpoint if there is one.

    Args:
        config: of the run.
        workdir: its folder.

    Returns:
        A run whose `state.step` steps are done.

    Raises:
        UserError: if devices, data or checkpoints do not fit the config.
    """
    if config.model.any_budget:
        checked_budget(config.model, config.validation.budget, "validation.budget")
    mesh = sharding.make_mesh(config.mesh.fsdp)
    # Refuses a batch that cannot be split.
    sharding.micro_batch_size(config.train, mesh, per_photo(config.model))
    sources = {split: make_source(config.data, split) for split in ("train", "validation")}
    notes = [f"data: {len(sources['train']):,} {sources['train'].description}"]
    scorer = _make_validate(config, sources["validation"], mesh)
    teach = _make_teach(config, workdir, mesh, notes) if config.train.teacher else None
    correct = make_correct(config, mesh) if config.train.correct_one_in else None
    loader = _make_loader(config, sources["train"], mesh)
    optimizer = make_optimizer(config.optimizer, config.train.steps)
    keep_ema = config.optimizer.ema > 0
    shapes = jax.eval_shape(
        lambda params: init_state(params, optimizer, ema=keep_ema), param_shapes(config.model)
    )
    shardings = sharding.state_shardings(shapes, mesh)
    checkpoints = Checkpoints(workdir)
    target = jax.tree.map(
        lambda leaf, where: jax.ShapeDtypeStruct(leaf.shape, leaf.dtype, sharding=where),
        shapes,
        shardings,
    )
    with contextlib.ExitStack() as on_error:
        on_error.callback(checkpoints.abandon)
        restored = checkpoints.restore_latest(target)
        if restored is not None:
            state, position = restored
            loader.set_state(position)
            notes.append(f"resuming after step {int(state.step)}")
        else:
            params = initial_params(config, notes)
            make_state = jax.jit(
                lambda params: init_state(params, optimizer, ema=keep_ema), out_shardings=shardings
            )
            state = make_state(jax.device_get(params))  # the same on every process
        transform = None
        if config.data.device_side and int(state.step) < config.train.steps:
            transform = _keep_photos(config, sources["train"], loader.skips, mesh, notes)
        on_error.pop_all()
    step = make_train_step(config, optimizer, shardings, mesh)
    draw = make_draw(config.model.hint_size, mesh)
    return Run(
        config,
        mesh,
        state,
        step,
        correct,
        teach,
        loader,
        transform,
        draw,
        checkpoints,
        scorer,
        notes,
    )


def _make_loader(config: Config, source: ImageSource, mesh: Mesh) -> TrainBatches:
    """Training batches: of examples, or of which photos on the devices become examples."""
    run = {
        "batch_size": config.train.batch_size,
        "seed": config.train.seed,
        "process_index": jax.process_index(),
        "process_count": jax.process_count(),
    }
    data = config.data
    if not data.device_side:
        return TrainLoader(source, data, config.model, **run, workers=_workers(data))
    check_room(config, len(source), some_sizes(source), mesh)
    return Choices(len(source), Skips(len(source)), **run)


def _keep_photos(
    config: Config, source: ImageSource, skips: Skips, mesh: Mesh, notes: list[str]
) -> Transform:
    """Decodes all photos and sends them to the devices.

    Raises:
        DataError: if the processes do not have the same photos.
    """
    side, share = config.data.device_side, config.data.crop_scale_min
    quiet = jax.process_index() > 0
    photos, smaller = decode_all(source, side, skips, skip_grey=config.data.skip_grey, quiet=quiet)
    _check_alike(photos)
    enough = math.ceil(config.model.image_size / math.sqrt(share))
    if smaller and side < enough:
        notes.append(
            f"data.device_side={side}: {smaller:,} of {len(source):,} photos are made smaller; "
            f"small crops (data.crop_scale_min={share:g}) are less sharp than with {enough}"
        )
    return make_transform(config, photos, mesh)


def _check_alike(photos: Photos) -> None:
    """Every process sends its devices what it decoded itself.

    Raises:
        DataError: if that has other sizes on another.
    """
    kept, sizes = len(np.unique(photos.first)), zlib.crc32(photos.sizes.tobytes()) & 0x7FFFFFFF
    advice = "every one must have the same files at data.path"
    agree("how many photos they can train on", kept, advice=advice, error=DataError)
    agree("the checksum of their photos' sizes", sizes, advice=advice, error=DataError)


def _workers(data: DataConfig) -> int:
    """Processes that prepare images."""
    if data.num_workers >= 0:
        return data.num_workers
    return 0 if jax.default_backend() == "cpu" else len(available_cores())


def _make_teach(config: Config, workdir: Path, mesh: Mesh, notes: list[str]) -> Teach:
    """Loads the teacher."""
    name = config.train.teacher
    path = resolved(place(name))
    if resolved(workdir) in (path, *path.parents):  # its steps change while it learns
        raise ConfigError(f"train.teacher={name} is the run's own folder; use another model")
    teacher = load(name, setting="train.teacher")
    steps = teacher.provenance.get("steps")
    notes.append(f"the colors of {name} are learned" + (f", step {steps}" if steps else ""))
    return make_teach(config, teacher.config, teacher.params, mesh)


def _make_validate(config: Config, source: ImageSource, mesh: Mesh) -> Any:
    """Binds what a validation needs besides parameters.

    Raises:
        DataError: if there is no image to score.
    """
    settings = config.validation
    eval_step = make_eval_step(config.model, settings.budget, mesh)
    batch_size = min(settings.batch_size, settings.max_images, len(source))
    batch_size = -(-batch_size // mesh.size) * mesh.size
    skips = Skips(len(source), most=1.0)  # a bad photo is no reason to throw training away
    check_usable(source, config.data, settings.max_images, skips)

    def score(params: Any) -> Validation:
        batches = eval_batches(
            source,
            config.data,
            config.model,
            counts=settings.hints,
            batch_size=batch_size,
            max_images=settings.max_images,
            skips=skips,
            process_index=jax.process_index(),
            process_count=jax.process_count(),
        )
        return validate(eval_step, params, batches, settings.hints, mesh)

    return score
