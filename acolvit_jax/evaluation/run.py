"""One evaluation from its arguments to its report."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from acolvit_jax.common.errors import ConfigError, DataError
from acolvit_jax.common.names import name_bytes
from acolvit_jax.common.progress import Progress
from acolvit_jax.config import AUTO_DTYPE
from acolvit_jax.data.records import ImageSource, Part
from acolvit_jax.evaluation import click_report, gallery
from acolvit_jax.evaluation.click_scores import ClickFile, click_all
from acolvit_jax.evaluation.figures import save
from acolvit_jax.evaluation.finished import finished_methods
from acolvit_jax.evaluation.image_sets import (
    content_digest,
    image_names,
    open_images,
    take_evenly,
)
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
from acolvit_jax.evaluation.report import write_report
from acolvit_jax.evaluation.scores import ScoreFile
from acolvit_jax.evaluation.summary import summarize
from acolvit_jax.evaluation.throughput import measure_throughput
from acolvit_jax.hints import sets as hint_sets
from acolvit_jax.hints.files import HINT_COUNTS, SEED, write_hint_set
from acolvit_jax.models.precision import resolve_dtype


@dataclass(frozen=True)
class Request:
    """What to evaluate.

    Attributes:
        checkpoints: `NAME=PATH` or paths of models.
        budgets: to ask models of any budget for.
        baselines: names of baselines.
        images: a folder, `sample`, or `tfds:NAME`.
        list_file: text file of the images to take, empty takes all.
        hint_dir: folder of hint files, None draws the published sets.
        counts: numbers of hints K.
        output: folder of the report.
        data_dir: where TFDS data sets are prepared, empty is TFDS's own default.
        lpips: also LPIPS.
        propagation: also the hint propagation range.
        throughput: also Table 2.
        skip_bad: leave out images that do not decode.
        max_images: take at most so many, spread evenly; 0 takes all.
        hint_list: whose published sets are drawn, a key of `HINT_COUNTS`.
        finished: also each model as people see it, hints kept, each with its reach.
        clicks: also so many clicks, one after the other where the result is worst; 0 is none.
        dtype: of the models' matrix products: `float32`, `bfloat16` or `auto`.
    """

    checkpoints: tuple[str, ...]
    budgets: tuple[float, ...]
    baselines: tuple[str, ...]
    images: str
    list_file: str
    hint_dir: Path | None
    counts: tuple[int, ...]
    output: Path
    data_dir: str = ""
    lpips: bool = False
    propagation: bool = False
    throughput: bool = False
    skip_bad: bool = False
    max_images: int = 0
    hint_list: str = "acolvit"
    finished: bool = False
    clicks: int = 0
    dtype: str = AUTO_DTYPE


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
    whole = open_images(request.images, request.list_file, request.data_dir)
    source = take_evenly(whole, request.max_images)
    names = image_names(source)
    bad: dict[str, str] = {}
    if request.hint_dir is None:
        # Over all images: the points of each depend on the others.
        hints = hint_sets.drawn_hints(
            image_names(whole), request.counts, IMAGE_SIZE, request.hint_list
        )
    else:
        hints, bad = hint_sets.read_hints(
            request.hint_dir, names, request.counts, IMAGE_SIZE, skip_bad=request.skip_bad
        )
        source = Part(source, [i for i, name in enumerate(names) if name not in bad])
        names = image_names(source)
    total_images = len(names) + len(bad)
    settings = Settings(
        counts=request.counts,
        image_size=IMAGE_SIZE,
        lpips=load_lpips() if request.lpips else None,
        propagation=request.propagation,
        skip_bad=request.skip_bad,
    )
    file = ScoreFile(request.output, _identity(request, methods, source, names, hints, settings))
    total = len(names) * len(request.counts) * len(methods)
    with Progress(total, done=len(file.scores)) as progress:
        try:
            undecoded = score_images(source, names, hints, methods, settings, file, progress)
        finally:
            file.close()
    reasons = [*bad.values(), *undecoded]
    facts = {
        "images": f"{total_images - len(reasons)} of {request.images}",
        "hints": str(
            request.hint_dir or f"drawn as the published sets of {request.hint_list}, seed {SEED}"
        ),
    }
    facts["LPIPS"] = "not measured; --lpips does"
    if settings.lpips is not None:
        facts["LPIPS"] = f"VGG16, weights of {settings.lpips.source}"
    if reasons:
        facts["left out"] = f"{len(reasons)} bad images: {'; '.join(reasons[:5])}"
    scores = list(file.scores.values())
    if not scores:
        raise DataError(f"none of the {len(names)} images of {request.images} could be scored")
    summaries = summarize(scores, [method.name for method in methods])
    paper = published_for(f"{request.images} {request.list_file}")
    drawn = gallery.draw_all(
        request.output,
        source,
        names,
        hints,
        methods,
        request.counts,
        summaries,
        scores,
        IMAGE_SIZE,
        paper,
    )
    clicked = _click(request, source, names, methods, {score.image for score in scores})
    if clicked:
        figure = click_report.click_figure(clicked)
        drawn[save(figure, request.output, "clicks")] = (
            "Mean PSNR by number of clicks, and what the first is worth, photo by photo."
        )
    rates: dict[str, float] = {}
    if request.throughput:
        for checkpoint, made in zip(request.checkpoints, by_model, strict=True):
            rates |= measure_throughput(split_name(checkpoint)[1], made, dtype)
    write_report(request.output, facts, summaries, scores, drawn, rates, paper, clicked)
    return request.output / "report.md"


def _click(
    request: Request,
    source: ImageSource,
    names: Sequence[str],
    methods: Sequence[Method],
    scored: set[str],
) -> list[click_report.ClickSummary]:
    """Clicks on the images that were scored; nothing if no clicks are asked for."""
    if not request.clicks:
        return []
    file = ClickFile(request.output, request.clicks)
    indices = [i for i, name in enumerate(names) if name in scored]
    try:
        click_all(source, indices, methods, request.clicks, IMAGE_SIZE, file)
    finally:
        file.close()
    chosen = [c.name for c in methods]
    return click_report.summarize_clicks(file.done.values(), chosen, request.clicks)


def _keys(names: Sequence[str], counts: Sequence[int]) -> list[tuple[int, str]]:
    return [(count, name) for count in counts for name in names]


def _identity(
    request: Request,
    methods: Sequence[Method],
    source: ImageSource,
    names: Sequence[str],
    hints: hint_sets.HintSet,
    settings: Settings,
) -> dict[str, object]:
    """What the scores of a report depend on."""
    return {
        "images": request.images,
        "names": hashlib.sha256(name_bytes("\n".join(names))).hexdigest(),
        "content": content_digest(source),
        "hints": hint_sets.digest({key: hints[key] for key in _keys(names, request.counts)}),
        "counts": list(request.counts),
        "contenders": {method.name: method.identity for method in methods},
        "lpips": settings.lpips.source if settings.lpips else None,
        "propagation": settings.propagation,
    }
