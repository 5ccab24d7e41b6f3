"""What a hint is: the point, the planes that the model reads, texts and files, published sets."""

from acolvit_jax.hints.points import (
    HINT_SIZE,
    Hint,
    cell_means,
    hint_planes,
    model_input,
    sample_cells,
    sample_count,
    true_hints,
)

__all__ = [
    "HINT_SIZE",
    "Hint",
    "cell_means",
    "hint_planes",
    "model_input",
    "sample_cells",
    "sample_count",
    "true_hints",
]
