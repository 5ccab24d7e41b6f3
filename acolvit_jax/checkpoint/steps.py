"""Checkpoints of a run: Orbax, asynchronous and atomic, checked when they are read."""

from __future__ import annotations

import contextlib
import logging
import re
from pathlib import Path
from types import TracebackType

import jax
import orbax.checkpoint as ocp
from orbax.checkpoint.checkpoint_managers import preservation_policy

from acolvit_jax.checkpoint.checksums import checksums
from acolvit_jax.checkpoint.state import TrainState
from acolvit_jax.checkpoint.stored import leaf_names, one_copy, stored_checksums, stored_tree
from acolvit_jax.checkpoint.workdir import CHECKPOINTS
from acolvit_jax.common.distributed import agree, user_error_of
from acolvit_jax.common.errors import CheckpointError, DamagedError, UserError
from acolvit_jax.common.files import free_path
from acolvit_jax.common.json_lines import parse_object
from acolvit_jax.common.places import absolute
from acolvit_jax.common.reading import UnreadableError, patiently

KEEP_LATEST = 2
_SCORE = "score"  # the metric that "best" means: validation PSNR, mean over the hint counts

log = logging.getLogger(__name__)


def _score(metrics: dict[str, float]) -> float:
    return metrics[_SCORE]


class Checkpoints:
    """Saves and restores the state of a run in `WORKDIR/checkpoints`.

    The newest two steps and the best one are kept. Every leaf is stored with a checksum, for a
    damaged file can otherwise restore wrong numbers in silence.
    """

    def __init__(self, workdir: Path, *, read_only: bool = False) -> None:
        """Opens or makes the folder.

        Args:
            workdir: folder of the run.
            read_only: leave everything as it is: the run may be going on at this moment.
        """
        self._read_only = read_only
        self.folder = absolute(workdir) / CHECKPOINTS
        policy = preservation_policy.AnyPreservationPolicy(
            [
                preservation_policy.LatestN(KEEP_LATEST),
                preservation_policy.BestN(
                    get_metric_fn=_score, n=1, keep_checkpoints_without_metrics=False
                ),
            ]
        )
        options = ocp.CheckpointManagerOptions(
            create=not read_only,
            read_only=read_only,
            preservation_policy=None if read_only else policy,
            cleanup_tmp_directories=not read_only,
            # Without it the scores are not stored, and a restart forgets them.
            best_fn=_score,
        )
        self._drop_damaged_scores()
        self._manager = ocp.CheckpointManager(self.folder, options=options)

    def steps(self) -> list[int]:
        """Steps of the complete checkpoints, oldest first."""
        return sorted(self._manager.all_steps())

    def save(self, state: TrainState, data_state: dict[str, int], score: float | None) -> None:
        """Saves in the background; a step that is saved already is left alone.

        Args:
            state: of the run.
            data_state: position of the data, from the loader.
            score: validation score of these parameters, if they were scored.

        Raises:
            CheckpointError: if this save, or the one before, could not be written.
            PeerLostError: if another process of the run is gone.
        """
        step = int(state.step)
        if step in self._manager.all_steps():
            return
        meta = {"data": data_state, "checksums": checksums(state)}
        args = ocp.args.Composite(
            state=ocp.args.StandardSave(one_copy(stored_tree(state))), meta=ocp.args.JsonSave(meta)
        )
        metrics = None if score is None else {_SCORE: score}
        try:
            self._manager.save(step, args=args, metrics=metrics)
        except (OSError, ValueError) as error:
            raise self._unwritten(step, error) from error

    def wait(self) -> None:
        """Waits for the save under way.

        Raises:
            CheckpointError: if it could not be written.
        """
        try:
            self._manager.wait_until_finished()
            self._manager.check_for_errors()
        except (OSError, ValueError) as error:
            raise self._unwritten(None, error) from error

    def close(self) -> None:
        """Waits and lets go of the folder."""
        try:
            self.wait()
        finally:
            self._manager.close()

    def abandon(self) -> None:
        """Lets go of the folder after an error, whatever becomes of the save under way."""
        with contextlib.suppress(Exception):
            self._manager.wait_until_finished()
        with contextlib.suppress(Exception):
            self._manager.close()

    def __enter__(self) -> Checkpoints:
        """Goes on."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Closes."""
        self.close()

    def restore_latest(self, target: TrainState) -> tuple[TrainState, dict[str, int]] | None:
        """Reads the newest checkpoint that is whole.

        Damaged ones are named in one warning each, and the one before is used. Unless this is
        read-only, they are moved aside once another was read, and older ones that a kill after the
        last save has left are deleted.

        Args:
            target: shapes, dtypes and shardings of the state; one without `opt_state` reads
                parameters alone.

        Returns:
            The state and the data's position, or None if there is no checkpoint.

        Raises:
            CheckpointError: if there are checkpoints, but none is whole, or they are of another
                optimizer.
            UnreadableError: if the storage fails: nothing is taken for damaged then.
            ConfigError: if the processes of a run do not see the same checkpoints.
        """
        self._manager.reload()
        steps = self.steps()
        if not self._read_only:
            agree("their newest checkpoint", max(steps, default=-1))
        damaged: list[int] = []
        for step in reversed(steps):
            self._check_tree(step, target)
            try:
                restored = self._restore(step, target)
            except UnreadableError:
                raise
            except Exception as error:  # Orbax and tensorstore raise many kinds
                reason = _damage(error)
                log.warning(
                    "checkpoint %d cannot be read (%s); the one before is used", step, reason
                )
                damaged.append(step)
                continue
            if not self._read_only:
                self._move_aside(damaged)
                agree("the checkpoint that they could read", step)  # damaged ones are moved by then
                if damaged:
                    self._manager.reload()
                self._delete_left_over()
            return restored
        if steps:
            raise CheckpointError(
                f"none of the checkpoints in {self.folder} can be read; start in a new --workdir"
            )
        return None

    def restore(self, step: int, target: TrainState) -> tuple[TrainState, dict[str, int]]:
        """Reads the checkpoint of one step; else as `restore_latest`.

        Raises:
            CheckpointError: if there is none of that step, or it is not whole.
            UnreadableError: if the storage fails.
        """
        if step not in self.steps():
            raise CheckpointError(f"{self.folder} has the steps {self.steps()}, not {step}")
        self._check_tree(step, target)
        try:
            return self._restore(step, target)
        except UnreadableError:
            raise
        except Exception as error:  # as above
            raise DamagedError(f"checkpoint {step} cannot be read ({_damage(error)})") from error

    def _check_tree(self, step: int, target: TrainState) -> None:
        """Refuses a checkpoint that holds other arrays than are asked for.

        Raises:
            CheckpointError: names the first that differ; nothing is moved then.
        """
        try:
            folder = self.folder / str(step) / "state"
            found = ocp.PyTreeCheckpointer().metadata(folder).item_metadata.tree
            stored = leaf_names(found)
        except Exception:  # damaged: restoring says so
            return
        wanted = leaf_names(stored_tree(target))
        other = sorted(wanted - stored if target.opt_state is None else stored ^ wanted)
        if stored and other:
            raise CheckpointError(
                f"checkpoint {step} in {self.folder} was saved with another optimizer: "
                f"{len(other)} arrays differ, first {other[0]}; give the optimizer settings that "
                "the run began with, or start in a new --workdir with train.init_from"
            )

    def _restore(self, step: int, target: TrainState) -> tuple[TrainState, dict[str, int]]:
        tree = stored_tree(target)
        # A manager that restored a part this way cannot save: a run that goes on reads all.
        part = ocp.args.PyTreeRestore(
            tree,
            restore_args=ocp.checkpoint_utils.construct_restore_args(tree),
            partial_restore=True,
        )
        wanted = part if target.opt_state is None else ocp.args.StandardRestore(tree)
        args = ocp.args.Composite(state=wanted, meta=ocp.args.JsonRestore())
        where = f"checkpoint {step} in {self.folder}"
        restored = patiently(where, lambda: self._manager.restore(step, args=args))
        state = TrainState(**{"opt_state": None, "ema": None, **restored["state"]})
        meta = restored["meta"]
        if stored_checksums(meta["checksums"], state) != checksums(state):
            raise ValueError("its checksums do not match its arrays")
        return state, meta["data"]

    def _drop_damaged_scores(self) -> None:
        """Forgets scores that are damaged: Orbax refuses the whole folder for one.

        Raises:
            DamagedError: names the file, where this only reads.
        """
        for path in self.folder.glob("[0-9]*/metrics/metrics"):
            try:
                float(parse_object(patiently(str(path), path.read_bytes))[_SCORE])
            except FileNotFoundError:  # another process was first
                continue
            except (ValueError, TypeError, KeyError, OverflowError):
                if self._read_only:
                    raise DamagedError(
                        f"{path} is damaged; delete it: it holds no more than a score"
                    ) from None
                log.warning("%s is damaged and deleted; it held no more than a score", path)
                path.unlink(missing_ok=True)

    def _delete_left_over(self) -> None:
        """Deletes steps that the last save would have deleted, had it not been killed."""
        steps = self.steps()
        kept = {*steps[-KEEP_LATEST:], self._manager.best_step()}
        for step in steps:
            if step not in kept:
                self._manager.delete(step)

    def _move_aside(self, steps: list[int]) -> None:
        """Makes room for the steps to be saved again."""
        for step in steps if jax.process_index() == 0 else []:
            aside = self.folder.parent / f"damaged-checkpoint-{step}"
            (self.folder / str(step)).rename(free_path(aside))

    def _unwritten(self, step: int | None, error: Exception) -> UserError:
        if (user_error := user_error_of(error)) is not None:
            return user_error
        text = str(error)
        system = re.search(r"([^:\[\]]+) \[os_error_code", text)  # tensorstore's way to say it
        reason = system[1].strip() if system else text.split("\n", 1)[0][:200]
        last = max(self.steps(), default=None)
        what = "a checkpoint" if step is None else f"the checkpoint of step {step}"
        return CheckpointError(
            f"cannot write {what} in {self.folder}: {reason}; the last whole one is of step {last}"
        )


def _damage(error: Exception) -> str:
    """Why a checkpoint cannot be read, in a line.

    Raises:
        UserError: if the reason is not the checkpoint, but a lost peer or too little memory.
    """
    if (user_error := user_error_of(error)) is not None:
        raise user_error from error
    return str(error).split("\n", 1)[0][:200]
