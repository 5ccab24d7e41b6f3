"""Configs: every one loads, every field is read, bad values are refused."""

import ast
import dataclasses
import runpy
from pathlib import Path

import pytest

from acolvit_jax.common.errors import ConfigError
from acolvit_jax.config import DATASETS, WITH_PATH, Config, ModelConfig
from acolvit_jax.config.build import from_config_dict, to_config_dict
from acolvit_jax.config.training import OptimizerConfig
from acolvit_jax.models.params import param_count, param_shapes

ROOT = Path(__file__).resolve().parents[2]
PARAMETERS = {"tiny": 6_423_320, "small": 23_462_936, "base": 89_392_664}


def load(size, arg=None):
    return runpy.run_path(str(ROOT / "configs" / f"{size}.py"))["get_config"](arg)


@pytest.mark.parametrize("size", PARAMETERS)
def test_every_size_has_its_parameters(size):
    config = from_config_dict(load(size))
    assert param_count(param_shapes(config.model)) == PARAMETERS[size]
    assert config.train.budget == 0.5
    assert config.data.dataset == "sample"
    told = runpy.run_path(str(ROOT / "configs" / f"{size}.py"))["__doc__"]
    assert [name for name in DATASETS if f"`{name}`" not in told] == []


@pytest.mark.parametrize("dataset", DATASETS)
@pytest.mark.parametrize("budget", ["0.9", "0.7", "0.5", "0.3", "dense", "any"])
def test_every_recipe_loads(budget, dataset):
    values = load("tiny", f"{budget},{dataset}")
    if dataset in WITH_PATH:
        values.data.path = "somewhere"
    config = from_config_dict(values)
    assert config.data.dataset == dataset
    assert config.model.gated == (budget != "dense")
    assert config.model.any_budget == (budget == "any")
    starts_from_dense = config.model.gated and dataset == "sample"
    falling = starts_from_dense or budget == "any"
    assert config.train.gate_noise == ("falling" if falling else "constant")
    assert config.train.init_from == ("pretrained-dense" if starts_from_dense else "")
    assert config.train.teacher == config.train.init_from
    assert config.name == f"tiny-{budget}-{dataset}"


@pytest.mark.parametrize("size", ["small", "base"])
def test_sizes_without_dense_weights_start_from_nothing(size):
    assert from_config_dict(load(size, "0.5")).train.init_from == ""


@pytest.mark.parametrize("stage", ["dense", "any"])
def test_the_recipe_of_the_released_weights_loads(stage):
    values = load("released", stage)
    values.data.path = "somewhere"
    config = from_config_dict(values)
    assert config.name == f"released-{stage}"
    assert config.model.gated == config.model.any_budget == (stage == "any")
    assert 0 < config.data.click_share < 1


def test_the_imagenet_recipe_is_the_papers():
    config = from_config_dict(load("tiny", "0.5,imagenet"))
    assert config.train.steps * config.train.batch_size == pytest.approx(25 * 1_281_167, rel=1e-4)
    assert config.optimizer == OptimizerConfig(
        learning_rate=5e-4, floor=1e-5, warmup=3 / 25, weight_decay=0.05, b1=0.9, b2=0.95
    )
    assert config.train.huber_delta == 0.01


def test_a_config_survives_its_dict():
    config = from_config_dict(load("tiny", "0.3,flowers"))
    assert from_config_dict(to_config_dict(config)) == config


SECTIONS = {field.name: field.default_factory for field in dataclasses.fields(Config)}
SECTIONS = {name: kind for name, kind in SECTIONS.items() if dataclasses.is_dataclass(kind)}
KINDS = {kind.__name__: kind for kind in (Config, *SECTIONS.values())}


class Reads(ast.NodeVisitor):
    """Fields that a module reads of the config, found by the types that its code states."""

    def __init__(self, tree):
        self.found = set()
        self.own, self.local = {}, {}
        self.visit(tree)

    def visit_ClassDef(self, node):
        """Annotated attributes, and those that methods take from annotated arguments."""
        before, self.own = self.own, {}
        for item in ast.walk(node):
            if isinstance(item, ast.AnnAssign) and isinstance(item.target, ast.Name):
                self.own[item.target.id] = KINDS.get(ast.unparse(item.annotation))
        init = next((n for n in node.body if getattr(n, "name", "") == "__init__"), None)
        for name, kind in arguments(init).items() if init else ():
            for item in ast.walk(init):
                if isinstance(item, ast.Assign) and ast.unparse(item.value) == name:
                    self.own[item.targets[0].attr] = kind
        self.generic_visit(node)
        self.own = before

    def visit_FunctionDef(self, node):
        before, self.local = self.local, self.local | arguments(node)
        self.generic_visit(node)
        self.local = before

    def visit_Assign(self, node):
        self.generic_visit(node)
        targets, values = [node.targets[0]], [node.value]
        if isinstance(targets[0], ast.Tuple) and isinstance(values[0], ast.Tuple):
            targets, values = targets[0].elts, values[0].elts
        for target, value in zip(targets, values, strict=False):
            if isinstance(target, ast.Name):
                self.local[target.id] = self.kind(value)

    def visit_Attribute(self, node):
        self.generic_visit(node)
        if (kind := self.kind(node.value)) is not None:
            self.found.add((kind, node.attr))

    def kind(self, node):
        """The config's class that an expression is of, None if it is of none."""
        if isinstance(node, ast.Name):
            return self.local.get(node.id)
        if not isinstance(node, ast.Attribute):
            return None
        if ast.unparse(node.value) == "self" and node.attr in self.own:
            return self.own[node.attr]
        if node.attr == "config" and self.kind(node.value) is None:
            return {"self.run": Config, "run": Config}.get(ast.unparse(node.value))
        return SECTIONS.get(node.attr) if self.kind(node.value) is Config else None


def arguments(function):
    """Classes of the arguments that are annotated as the config or a section of it."""
    given = [*function.args.args, *function.args.kwonlyargs]
    kinds = {a.arg: KINDS.get(ast.unparse(a.annotation)) for a in given if a.annotation}
    return {name: kind for name, kind in kinds.items() if kind}


def test_every_field_is_read_somewhere():
    """A setting that no code reads is a lie to whoever sets it."""
    read = set()
    for path in (ROOT / "acolvit_jax").rglob("*.py"):
        if "config" not in path.parts:
            read |= Reads(ast.parse(path.read_text())).found
    fields = {(kind, f.name) for kind in SECTIONS.values() for f in dataclasses.fields(kind)}
    unread = {f"{kind.__name__}.{name}" for kind, name in fields - read}
    assert not unread


def test_a_field_that_only_shares_a_name_is_not_read():
    source = "def f(config: ModelConfig, other: Other):\n    return config.width, other.depth"
    assert Reads(ast.parse(source)).found == {(ModelConfig, "width")}


BAD = {
    "model.num_heads": {"model": {"num_heads": 5}},
    "model.patch_size": {"model": {"patch_size": 15}},
    "model.head": {"model": {"head": "mlp"}},
    "model.dtype": {"model": {"dtype": "float16"}},
    "train.budget": {"train": {"budget": 0.0}},
    "train.steps": {"train": {"steps": 0}},
    "data.window": {"data": {"window": 15}},
    "model.hint_size": {"model": {"hint_size": 3}},
    "model.smallest_budget": {"model": {"smallest_budget": 0.0}},
    "smallest_budget=0.1 must be the same": {
        "model": {"any_budget": True},
        "train": {"budget": 0.3},
    },
    "data.dataset": {"data": {"dataset": "cifar"}},
    "optimizer.ema": {"optimizer": {"ema": 1.0}},
    "config.train.stepz": {"train": {"stepz": 1}},
    "model.depth": {"model": {"depth": 0}},
    "model.rel_pos_bias": {"model": {"rel_pos_bias": True}},
    "data.max_hints": {"data": {"max_hints": -1}},
    "data.hint_counts": {"data": {"hint_counts": "many"}},
    "data.num_threads": {"data": {"num_threads": -1}},
    "data.path": {"data": {"dataset": "sample", "path": "somewhere"}},
    "data.validation_path": {"data": {"dataset": "imagenet", "validation_path": "somewhere"}},
    "train.micro_batch": {"train": {"micro_batch": -2}},
    "train.gate_noise": {"train": {"gate_noise": "loud"}},
    "train.loss": {"train": {"loss": "l3"}},
    "train.regret_weight=-1": {"train": {"regret_weight": -1.0, "correct_one_in": 8}},
    "train.regret_weight=2.0 needs train": {"train": {"regret_weight": 2.0}},
    "train.regret_weight=2.0 needs a dense": {"train": {"regret_weight": 2.0, "correct_one_in": 8}},
    "optimizer.learning_rate": {"optimizer": {"learning_rate": -1.0}},
    "optimizer.learning_rate=nan": {"optimizer": {"learning_rate": float("nan")}},
    "optimizer.floor=1e-05 is above optimizer.learning_rate=1e-06": {
        "optimizer": {"learning_rate": 1e-6}
    },
    "optimizer.weight_decay=inf": {"optimizer": {"weight_decay": float("inf")}},
    "train.huber_delta=nan": {"train": {"huber_delta": float("nan")}},
    "data.click_exponent=nan": {"data": {"click_exponent": float("nan")}},
    "mesh.fsdp=-3": {"mesh": {"fsdp": -3}},
    "validation.hints": {"validation": {"hints": ()}},
    "validation.batch_size": {"validation": {"batch_size": 0}},
    "room for 20000 hints": {"validation": {"hints": (20_000,)}},
    "gated model needs a budget": {"train": {"budget": None}},
    "train.seed=4294967296 must be at most 4294967295": {"train": {"seed": 2**32}},
    "train.steps=2147483648 must be at most": {"train": {"steps": 2**31}},
    "data.max_clicks=24 is more": {
        "model": {"hint_size": 16},
        "data": {"window": 4, "click_share": 0.1},
    },
    "data.device_side=223 must be at least": {"data": {"device_side": 223}},
}


def test_largest_values_are_taken():
    train = {"seed": 2**32 - 1, "steps": 2**31 - 1}
    assert from_config_dict({"train": train}).train.seed == train["seed"]
    clicks = {"window": 4, "click_share": 0.1, "max_clicks": 16}
    assert from_config_dict({"model": {"hint_size": 16}, "data": clicks}).data.max_clicks == 16


def test_a_learning_rate_may_stay_at_its_peak():
    for rate in (0.0, 1e-6):
        kept = from_config_dict({"optimizer": {"learning_rate": rate, "floor": rate}})
        assert (kept.optimizer.learning_rate, kept.optimizer.floor) == (rate, rate)


def test_clicks_that_nobody_places_need_no_cells():
    few = {"model": {"hint_size": 16}, "data": {"window": 4}}
    assert from_config_dict(few).data.click_share == 0


@pytest.mark.parametrize("named", BAD)
def test_bad_values_are_named(named):
    with pytest.raises(ConfigError, match=named.replace(".", r"\.")):
        from_config_dict(BAD[named])
