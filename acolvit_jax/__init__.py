"""A-ColViT in JAX: point-interactive colorization that skips the layers it can spare."""

__version__ = "0.1.0"
