"""The notebook: kept without outputs, and executed from top to bottom as a person would."""

import ast
import base64
import importlib
import importlib.util
import os
import re
import socket
import time
from pathlib import Path
from urllib.parse import urlsplit

import nbformat
import numpy as np
import pytest
from nbclient import NotebookClient
from PIL import Image

from acolvit_jax.photo import color, images
from acolvit_jax.training.metrics_log import read_metrics

NOTEBOOK = Path(__file__).resolve().parents[2] / "notebooks" / "colab_demo.ipynb"
SECONDS = 240  # that a cell may take
SERVING = r"process (\d+) is serving on (http://\S+)"
# Stands in for Colab: a file is uploaded, and the proxy asks for the page under a name of its own.
COLAB = """
import sys
import types
import urllib.request


def show(port, **options):
    host = f"{port}-m-s-x1.us-east1-0.prod.colab.dev"
    request = urllib.request.Request(f"http://127.0.0.1:{port}/", headers={"Host": host})
    with urllib.request.urlopen(request) as answer:
        print("shown:", answer.status, answer.headers["Content-Security-Policy"])


colab = types.ModuleType("google.colab")
colab.files = types.SimpleNamespace(upload=lambda: {"my photo.png": open("mine.png", "rb").read()})
colab.output = types.SimpleNamespace(
    serve_kernel_port_as_iframe=show, serve_kernel_port_as_window=show
)
sys.modules["google.colab"] = colab
"""


@pytest.fixture
def notebook() -> nbformat.NotebookNode:
    return nbformat.read(NOTEBOOK, as_version=nbformat.NO_CONVERT)


def code_cells(notebook):
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def execute(notebook, folder: Path) -> None:
    """Runs all cells, in a folder, as a process with one device."""
    environment = {
        **{name: value for name, value in os.environ.items() if name != "XLA_FLAGS"},
        "IPYTHONDIR": str(folder / "ipython"),
        "no_proxy": "127.0.0.1",
    }
    place = {"metadata": {"path": str(folder)}}
    NotebookClient(notebook, timeout=SECONDS, resources=place).execute(env=environment)


def outputs(notebook, name: str):
    (cell,) = [cell for cell in notebook.cells if cell.id == name]
    return cell.outputs


def text(notebook, name: str) -> str:
    """What a cell printed."""
    return "".join(output.text for output in outputs(notebook, name) if "text" in output)


def shown(notebook, name: str, kind: str) -> str:
    """The one output of a kind that a cell showed."""
    (found,) = [o.data[kind] for o in outputs(notebook, name) if kind in o.get("data", {})]
    return found


def picture(notebook, name: str) -> np.ndarray:
    return images.read_image(base64.b64decode(shown(notebook, name, "image/png")))


def columns(notebook, name: str, count: int) -> list[np.ndarray]:
    """a* and b* of the pictures side by side that a cell showed, `[H, w, 2]` each."""
    sheet = picture(notebook, name)[26:-6, 6:]
    width = sheet.shape[1] // count
    return [
        color.uint8_to_lab(sheet[:, i * width : (i + 1) * width - 6])[..., 1:] for i in range(count)
    ]


def chroma(ab: np.ndarray) -> float:
    return float(np.hypot(ab[..., 0], ab[..., 1]).mean())


def distance(ab: np.ndarray, other: np.ndarray) -> float:
    return float(np.abs(ab - other).mean())


def table(markdown: str) -> list[list[str]]:
    """Rows of a Markdown table without its headings."""
    return [[part.strip() for part in line.split("|")[1:-1]] for line in markdown.splitlines()[2:]]


def answers(url: str) -> bool:
    address = urlsplit(url)
    with socket.socket() as connection:
        return connection.connect_ex((address.hostname, address.port)) == 0


def test_it_is_valid_and_holds_no_outputs(notebook):
    nbformat.validate(notebook)
    assert (notebook.nbformat, notebook.nbformat_minor) == (4, 5)
    assert set(notebook.metadata) == {"kernelspec", "language_info"}
    assert notebook.metadata.kernelspec.name == "python3"
    ids = [cell.id for cell in notebook.cells]
    assert len(set(ids)) == len(ids)
    assert all(re.fullmatch("[a-z][a-z-]{0,63}", name) for name in ids)
    for cell in code_cells(notebook):
        assert (cell.outputs, cell.execution_count, cell.metadata) == ([], None, {}), cell.id
        assert cell.source.strip()


def test_everything_it_imports_exists(notebook):
    found = set()
    for cell in code_cells(notebook):
        for node in ast.walk(ast.parse(cell.source)):
            if isinstance(node, ast.Import):
                found |= {(alias.name, None) for alias in node.names}
            elif isinstance(node, ast.ImportFrom):
                found |= {(node.module, alias.name) for alias in node.names}
    assert {module for module, _ in found} > {"acolvit_jax", "google.colab", "matplotlib"}
    for module, name in found:
        if module == "google.colab":
            continue
        assert importlib.util.find_spec(module), module
        if module.startswith("acolvit_jax") and name:
            inner = (
                importlib.util.find_spec(f"{module}.{name}") if module == "acolvit_jax" else None
            )
            assert inner or hasattr(importlib.import_module(module), name), (module, name)


def test_it_runs_from_top_to_bottom(notebook, tmp_path):
    execute(notebook, tmp_path)

    for cell in code_cells(notebook):
        errors = [o for o in cell.outputs if o.output_type == "error" or o.get("name") == "stderr"]
        assert errors == [], cell.id

    grey, without, with_hints, original = columns(notebook, "sample", 4)
    assert chroma(grey) < 3 < chroma(without) < chroma(with_hints)
    assert distance(with_hints, original) < 0.7 * distance(without, original)
    grey, result, original = columns(notebook, "mine", 3)
    assert distance(result, original) < 0.7 * distance(grey, original)
    assert images.read_image(tmp_path / "my_photo_color.png").shape == (336, 504, 3)

    _check_budgets(notebook)
    _check_training(notebook, tmp_path / "runs" / "notebook")
    _check_demo(notebook)

    _, result, _ = columns(notebook, "fallback", 3)
    a, b = result[:40, :40].mean(axis=(0, 1))  # teal
    assert a < -10
    assert b < 0


def _check_budgets(notebook):
    rows = table(shown(notebook, "budgets", "text/markdown"))
    assert [row[0] for row in rows] == ["1.0", "0.7", "0.5", "0.3"]
    budget, keep, gmacs, milliseconds = np.array(rows, float).T
    np.testing.assert_allclose(keep, budget, atol=0.15)
    assert (np.diff(keep) < 0).all()
    assert (np.diff(gmacs) < 0).all()
    assert (milliseconds > 0).all()
    pictures = columns(notebook, "budget-pictures", 4)
    assert min(map(chroma, pictures)) > 10
    assert 0 < distance(pictures[-1], pictures[0]) < 10
    assert len(np.unique(picture(notebook, "layers").reshape(-1, 3), axis=0)) > 10


def _check_training(notebook, workdir):
    lines = [line for line in read_metrics(workdir) if "loss" in line]
    assert [line["step"] for line in lines] == list(range(1, 13))
    # It starts from trained colors, with gates that are new.
    assert np.mean([line["over_grey"] for line in lines]) > 2
    assert lines[-1]["keep_ratio"] == pytest.approx(0.5, abs=0.15)
    assert "from pretrained-dense: 162 parameters loaded" in text(notebook, "train")
    assert len(table(shown(notebook, "train", "text/markdown"))) == 2
    assert len(np.unique(picture(notebook, "curve").reshape(-1, 3), axis=0)) > 10
    assert picture(notebook, "validation").size > 0


def _check_demo(notebook):
    number, url = re.search(SERVING, text(notebook, "serve")).groups()
    assert shown(notebook, "show", "text/markdown") == f"[Open the demo]({url})"
    result, timing = text(notebook, "http").splitlines()
    assert abs(ast.literal_eval(result)["keep_ratio"] - 0.3) < 0.15
    assert timing.startswith("input;dur=")
    served = picture(notebook, "http")
    assert served.shape == (336, 504, 3)
    assert color.uint8_to_lab(served)[150:190, 220:260, 1].mean() > 5  # orchid
    assert not answers(url)
    with pytest.raises(ProcessLookupError):
        os.kill(int(number), 0)


def test_in_colab_it_asks_for_a_file_and_shows_the_demo_through_the_proxy(notebook, tmp_path):
    rgb = np.full((90, 120, 3), (30, 120, 200), np.uint8)
    Image.fromarray(rgb).save(tmp_path / "mine.png")
    colab = nbformat.v4.new_code_cell(COLAB)
    wanted = ("install", "load", "upload", "mine", "serve", "show")
    notebook.cells = [colab, *(cell for cell in notebook.cells if cell.id in wanted)]

    execute(notebook, tmp_path)

    assert text(notebook, "upload") == "120 x 90 pixels\n"
    _, result, _ = columns(notebook, "mine", 3)
    assert result[..., 1].mean() < -10  # blue, as its hints
    window, frame = text(notebook, "show").splitlines()
    assert window == frame
    assert frame.startswith("shown: 200 ")
    ancestors = frame.partition("frame-ancestors ")[2].split()
    assert {"colab.research.google.com", "*.googleusercontent.com"} <= set(ancestors)
    # Nobody ran the cell that stops the demo: it ends with the kernel.
    url = re.search(SERVING, text(notebook, "serve"))[2]
    end = time.monotonic() + 20
    while answers(url):
        assert time.monotonic() < end
        time.sleep(0.1)
