"""Matrix products in bfloat16 and what lies between two, in the form for JAX's default device."""

from __future__ import annotations

import jax
import jax.numpy as jnp

from acolvit_jax.models import products_accelerator, products_cpu
from acolvit_jax.models.elementwise import BFLOAT16


def linear(
    x: jax.Array, kernel: jax.Array, bias: jax.Array | None, *, inner: bool = False
) -> jax.Array:
    """An affine map whose three products (forward, both gradients) are of bfloat16 operands.

    Args:
        x: `[..., K]`.
        kernel: float32 `[K, F]`.
        bias: float32 `[F]`, or None.
        inner: the result is rounded to bfloat16 before it is read, so that it may be already.

    Returns:
        `[..., F]`, float32 unless `inner`; the gradients of `kernel` and `bias` are float32.
    """
    if _on_cpu():
        return products_cpu.linear(x, kernel, bias)
    dtype = BFLOAT16 if inner else jnp.float32
    return products_accelerator.linear(x, kernel, bias, dtype)


def attend(q: jax.Array, k: jax.Array, v: jax.Array, bias: jax.Array | None) -> jax.Array:
    """Softmax attention; its products are of bfloat16 operands, the softmax float32.

    Args:
        q: scaled queries, `[B, A, N, D/A]`.
        k: keys, `[B, A, N, D/A]`.
        v: values, `[B, A, N, D/A]`.
        bias: float32 `[A, N, N]` to add to the logits, or None.

    Returns:
        `[B, A, N, D/A]`, for a product to read.
    """
    return (products_cpu if _on_cpu() else products_accelerator).attend(q, k, v, bias)


def gelu(x: jax.Array) -> jax.Array:
    """The exact GELU between two products: computed in float32, its input kept in bfloat16."""
    return (products_cpu if _on_cpu() else products_accelerator).gelu(x)


def _on_cpu() -> bool:
    return jax.default_backend() == "cpu"
