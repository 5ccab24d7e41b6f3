"""A-ColViT in JAX: point-interactive colorization with a transformer that skips spare layers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from acolvit_jax.checkpoint.load import load_pretrained
    from acolvit_jax.hints import Hint
    from acolvit_jax.inference.colorizer import Colorizer

__version__ = "0.1.0"
__all__ = ["Colorizer", "Hint", "__version__", "load_pretrained"]

_LAZY = {
    "Colorizer": "acolvit_jax.inference.colorizer",
    "Hint": "acolvit_jax.hints",
    "load_pretrained": "acolvit_jax.checkpoint.load",
}


def __getattr__(name: str) -> Any:
    """Imports JAX only when it is asked for, so that `--help` and data workers start at once."""
    if name not in _LAZY:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    import importlib

    return getattr(importlib.import_module(_LAZY[name]), name)
