"""Tables of scores are printed from reports."""

from pathlib import Path

from benchmarks.score_tables import main

REPORTS = Path(__file__).resolve().parents[2] / "docs" / "reports"


def test_distances_to_dense_are_printed(capsys):
    main([str(REPORTS / "flowers"), str(REPORTS / "sample")])
    flowers, sample = capsys.readouterr().out.split(str(REPORTS / "sample"))
    assert "| any@0.5 | 0.052 | 0.10 | 0.12 | 0.10 | 0.13 | 0.11 |" in flowers
    assert "below dense" not in sample
