"""One evaluation from its arguments to its report."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import acolvit_jax
from acolvit_jax.common.cores import can_keep_to_cores
from acolvit_jax.common.errors import ConfigError, DataError
from acolvit_jax.common.names import name_bytes
from acolvit_jax.common.progress import Progress
from acolvit_jax.data.records import ImageSource
from acolvit_jax.evaluation import click_report, gallery
from acolvit_jax.evaluation.click_scores import Clicked, ClickFile, click_all
from acolvit_jax.evaluation.differences import differences
from acolvit_jax.evaluation.figures import save
from acolvit_jax.evaluation.finished import finished_methods
from acolvit_jax.evaluation.hinted_images import HintedImages, hinted_images
from acolvit_jax.evaluation.image_sets import (
    content_digest,
    image_names,
    open_images,
)
from acolvit_jax.evaluation.kept import kept_clicks, kept_rates
from acolvit_jax.evaluation.methods import (
    IMAGE_SIZE,
    Method,
    baseline_methods,
    check_names,
    model_methods,
    split_name,
)
from acolvit_jax.evaluation.perceptual import load_lpips
from acolvit_jax.evaluation.protocol import Settings, score_images
from acolvit_jax.evaluation.published import published_for
from acolvit_jax.evaluation.report import Report, write_report
from acolvit_jax.evaluation.request import Request
from acolvit_jax.evaluation.scores import Score, ScoreFile
from acolvit_jax.evaluation.summary import summarize
from acolvit_jax.evaluation.throughput import measure_throughput
from acolvit_jax.hints import sets as hint_sets
from acolvit_jax.hints.files import HINT_COUNTS, SEED, write_hint_set
from acolvit_jax.inference.devices import device_name
from acolvit_jax.models.precision import resolve_dtype


def make_hints(request: Request) -> Path:
    """Writes the hint files of some images, in the published form.

    Args:
        request: its images and list; its `hint_dir` is `HINT_ROOT/1234`.

    Returns:
        The folder written.

    Raises:
        ConfigError: if `hint_dir` is missing or does not end in the seed.
    """
    if request.hint_dir is None or request.hint_dir.name != str(SEED):
        raise ConfigError(f"--make_hints needs --hint_dir ROOT/{SEED}: its last part is the seed")
    source = open_images(request.images, request.list_file, request.data_dir)
    names = [Path(name).name for name in image_names(source)]
    return write_hint_set(request.hint_dir.parent, names, HINT_COUNTS[request.hint_list], seed=SEED)


def run_evaluation(request: Request) -> Path:
    """Scores what is not scored yet and writes the report.

    Args:
        request: what to evaluate.

    Returns:
        Path of `report.md`.

    Raises:
        UserError: for what the person can mend.
    """
    dtype = resolve_dtype(request.dtype)
    by_model = [model_methods(path, request.budgets, dtype) for path in request.checkpoints]
    methods = _all_methods(request, by_model, dtype)
    images = hinted_images(request)
    settings = Settings(
        counts=request.counts,
        image_size=IMAGE_SIZE,
        lpips=load_lpips() if request.lpips else None,
        propagation=request.propagation,
        skip_bad=request.skip_bad,
    )
    scores, undecoded = _scores(request, methods, images, settings, dtype)
    facts = _facts(request, images, undecoded, settings, dtype)
    report = _report(request, methods, images, scores, facts)
    write_report(request.output, report, scores)
    if request.throughput:
        measured: dict[str, float] = {}
        for checkpoint, made in zip(request.checkpoints, by_model, strict=True):
            measured |= measure_throughput(split_name(checkpoint)[1], made, request.dtype)
        write_report(request.output, replace(report, throughput=measured), scores)
    return request.output / "report.md"


def _scores(
    request: Request,
    methods: Sequence[Method],
    images: HintedImages,
    settings: Settings,
    dtype: str,
) -> tuple[list[Score], list[str]]:
    """Scores what the folder does not hold yet.

    Returns:
        All scores, and why images that do not decode are left out.

    Raises:
        DataError: if no image could be scored.
    """
    names = images.names
    identity = _identity(request, methods, images, settings) | {"products": dtype}
    file = ScoreFile(request.output, identity)
    total = len(names) * len(request.counts) * len(methods)
    with Progress(total, done=len(file.scores)) as progress:
        try:
            undecoded = score_images(
                images.source, names, images.hints, methods, settings, file, progress
            )
        finally:
            file.close()
    if not file.scores:
        raise DataError(f"none of the {len(names)} images of {request.images} could be scored")
    return list(file.scores.values()), undecoded


def _report(
    request: Request,
    methods: Sequence[Method],
    images: HintedImages,
    scores: Sequence[Score],
    facts: Mapping[str, str],
) -> Report:
    """Clicks, draws and sums up; throughput is what the folder has."""
    names = [method.name for method in methods]
    summaries = summarize(scores, names)
    paper = published_for(f"{request.images} {request.list_file}")
    drawn = gallery.draw_all(
        request.output,
        images.source,
        images.names,
        images.hints,
        methods,
        request.counts,
        summaries,
        scores,
        IMAGE_SIZE,
        paper,
    )
    scored = {score.image for score in scores}
    clicked = _clicks(request, images.source, images.names, methods, scored)
    summed = click_report.summarize_clicks(clicked, names)
    if summed:
        figure = click_report.click_figure(summed)
        drawn[save(figure, request.output, "clicks")] = (
            "Mean PSNR by number of clicks, and what the first is worth, photo by photo."
        )
    base = next((method.name for method in methods if method.config is not None), None)
    against = differences(scores, clicked, names, base) if base else []
    rates = kept_rates(request.output, methods)
    return Report(facts, summaries, drawn, rates, paper, summed, against)


def _all_methods(
    request: Request, by_model: Sequence[Sequence[Method]], dtype: str
) -> list[Method]:
    """Baselines, models, and models as people see them, under names that differ.

    Raises:
        ConfigError: for two of one name, none at all, options that no model here takes, or
            throughput where the system cannot measure it.
    """
    seen = [
        method
        for path, made in zip(request.checkpoints, by_model, strict=True)
        if request.finished
        for method in finished_methods(path, made, dtype)
    ]
    models = [method for made in by_model for method in made]
    methods = [*baseline_methods(request.baselines), *models, *seen]
    check_names(methods)
    if request.budgets and not any(model.budget for model in models):
        raise ConfigError(f"--budgets {request.budgets}: no model here is one of any budget")
    for option, asked in (("--finished", request.finished), ("--throughput", request.throughput)):
        if asked and not models:
            raise ConfigError(f"{option} is of models, and there is none: add --checkpoint MODEL")
    if request.throughput and not can_keep_to_cores():
        raise ConfigError("--throughput: this system cannot keep to one core; leave it out")
    return methods


def _facts(
    request: Request,
    images: HintedImages,
    undecoded: Sequence[str],
    settings: Settings,
    dtype: str,
) -> dict[str, str]:
    """What the report says of images, hints, LPIPS and models, and what computed it."""
    reasons = [*images.bad.values(), *undecoded]
    count = len(images.names) - len(undecoded)
    drawn = f"drawn as the published sets of {request.hint_list}, seed {SEED}"
    facts = {"images": f"{count} of {request.images}"}
    if request.list_file:
        facts["list"] = request.list_file
    if 0 < request.max_images < images.whole:
        facts["taken evenly"] = f"{request.max_images} of {images.whole}"
    facts |= {
        "hints": str(request.hint_dir or drawn),
        "LPIPS": "not measured; --lpips does",
    }
    if settings.lpips is not None:
        facts["LPIPS"] = f"VGG16, weights of {settings.lpips.source}"
    if request.checkpoints:
        paths = [" = ".join(split_name(checkpoint)) for checkpoint in request.checkpoints]
        facts |= {"models": ", ".join(paths), "matrix products": dtype, "device": device_name()}
    facts["computed by"] = f"acolvit_jax {acolvit_jax.__version__}"
    if reasons:
        facts["left out"] = f"{len(reasons)} bad images: {'; '.join(reasons[:5])}"
    return facts


def _clicks(
    request: Request,
    source: ImageSource,
    names: Sequence[str],
    methods: Sequence[Method],
    scored: set[str],
) -> list[Clicked]:
    """Clicks on the images that were scored: as many as asked for, or those of before."""
    if not request.clicks:
        return kept_clicks(request.output, [method.name for method in methods], scored)
    file = ClickFile(request.output, request.clicks)
    indices = [i for i, name in enumerate(names) if name in scored]
    try:
        click_all(source, indices, methods, request.clicks, IMAGE_SIZE, file)
    finally:
        file.close()
    return [one.first(request.clicks) for one in file.done.values()]


def _keys(names: Sequence[str], counts: Sequence[int]) -> list[tuple[int, str]]:
    return [(count, name) for count in counts for name in names]


def _identity(
    request: Request, methods: Sequence[Method], images: HintedImages, settings: Settings
) -> dict[str, object]:
    """What the scores of a report depend on."""
    names, hints = images.names, images.hints
    return {
        "images": request.images,
        "names": hashlib.sha256(name_bytes("\n".join(names))).hexdigest(),
        "content": content_digest(images.source),
        "hints": hint_sets.digest({key: hints[key] for key in _keys(names, request.counts)}),
        "counts": list(request.counts),
        "contenders": {method.name: method.identity for method in methods},
        "lpips": settings.lpips.source if settings.lpips else None,
        "propagation": settings.propagation,
    }
