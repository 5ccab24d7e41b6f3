"""The paper's rows beside those images that they are of."""

import dataclasses
import json
from pathlib import Path

import pytest

from acolvit_jax.evaluation.figures import quality_against_compute
from acolvit_jax.evaluation.published import BIRDS, FLOWERS, IMAGENET, published_for
from acolvit_jax.evaluation.report import table_1
from acolvit_jax.evaluation.summary import Summary

OURS = Summary("ours", 9, {"psnr": {1: 30.0, 10: 33.0}}, 1.0, 0.5, 0.1, [[0.5, 0.5]])


@pytest.mark.parametrize(
    ("images", "rows"),
    [
        ("sample", IMAGENET),
        ("/data/ctest10k", IMAGENET),
        ("/data/incubator", IMAGENET),
        ("tfds:flowers", FLOWERS),
        ("tfds:oxford_flowers102", FLOWERS),
        ("/data/Flowers/jpg", FLOWERS),
        ("tfds:birds", BIRDS),
        ("tfds:caltech_birds2011", BIRDS),
        ("/data/CUB_200_2011/images", BIRDS),
    ],
)
def test_the_rows_are_of_the_same_images(images, rows):
    assert published_for(images) is rows


def test_table_1_has_the_papers_own_numbers():
    text = table_1([OURS], FLOWERS)
    assert "| *A-ColViT-T-0.5 (paper, Oxford 102 Flowers)* | 0.86 | 20.31 | 24.64 |" in text
    with_lpips = Summary(
        **{**OURS.__dict__, "means": OURS.means | {"lpips": {1: 0.1234, 10: 0.0567}}}
    )
    text = table_1([with_lpips], BIRDS)
    assert "| *A-ColViT-T-0.3 (paper, CUB-200)* | 0.46 | 26.30 | 29.23 | 0.129 | 0.094 |" in text
    assert "| ours | 1.00 | 30.00 | 33.00 | 0.1234 | 0.0567 |" in text


def test_the_figure_shows_the_papers_points_where_they_are():
    figure = quality_against_compute([OURS], [1, 10], FLOWERS)
    for axis, psnr in zip(figure.axes, (20.31, 24.64), strict=True):
        points = axis.lines[1].get_xydata().tolist()
        assert [0.86, psnr] in points
        assert "dB" not in axis.get_title()


def test_the_figure_has_a_line_for_each_method_at_all_its_budgets():
    names = ["any@0.5", "any@1", "any@0.5+finished", "any@1+finished", "run@v2", "run@v3"]
    given = [dataclasses.replace(OURS, name=name, gmacs=i) for i, name in enumerate(names)]
    lines = quality_against_compute(given, [1], FLOWERS).axes[0].lines
    found = {line.get_label(): len(line.get_xydata()) for line in lines[:-1]}
    assert found == {"any": 2, "any+finished": 2, "run@v2": 1, "run@v3": 1}


@pytest.mark.parametrize("name", ["flowers", "imagenette", "photos42", "sample"])
def test_the_reports_in_the_docs_have_the_rows_of_their_images(name):
    folder = Path(__file__).resolve().parents[2] / "docs" / "reports" / name
    paper = published_for(json.loads((folder / "report.json").read_text())["facts"]["images"])
    text = (folder / "report.md").read_text()
    for row in paper.rows:
        cells = " | ".join(f"{value:.2f}" for value in row.psnr.values())
        assert f"| *{row.name} ({paper.source})* | {row.gmacs:.2f} | {cells} |" in text
    assert text.count("(paper, ") == len(paper.rows) + 2 * ("![PSNR against" in text) + (
        text.count("(paper, its machine)")
    )
