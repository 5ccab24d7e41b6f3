"""Every setting and its default, once; those of training are in `training.py`.

These frozen dataclasses are what the code takes; `build.py` builds them from config files.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from acolvit_jax.common.errors import ConfigError
from acolvit_jax.config.checks import at_least, choose, keep_ratio
from acolvit_jax.config.training import OptimizerConfig, TrainConfig

HEADS = ("cnn", "linear")
AUTO_DTYPE = "auto"
DTYPES = ("float32", "bfloat16", AUTO_DTYPE)
HINT_COUNTS = ("uniform", "log-uniform")
WITH_PATH = ("folder", "records")  # data sets that lie where `data.path` says
DATASETS = ("sample", *WITH_PATH, "imagenet", "imagenette", "imagenette-320", "flowers", "birds")

PRETRAINED = "pretrained"  # name of the weights in the package


@dataclass(frozen=True)
class ModelConfig:
    """Architecture: A-ColViT, or with `gated=False` the dense iColoriT baseline.

    Attributes:
        width: embedding width D.
        depth: number of blocks.
        num_heads: attention heads A; must divide `width`.
        mlp_ratio: hidden width of the FFN over `width`.
        patch_size: side P of a patch, in pixels.
        image_size: side of the square image, in pixels; a multiple of `patch_size`.
        head: `cnn` (iColoriT's local stabilizing layer) or `linear`.
        gated: policy token and decision heads (A-ColViT); False is the dense baseline.
        rel_pos_bias: iColoriT's relative position bias; dense only.
        stochastic_depth: drop rate of the last sublayer in training, rising linearly from 0.
        any_budget: one model for every budget: the policy token is told the budget; gated only.
        smallest_budget: keep ratio that a model of any budget is trained from, and takes; the
            others do not read it.
        hint_size: side of a hint cell that the model is trained with, in pixels of its image;
            divides `patch_size`.
        dtype: of the matrix products; parameters, norms, softmax and losses stay float32. `auto` is
            the machine's faster one (`models/precision.py`); a run's config says which. How many
            bits `float32` products keep is XLA's choice: on TPU they are rounded to bfloat16, but
            for those of gates and colors, unless JAX_DEFAULT_MATMUL_PRECISION=float32 is set.
    """

    width: int = 192
    depth: int = 12
    num_heads: int = 3
    mlp_ratio: int = 4
    patch_size: int = 16
    image_size: int = 224
    head: str = "cnn"
    gated: bool = True
    rel_pos_bias: bool = False
    stochastic_depth: float = 0.0
    any_budget: bool = False
    smallest_budget: float = 0.1
    hint_size: int = 2
    dtype: str = "float32"

    def __post_init__(self) -> None:
        """Refuses architectures that cannot be built.

        Raises:
            ConfigError: names the field, its value and what is allowed.
        """
        choose("model.head", self.head, HEADS)
        choose("model.dtype", self.dtype, DTYPES)
        at_least(
            "model", self, 1, "width", "depth", "num_heads", "mlp_ratio", "patch_size", "image_size"
        )
        at_least("model", self, 1, "hint_size")
        if self.width % self.num_heads:
            raise ConfigError(f"model.num_heads={self.num_heads} must divide {self.width=}")
        if self.image_size % self.patch_size:
            raise ConfigError(f"model.patch_size={self.patch_size} must divide {self.image_size=}")
        if self.patch_size % self.hint_size:
            raise ConfigError(f"model.hint_size={self.hint_size} must divide {self.patch_size=}")
        keep_ratio("model.smallest_budget", self.smallest_budget)
        if not 0 <= self.stochastic_depth < 1:
            raise ConfigError(f"model.stochastic_depth={self.stochastic_depth} must be in [0, 1)")
        if self.any_budget and not self.gated:
            raise ConfigError("model.any_budget=True needs model.gated=True")
        if self.rel_pos_bias and self.gated:
            raise ConfigError(
                "model.rel_pos_bias=True needs model.gated=False (the dense baseline)"
            )

    @property
    def grid_size(self) -> int:
        """Patches along a side of the image."""
        return self.image_size // self.patch_size

    @property
    def num_tokens(self) -> int:
        """Tokens N of a whole image, the policy token included."""
        return self.grid_size**2 + int(self.gated)


@dataclass(frozen=True)
class DataConfig:
    """Where the photographs come from and what is done to each.

    Attributes:
        dataset: one of `DATASETS`.
        path: folder of images (`folder`), or of shards that `acolvit_jax.prepare` packed
            (`records`).
        list_file: optional text file, one image a line relative to `path` (`folder` only); one
            that is listed twice is drawn twice as often.
        validation_path: folder of the same kind for validation, of which nothing is trained on;
            empty holds out a part of `path`.
        data_dir: where TFDS data sets are prepared; empty is TFDS's own default.
        max_hints: hints of a training image are drawn from 0 to this many.
        hint_counts: `uniform`, or `log-uniform`: none, 1 to 2, 3 to 6 and 7 to 14 hints are all as
            likely.
        click_share: share of the training images whose hints are placed as a person's clicks are
            (`hints/clicks.py`); the others' are uniform over the image.
        click_exponent: of the squared distance of a color from grey or from the image's mean, to
            which the probability of a click is proportional.
        max_clicks: of such an image, whose number is log-uniform from 1; a window gets them all.
        flip: mirror half of the training images.
        aged_share: share of the training images whose lightness is changed as in scans and old
            prints (`data/augment.py`); the colors to learn stay the true ones.
        crop_scale_min: smallest area of the random resized crop, as a share of the photo's.
        window: train on windows of this many patches a side; 0 is whole images.
        skip_grey: leave out photographs with next to no color.
        num_threads: threads that prepare images; 0 is one a core, 16 at most.
        num_workers: processes that prepare images instead, with one thread each; -1 is one a core
            for accelerators, and none on CPU, where the model has the cores.
        prefetch: batches prepared ahead, at least one a thread; 256 whole images take 80 MB.
        device_side: photos are decoded once, made smaller until their short side has this many
            pixels, at least `model.image_size`, and stay on every device, which cuts, converts and
            hints them itself; 0 has the host do it. 20,000 squares of 224 take 3 GB.
    """

    dataset: str = "sample"
    path: str = ""
    list_file: str = ""
    validation_path: str = ""
    data_dir: str = ""
    max_hints: int = 128
    hint_counts: str = "uniform"
    click_share: float = 0.0
    click_exponent: float = 1.5
    max_clicks: int = 24
    flip: bool = False
    aged_share: float = 0.0
    crop_scale_min: float = 0.08
    window: int = 0
    skip_grey: bool = True
    num_threads: int = 0
    num_workers: int = -1
    prefetch: int = 4
    device_side: int = 0

    def __post_init__(self) -> None:
        """Refuses unknown data sets and ways to draw hints.

        Raises:
            ConfigError: names the field, its value and what is allowed.
        """
        choose("data.dataset", self.dataset, DATASETS)
        choose("data.hint_counts", self.hint_counts, HINT_COUNTS)
        if self.dataset in WITH_PATH and not self.path:
            raise ConfigError(
                f"data.dataset={self.dataset} needs a folder: add --config.data.path=DIR"
            )
        fields = {"folder": (), "records": ("list_file",)}
        misplaced = fields.get(self.dataset, ("path", "list_file", "validation_path"))
        given = [n for n in misplaced if getattr(self, n)]
        if given:
            raise ConfigError(
                f"data.{given[0]}={getattr(self, given[0])} is for a folder, but data.dataset="
                f"{self.dataset}; a folder's config is BUDGET,folder: configs/tiny.py:0.5,folder"
            )
        at_least("data", self, 1, "prefetch", "max_clicks")
        at_least("data", self, -1, "num_workers")
        at_least("data", self, 0, "max_hints", "num_threads", "click_exponent", "device_side")
        for name in ("click_share", "aged_share"):
            if not 0 <= getattr(self, name) <= 1:
                raise ConfigError(f"data.{name}={getattr(self, name)} must be in [0, 1]")
        if not 0 < self.crop_scale_min <= 1:
            raise ConfigError(f"data.crop_scale_min={self.crop_scale_min} must be in (0, 1]")


@dataclass(frozen=True)
class ValidationConfig:
    """The validation that training runs.

    Attributes:
        hints: numbers of hints K to score at.
        max_images: validation images scored, at most.
        batch_size: images a forward.
        budget: asked of a model of any budget; at least its smallest.
    """

    hints: tuple[int, ...] = (1, 10, 50)
    max_images: int = 100
    batch_size: int = 20
    budget: float = 0.5

    def __post_init__(self) -> None:
        """Refuses validations of nothing.

        Raises:
            ConfigError: names the field, its value and what is allowed.
        """
        at_least("validation", self, 1, "max_images", "batch_size")
        if not self.hints or min(self.hints) < 0:
            raise ConfigError(f"validation.hints={self.hints} must be numbers of hints, 0 or more")
        keep_ratio("validation.budget", self.budget)


@dataclass(frozen=True)
class MeshConfig:
    """Devices of a run.

    Attributes:
        fsdp: devices that parameters and optimizer state are split over; the others repeat them.
    """

    fsdp: int = 1

    def __post_init__(self) -> None:
        """Refuses meshes of nothing.

        Raises:
            ConfigError: names the field, its value and what is allowed.
        """
        at_least("mesh", self, 1, "fsdp")


@dataclass(frozen=True)
class Config:
    """A whole run.

    Attributes:
        name: of the run; the default work folder is `runs/NAME`.
    """

    name: str = "run"
    model: ModelConfig = field(default_factory=ModelConfig)
    data: DataConfig = field(default_factory=DataConfig)
    optimizer: OptimizerConfig = field(default_factory=OptimizerConfig)
    train: TrainConfig = field(default_factory=TrainConfig)
    validation: ValidationConfig = field(default_factory=ValidationConfig)
    mesh: MeshConfig = field(default_factory=MeshConfig)

    def __post_init__(self) -> None:
        """Refuses parts that do not fit each other.

        Raises:
            ConfigError: names the fields, their values and what is allowed.
        """
        if self.model.gated != (self.train.budget is not None):
            raise ConfigError(
                f"train.budget={self.train.budget} with model.gated={self.model.gated}: "
                "a gated model needs a budget, the dense baseline takes none"
            )
        if self.model.any_budget and self.train.budget != self.model.smallest_budget:
            raise ConfigError(
                f"train.budget={self.train.budget} and model.smallest_budget="
                f"{self.model.smallest_budget} must be the same for a model of any budget"
            )
        if self.model.any_budget and self.train.batch_size % self.train.budget_groups:
            raise ConfigError(
                f"train.budget_groups={self.train.budget_groups} must divide "
                f"train.batch_size={self.train.batch_size}"
            )
        if not 0 <= self.data.window <= self.model.grid_size:
            raise ConfigError(
                f"data.window={self.data.window} must be 0 (whole images) to "
                f"{self.model.grid_size} patches"
            )
        if 0 < self.data.device_side < self.model.image_size:
            raise ConfigError(
                f"data.device_side={self.data.device_side} must be at least model.image_size="
                f"{self.model.image_size}, or 0 (the host prepares images)"
            )
        cells = (self.model.image_size // self.model.hint_size) ** 2
        most = max(self.data.max_hints, *self.validation.hints)
        shown = ((self.data.window or self.model.grid_size) * self.model.patch_size) ** 2
        clicks = self.data.max_clicks if self.data.click_share else 0
        if clicks * self.model.hint_size**2 > shown:
            raise ConfigError(f"data.max_clicks={clicks} is more than an image or window has cells")
        if most > cells:
            raise ConfigError(
                f"model.hint_size={self.model.hint_size} must leave room for {most} hints; there "
                f"are {cells} cells"
            )
