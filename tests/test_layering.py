"""The direction of the imports: lower layers never know upper ones."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "acolvit_jax"
# Each row may import from its own and earlier rows.
LAYERS = (
    {"common", "assets"},
    {"config"},
    {"photo"},
    {"hints"},
    {"models", "data"},
    {"checkpoint"},
    {"training", "inference"},
    {"evaluation"},
    {"demo"},
    {"train", "evaluate", "colorize", "benchmark", "convert", "serve", "prepare", "__init__"},
    {"__main__"},
)
ROW = {name: i for i, names in enumerate(LAYERS) for name in names}


def part(module: str) -> str:
    return module.split(".")[1] if "." in module else "__init__"


def imports(path: Path):
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            if node.module == "acolvit_jax":
                yield from (f"acolvit_jax.{alias.name}" for alias in node.names)
            elif node.module.startswith("acolvit_jax."):
                yield node.module
        elif isinstance(node, ast.Import):
            yield from (a.name for a in node.names if a.name.startswith("acolvit_jax."))


def test_arrows_point_down():
    wrong = []
    for path in PACKAGE.rglob("*.py"):
        here = path.relative_to(PACKAGE).with_suffix("").parts[0]
        for module in imports(path):
            there = part(module)
            if here != there and ROW[there] >= ROW[here]:
                wrong.append(f"{path.relative_to(PACKAGE)} imports {module}")
    assert wrong == []


def modules_behind(name: str) -> set[str]:
    """The module, and all of the package that it imports, at once or when it runs."""
    found, left = set(), [name]
    while left:
        module = left.pop()
        path = ROOT / Path(*module.split("."))
        path = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
        if module in found or not path.is_file():
            continue
        found.add(module)
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("acolvit_jax."):
                left += [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
    return found


@pytest.mark.parametrize("door", ["colorize", "serve", "convert", "benchmark"])
def test_a_model_is_run_without_what_trains_and_scores_it(door):
    rooms = {part(module) for module in modules_behind(f"acolvit_jax.{door}")}
    assert "checkpoint" in rooms
    assert not rooms & {"training", "evaluation"}


def test_the_root_holds_doors_only():
    assert {path.stem for path in PACKAGE.glob("*.py")} == LAYERS[-2] | LAYERS[-1]


def test_tests_do_not_need_the_benchmarks():
    """Those of benchmarks themselves apart."""
    for path in (ROOT / "tests").rglob("*.py"):
        source = path.read_text()
        if path.parent.name != "benchmarks":
            assert not re.search(r"^\s*(from|import) benchmarks", source, re.MULTILINE), path


def test_the_lowest_layers_need_no_jax():
    """Workers of the input pipeline import these."""
    for name in ("photo/color", "photo/images", "hints/points", "hints/files", "data/transforms"):
        source = ast.parse((PACKAGE / f"{name}.py").read_text())
        modules = [n.module for n in ast.walk(source) if isinstance(n, ast.ImportFrom)]
        modules += [a.name for n in ast.walk(source) if isinstance(n, ast.Import) for a in n.names]
        assert not [m for m in modules if m and m.split(".")[0] in ("jax", "flax")], name
