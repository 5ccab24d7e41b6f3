"""The settings of training: the optimizer, and how long and in what batches."""

from __future__ import annotations

from dataclasses import dataclass

from acolvit_jax.common.errors import ConfigError
from acolvit_jax.config.checks import at_least, at_most, choose, keep_ratio

OPTIMIZERS = ("adamw", "muon")
GATE_NOISE = ("constant", "falling", "none")
LOSSES = ("huber", "psnr")
LARGEST_STEP = 2**31 - 1  # a state counts its steps in 32 bits
LARGEST_SEED = 2**32 - 1  # JAX's keys take 32 bits: a larger one would be as one of these


@dataclass(frozen=True)
class OptimizerConfig:
    """AdamW with warm-up and cosine decay (docs/reference.md, "Training recipe"), or Muon.

    Attributes:
        name: `adamw`, or `muon`: the matrices of the blocks by Muon, scaled so that AdamW's
            learning rates fit, all else by AdamW.
        learning_rate: peak of the schedule.
        floor: learning rate at the end, at most the peak.
        warmup: share of the steps over which the rate rises from 0.
        weight_decay: on parameters of two or more dimensions; with Muon on its matrices alone.
        b1: decay of the first moment.
        b2: decay of the second moment.
        grad_clip: largest norm of the whole gradient; 0 does not clip.
        ema: decay of the averaged parameters that evaluation uses; 0 keeps none.
    """

    name: str = "adamw"
    learning_rate: float = 5e-4
    floor: float = 1e-5
    warmup: float = 0.12
    weight_decay: float = 0.05
    b1: float = 0.9
    b2: float = 0.95
    grad_clip: float = 0.0
    ema: float = 0.0

    def __post_init__(self) -> None:
        """Refuses unknown optimizers, shares outside their range and a floor above the peak.

        Raises:
            ConfigError: names the field, its value and what is allowed.
        """
        choose("optimizer.name", self.name, OPTIMIZERS)
        at_least("optimizer", self, 0, "learning_rate", "floor", "weight_decay", "grad_clip")
        for name in ("warmup", "b1", "b2", "ema"):
            if not 0 <= getattr(self, name) < 1:
                raise ConfigError(f"optimizer.{name}={getattr(self, name)} must be in [0, 1)")
        if self.floor > self.learning_rate > 0:  # at a peak of 0 it counts for nothing
            raise ConfigError(
                f"optimizer.floor={self.floor} is above optimizer.learning_rate="
                f"{self.learning_rate}, the peak; give a smaller --config.optimizer.floor"
            )


@dataclass(frozen=True)
class TrainConfig:
    """How long to train, in what batches, and how often to look.

    Attributes:
        steps: optimizer steps of the whole run.
        batch_size: images a step, over all devices.
        remat: compute a block's activations again in the backward pass instead of keeping them:
            less memory, a third more work. The result does not depend on it.
        micro_batch: images that a device computes at once, a photo at two budgets being two; 0 is
            four on CPU, where that is fastest, and all elsewhere. The result does not depend on it.
        budget: keep ratio beta that the sparsity loss asks for; None for the dense baseline. For
            a model of any budget the smallest: every photo is trained at two budgets between it
            and 1 (`training/budgets.py`).
        budget_groups: parts of a batch that each get two budgets of their own, a low and a high
            one; a part is photos with about as many hints, and they are compared. For a model of
            any budget only.
        budget_spread: how far the photos of a part are asked to differ in their compute: standard
            deviation of the keep ratio at a budget of 1/2. For a model of any budget only.
        gate_noise: of the decisions over the run: `constant` (the paper), `falling` to none after
            60% of the steps, or `none`.
        sparsity_weight: of the sparsity loss.
        loss: on colors: `huber` (the paper), or `psnr`: a decibel of any photo counts about the
            same, whatever its error. For a short last run from a trained model (`init_from`); what
            `sparsity_weight` fits is in docs/training.md.
        huber_delta: where the Huber loss turns from square to linear. It also says how far colors
            move with the budget, for a model of any budget.
        teacher: model whose colors are learned instead of the photos' own (`training/teacher.py`):
            a run, weights, or `pretrained-dense`; empty is none. It is read again on a resume. In
            decibels the photos' own say how much that matters.
        correct_one_in: one image of so many, over several batches where it does not divide one,
            gets further hints where the model itself errs most, as a person adds them
            (`training/corrections.py`); 0 is none.
        regret_weight: of what those hints make worse (`training/losses.py`), in the units of
            `loss=psnr` and against the photos whatever is learned; it needs `correct_one_in` and a
            dense model: one that skips gets worse by a smaller budget too.
        init_from: model to take parameters from: a run, weights, `pretrained` or
            `pretrained-dense`; empty starts from nothing.
        seed: of parameters, data order, crops, hints and gate noise.
        log_every: steps between lines of the log.
        eval_every: steps between validations.
        checkpoint_every: steps between checkpoints.
    """

    steps: int = 1000
    batch_size: int = 32
    micro_batch: int = 0
    remat: bool = False
    budget: float | None = 0.5
    budget_groups: int = 4
    budget_spread: float = 0.14
    gate_noise: str = "constant"
    sparsity_weight: float = 1.0
    loss: str = "huber"
    huber_delta: float = 0.01
    teacher: str = ""
    correct_one_in: int = 0
    regret_weight: float = 0.0
    init_from: str = ""
    seed: int = 0
    log_every: int = 50
    eval_every: int = 1000
    checkpoint_every: int = 1000

    def __post_init__(self) -> None:
        """Refuses budgets outside (0, 1], counts below 1 and numbers of too many bits.

        Raises:
            ConfigError: names the field, its value and what is allowed.
        """
        if self.budget is not None:
            keep_ratio("train.budget", self.budget)
        choose("train.gate_noise", self.gate_noise, GATE_NOISE)
        choose("train.loss", self.loss, LOSSES)
        names = ("steps", "batch_size", "budget_groups")
        at_least("train", self, 1, *names, "log_every", "eval_every", "checkpoint_every")
        at_least("train", self, 0, "micro_batch", "correct_one_in", "seed")
        at_least("train", self, 0, "budget_spread", "sparsity_weight", "regret_weight")
        if self.regret_weight and not self.correct_one_in:
            raise ConfigError(
                f"train.regret_weight={self.regret_weight} needs train.correct_one_in above 0"
            )
        if self.regret_weight and self.budget is not None:
            raise ConfigError(
                f"train.regret_weight={self.regret_weight} needs a dense model, and "
                f"train.budget={self.budget} is of one that skips; leave the weight at 0"
            )
        at_most("train", self, LARGEST_STEP, "steps")
        at_most("train", self, LARGEST_SEED, "seed")
        if not 0 < self.huber_delta < float("inf"):
            raise ConfigError(f"train.huber_delta={self.huber_delta} must be above 0")
