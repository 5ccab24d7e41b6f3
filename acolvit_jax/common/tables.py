"""Tables in Markdown."""

from __future__ import annotations

from collections.abc import Sequence


def markdown_table(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Lays cells out as a Markdown table, the first column left and the others right.

    Args:
        headings: one a column.
        rows: cells, one a column.

    Returns:
        Lines of text without a newline at the end.

    Raises:
        ValueError: if a row has another number of cells.
    """
    rules = [":---", *["---:"] * (len(headings) - 1)]
    lines = [headings, rules, *rows]
    if any(len(line) != len(headings) for line in lines):
        raise ValueError(f"every row needs {len(headings)} cells: {rows}")
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
