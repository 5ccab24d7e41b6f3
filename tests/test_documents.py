"""The tables of scores that people read are those of the reports."""

import json
import re
from pathlib import Path

import pytest

from acolvit_jax import evaluate

ROOT = Path(__file__).resolve().parents[1]
REPORTS = ROOT / "docs" / "reports"
LABELS = {  # of a method, in the model card or README
    "grey": ("grey",),
    "nearest": ("nearest hint",),
    "levin": ("Levin 2004",),
    "dense": ("dense", "dense iColoriT-T, ours"),
    "fixed": ("fixed 0.5", "one model for a fixed 0.5"),
    "any@1": ("any, budget 1", "one model for every budget, asked for 1"),
    **{
        f"any@{budget}": (f"any, {budget}", f"asked for {budget}")
        for budget in ("0.9", "0.7", "0.5", "0.3", "0.15", "0.1")
    },
}
NAMES = {label: name for name, labels in LABELS.items() for label in labels}


def rows(document: str, heading: str) -> dict[str, list[str]]:
    """Rows of the first table of scores after a text, by method."""
    text = (ROOT / document).read_text().split(heading)[1]
    table = text[text.index("| | keep ratio |") :].split("\n\n")[0]
    cells = [[cell.strip() for cell in line.split("|")[1:-1]] for line in table.splitlines()[2:]]
    return {NAMES[label]: values for label, *values in cells}


@pytest.mark.parametrize(
    ("document", "heading", "report"),
    [
        ("docs/benchmarks.md", "PSNR in dB by number of hints, 500 photos", "imagenette"),
        ("docs/model_card.md", "500 photos of Imagenette's validation split", "imagenette"),
        ("docs/model_card.md", "250 photos of Oxford 102 Flowers", "flowers"),
        ("docs/model_card.md", "The 42 photographs in the package", "photos42"),
    ],
)
def test_scores_are_those_of_the_report(document, heading, report):
    data = json.loads((REPORTS / report / "report.json").read_text())
    expected = {}
    for method in data["contenders"]:
        keep, gmacs = method["keep_ratio"], method["gmacs"]
        first = ["", ""] if keep is None else [f"{keep:.3f}", f"{gmacs:.2f}"]
        scores = [f"{value:.2f}" for value in method["means"]["psnr"].values()]
        expected[method["name"]] = first + scores
    assert rows(document, heading) == expected


def test_the_readme_s_rows_are_the_benchmarks():
    heading = "PSNR in dB by number of hints, 500 photos"
    some, every = rows("README.md", heading), rows("docs/benchmarks.md", heading)
    assert len(some) >= 5
    assert some.items() <= every.items()


def test_the_readme_is_short():
    assert len((ROOT / "README.md").read_text().splitlines()) <= 150


@pytest.mark.parametrize("path", ["README.md", "CONTRIBUTING.md"])
def test_links_lead_somewhere(path):
    """Those of docs are checked where the site is built."""
    for target in re.findall(r"\]\(([^)#]+)", (ROOT / path).read_text()):
        assert target.startswith("https://") or (ROOT / target).exists(), target


def test_docstrings_cite_headings_that_the_reference_has():
    headings = re.findall(r"^## (.*)$", (ROOT / "docs/reference.md").read_text(), re.MULTILINE)
    sources = [path.read_text() for path in (ROOT / "acolvit_jax").rglob("*.py")]
    cited = {c for s in sources for c in re.findall(r'docs/reference\.md,\s+"([^"]+)"', s)}
    assert len(cited) >= 5
    assert [name for name in cited if not any(h.startswith(name) for h in headings)] == []


def test_every_option_of_evaluate_is_explained():
    text = (ROOT / "docs" / "evaluation.md").read_text()
    options = {name for action in evaluate.parser()._actions for name in action.option_strings}
    assert [name for name in sorted(options - {"-h", "--help"}) if f"`{name}" not in text] == []


@pytest.mark.parametrize("heading", ["How a photo becomes color", "How a batch becomes a loss"])
def test_the_functions_on_a_path_are_in_the_code(heading):
    text = (ROOT / "docs/development.md").read_text().split(f"## {heading}\n")[1].split("\n## ")[0]
    code = "\n".join(path.read_text() for path in (ROOT / "acolvit_jax").rglob("*.py"))
    names = {name.rsplit(".", 1)[-1] for name in re.findall(r"`([\w.]+)`", text)}
    assert len(names) >= 10
    assert [name for name in sorted(names) if not re.search(rf"\b{name}\b", code)] == []
