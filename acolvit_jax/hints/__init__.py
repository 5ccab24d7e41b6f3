"""What a hint is: the point, the planes that the model reads, texts and files, published sets."""

from acolvit_jax.hints.planes import (
    cell_means,
    draw_cells,
    draw_input,
    hint_cell,
    hint_planes,
    model_input,
)
from acolvit_jax.hints.points import HINT_SIZE, HINT_SIZES, REACHES, Hint, colors_of, hints_in
from acolvit_jax.hints.sampling import sample_cells, sample_count, true_hints

__all__ = [
    "HINT_SIZE",
    "HINT_SIZES",
    "REACHES",
    "Hint",
    "cell_means",
    "colors_of",
    "draw_cells",
    "draw_input",
    "hint_cell",
    "hint_planes",
    "hints_in",
    "model_input",
    "sample_cells",
    "sample_count",
    "true_hints",
]
