"""The loop: steps, log, validation, checkpoints, and how a run ends."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jax
import numpy as np

from acolvit_jax.checkpoint.workdir import check_workdir, write_config
from acolvit_jax.common.distributed import user_error_of
from acolvit_jax.common.errors import UserError
from acolvit_jax.common.progress import Progress
from acolvit_jax.config import Config
from acolvit_jax.photo import images
from acolvit_jax.training.bucket_lock import HeldError
from acolvit_jax.training.divergence import check_finite
from acolvit_jax.training.feed import Feed
from acolvit_jax.training.metrics_log import MetricsLog
from acolvit_jax.training.preemption import PreemptedError, StopSignal
from acolvit_jax.training.profiling import Profiler, memory_estimate
from acolvit_jax.training.run_lock import holding, unquestioned
from acolvit_jax.training.setup import Run, set_up
from acolvit_jax.training.validation import Validation

INPUT_BOUND = 0.1  # share of the time in which steps wait for data that is worth a warning


@dataclass(frozen=True)
class Result:
    """How a finished run ended.

    Attributes:
        steps: that were done in all.
        validation: scores of the last parameters.
        checkpoint: folder of the last checkpoint.
        picture: path of the last picture grid.
    """

    steps: int
    validation: Validation
    checkpoint: Path
    picture: Path


def train(config: Config, workdir: Path, profile: tuple[int, int] | None = None) -> Result:
    """Trains, or goes on training, until `config.train.steps` steps are done.

    Args:
        config: of the run.
        workdir: its folder; a run that began there goes on where it was.
        profile: first and last step of a trace, None for none.

    Returns:
        Scores and paths.

    Raises:
        UserError: for data, devices or a folder that do not fit.
        DivergedError: if the loss is not finite; the last good checkpoint is kept.
        PreemptedError: after SIGTERM or Ctrl-C; the state is saved.
        PeerLostError: if another process of the run is gone.
        OutOfMemoryError: if a step does not fit the devices.
    """
    try:
        first = jax.process_index() == 0
        check_workdir(workdir, config)
        with holding(workdir) if first else contextlib.nullcontext(unquestioned) as check_held:
            return _train(config, workdir, profile, check_held)
    except (ValueError, jax.errors.JaxRuntimeError) as error:
        if (user_error := user_error_of(error)) is None:
            raise
        raise user_error from error


def _train(
    config: Config,
    workdir: Path,
    profile: tuple[int, int] | None,
    check_held: Callable[[], None],
) -> Result:
    """`train`, with the errors of devices and other processes as they come."""
    first = jax.process_index() == 0
    changes = check_workdir(workdir, config)
    run = set_up(config, workdir)
    done = int(run.state.step)
    if first:
        write_config(workdir, config)
        for line in run.notes + [f"changed since the last start: {change}" for change in changes]:
            print(line, flush=True)
    log = MetricsLog(workdir, done) if first else None
    quiet = not first
    profiler = Profiler(workdir, profile)
    if first and (note := profiler.note(done)):
        print(note, flush=True)
    with StopSignal() as stop, Progress(config.train.steps, done=done, quiet=quiet) as progress:
        loop = _Loop(run, workdir, log, progress, stop, profiler, check_held)
        try:
            return loop.run_all()
        except HeldError:
            run.checkpoints.abandon()
            if log is not None:
                log.leave()
                log = None
            raise
        except BaseException:
            run.checkpoints.abandon()
            raise
        finally:
            profiler.stop()
            loop.feed.close()
            if log is not None:
                log.close()


class _Loop:
    """The state of the loop that is not the run's: the clock, and metrics not yet looked at."""

    def __init__(
        self,
        run: Run,
        workdir: Path,
        log: MetricsLog | None,
        progress: Progress,
        stop: StopSignal,
        profiler: Profiler,
        check_held: Callable[[], None],
    ) -> None:
        self.run = run
        self.workdir = workdir
        self.log = log
        self.progress = progress
        self.stop = stop
        self.profiler = profiler
        self.check_held = check_held
        self.feed = Feed(run.loader, run.mesh)
        self._program: Any = None
        self._metrics: dict[str, jax.Array] = {}  # of the newest step
        # The first stretch waits for the pipeline to fill.
        self._first_logged = int(run.state.step) + run.config.train.log_every
        self._reset_clock()

    def run_all(self) -> Result:
        """Does the steps that are left."""
        settings = self.run.config.train
        validation: Validation | None = None
        for step in range(int(self.run.state.step) + 1, settings.steps + 1):
            previous = self._metrics
            with self._saving("the input"):
                self._step(step)
            self.check_held()
            # The step before is looked at while this one runs, so that devices never wait.
            self._check_finite(step - 1, previous)
            last = step == settings.steps
            if step % settings.log_every == 0 or last:
                self._check_finite(step, self._metrics)
                self._log_training(step, self._metrics)
            validation = None
            if step % settings.eval_every == 0 or last:
                self._check_finite(step, self._metrics)
                with self._saving("the validation"):
                    validation = self._validate(step)
            stopping = self.stop.after(step)
            if step % settings.checkpoint_every == 0 or last or stopping:
                self._check_finite(step, self._metrics)
                self._save(validation)
            if stopping and not last:
                self.run.checkpoints.wait()
                message = f"asked to stop; saved after step {step}, run again to go on"
                raise PreemptedError(message, self.stop.received)
        done = int(self.run.state.step)
        if validation is None:  # the run was complete already
            validation = self._validate(done)
        self.run.checkpoints.close()
        folder = self.run.checkpoints.folder / str(done)
        return Result(done, validation, folder, self._picture_path(done))

    def _step(self, step: int) -> None:
        """One optimizer step; the batch of the next goes to the devices meanwhile."""
        self.profiler.before(step)
        batch = self.feed.take()
        if self.run.transform is not None:
            batch = self.run.transform(batch)
        if self.run.correct is not None:
            batch = self.run.correct(self.run.state.params, batch, step)
        batch = self.run.draw(batch)
        if self.run.teach is not None:
            batch = self.run.teach(batch)
        if self._program is None:
            self._compile(batch)
        self.run.state, self._metrics = self._program(self.run.state, batch)
        if step < self.run.config.train.steps:
            self.feed.fetch(self._metrics)
        traced = self.profiler.after(step, self._metrics)
        if traced:
            self.progress.say(traced)
        self._images += self.run.config.train.batch_size
        self.progress.advance()

    def _compile(self, batch: Any) -> None:
        """Compiles the step; the time that it takes is told and belongs to no step."""
        self.progress.say("compiling the step, which comes before the first")
        start = time.perf_counter()
        self._program = self.run.step.lower(self.run.state, batch).compile()
        seconds = time.perf_counter() - start
        self.progress.say(f"compiled in {seconds:.0f} s; {memory_estimate(self._program)}")
        self.progress.restart_clock()
        self._reset_clock()

    def _reset_clock(self) -> None:
        self._start = time.perf_counter()
        self.feed.waited = 0.0
        self._images = 0

    def _log_training(self, step: int, metrics: dict[str, jax.Array]) -> None:
        """Writes a line of the record and shows where the run is."""
        values = {name: np.asarray(value).tolist() for name, value in metrics.items()}
        values["keep_ratio"] = float(np.mean(values["keep"]))
        elapsed = time.perf_counter() - self._start
        values["images_per_second"] = self._images / elapsed
        values["input_wait"] = self.feed.waited / elapsed
        values["skipped_corrupt"] = len(self.run.loader.skips.corrupt)
        values["skipped_grey"] = len(self.run.loader.skips.grey)
        self._reset_clock()
        if self.log is not None:
            self.log.write(step, values)
        parts = [f"{values['over_grey']:+.2f} dB over grey, loss {values['loss']:.4f}"]
        if "sparsity" in values:
            parts.append(f"keep {values['keep_ratio']:.3f}")
        parts.append(f"{values['images_per_second']:.1f} images/s")
        if values["input_wait"] > INPUT_BOUND and step > self._first_logged:
            wait = f"{values['input_wait']:.0%} of the time waiting"
            parts.append(f"input is the bottleneck ({wait}; {self.run.loader.advice()})")
        skips = self.run.loader.skips
        if skips.corrupt or skips.grey:
            parts.append(str(skips))
        self.progress.say(", ".join(parts))

    @contextlib.contextmanager
    def _saving(self, what: str) -> Iterator[None]:
        """Saves the parameters where something beside the steps fails.

        Not by one of many processes: a save needs them all, and the others go on.

        Raises:
            UserError: why it failed.
        """
        try:
            yield
        except UserError:
            if jax.process_count() == 1 and self._metrics:
                done = int(self.run.state.step)
                self._check_finite(done, self._metrics)
                self._save(None)
                self.run.checkpoints.wait()
                self.progress.say(f"{what} failed; saved after step {done}")
            raise

    def _validate(self, step: int) -> Validation:
        """Scores the parameters and draws the picture grid."""
        validation = self.run.validate(self.run.state.eval_params)
        self.check_held()
        if self.log is not None and not self.log.has_validation(step):
            self.log.write(step, validation.scalars())
        if self.log is not None and validation.picture is not None:
            self.log.picture(step, "validation", validation.picture)
            path = self._picture_path(step)
            images.write_image(path, validation.picture)
        self.progress.say(f"validation: {validation}")
        self._reset_clock()
        return validation

    def _check_finite(self, step: int, metrics: dict[str, jax.Array]) -> None:
        """Stops a run that diverged; the metrics of a step that this start did not do are empty."""
        if metrics:
            check_finite(step, metrics, self.run.checkpoints)

    def _picture_path(self, step: int) -> Path:
        return self.workdir / "pictures" / f"step_{step:07d}.png"

    def _save(self, validation: Validation | None) -> None:
        self.check_held()  # nothing is written where another run goes on
        score = None if validation is None else validation.score
        self.run.checkpoints.save(self.run.state, self.feed.position(), score)
        if self.log is not None:
            self.log.flush()
