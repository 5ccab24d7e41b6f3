"""Matrix products in bfloat16, forward and backward, and what lies between two of them.

Operands are bfloat16 and sums float32. Autodiff of such a product would multiply a float32
cotangent, which no processor does in bfloat16: the gradients here cast cotangents first.

XLA on CPU takes its fast bfloat16 products (AVX512-BF16, AMX) only where both operands lie in
memory as the product reads them; it folds transpositions into products and then computes them in
float32. `row_major` keeps a transposition out of the product that follows.
"""

from __future__ import annotations

import math
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from acolvit_jax.models.elementwise import normal_cdf, row_major, to_bfloat16


@jax.custom_vjp
def linear(x: jax.Array, kernel: jax.Array, bias: jax.Array | None) -> jax.Array:
    """An affine map whose three products (forward, both gradients) are of bfloat16 operands.

    Args:
        x: `[..., K]`.
        kernel: float32 `[K, F]`.
        bias: float32 `[F]`, or None.

    Returns:
        float32 `[..., F]`; gradients are float32.
    """
    return _linear_forward(x, kernel, bias)[0]


def _linear_forward(x: jax.Array, kernel: jax.Array, bias: jax.Array | None) -> tuple[Any, Any]:
    x16, kernel16 = to_bfloat16(x), to_bfloat16(kernel)
    out = jnp.dot(x16, kernel16, preferred_element_type=jnp.float32)
    return out if bias is None else out + bias, (x16, kernel16, bias)


def _linear_backward(saved: Any, cotangent: jax.Array) -> tuple[Any, Any, Any]:
    x, kernel, bias = saved
    # The barrier has the cotangent written once, in half the bytes, for all that read it.
    dy = jax.lax.optimization_barrier(to_bfloat16(cotangent))
    dx = jax.lax.dot_general(
        dy, kernel, (((dy.ndim - 1,), (1,)), ((), ())), preferred_element_type=jnp.float32
    )
    dy = dy.reshape(-1, dy.shape[-1])
    d_kernel = _product_of_rows(x.reshape(-1, x.shape[-1]), dy)
    d_bias = None if bias is None else dy.astype(jnp.float32).sum(axis=0)
    return dx, d_kernel, d_bias


linear.defvjp(_linear_forward, _linear_backward)


def _product_of_rows(a: jax.Array, b: jax.Array) -> jax.Array:
    """float32 `a^T b` of `[M, K]` and `[M, F]`; the narrower one is transposed in memory."""
    if a.shape[1] > b.shape[1]:
        return row_major(_product_of_rows(b, a)).T
    return jnp.dot(row_major(a.T), b, preferred_element_type=jnp.float32)


@jax.custom_vjp
def attend(q: jax.Array, k: jax.Array, v: jax.Array, bias: jax.Array | None) -> jax.Array:
    """Softmax attention; its products are of bfloat16 operands, the softmax float32.

    Args:
        q: scaled queries, `[B, A, N, D/A]`.
        k: keys, `[B, A, N, D/A]`.
        v: values, `[B, A, N, D/A]`.
        bias: float32 `[A, N, N]` to add to the logits, or None.

    Returns:
        float32 `[B, A, N, D/A]`; gradients are float32.
    """
    return _attend_forward(q, k, v, bias)[0]


def _attend_forward(
    q: jax.Array, k: jax.Array, v: jax.Array, bias: jax.Array | None
) -> tuple[Any, Any]:
    q, k, v = (row_major(to_bfloat16(x)) for x in (q, k, v))
    logits = _sum("bank,bamk->banm", q, k)
    if bias is not None:
        logits = logits + bias
    # Weights are not divided by their sum, [N, N] divisions a head; the values' sums are.
    weights = to_bfloat16(jnp.exp(logits - logits.max(axis=-1, keepdims=True)))
    weights = jax.lax.optimization_barrier(weights)
    total = weights.astype(jnp.float32).sum(axis=-1, keepdims=True)  # [B, A, N, 1]
    out = _sum("banm,bamk->bank", weights, v) / total
    return out, (q, k, v, weights, total, out, bias)


def _attend_backward(saved: Any, cotangent: jax.Array) -> tuple[Any, Any, Any, Any]:
    q, k, v, weights, total, out, bias = saved
    scaled = cotangent / total
    # sum over m of (weight * its cotangent), from the values' side: [N, D/A], not [N, N].
    mean = (scaled * out).sum(axis=-1, keepdims=True)  # [B, A, N, 1]
    d_out = row_major(to_bfloat16(scaled))
    d_logits = weights.astype(jnp.float32) * (_sum("bank,bamk->banm", d_out, v) - mean)
    d16 = jax.lax.optimization_barrier(to_bfloat16(d_logits))
    dq = _sum("banm,bamk->bank", d16, k)
    dk = _transposed_product(d16, q)
    dv = _transposed_product(weights, d_out)
    return dq, dk, dv, None if bias is None else d_logits.sum(axis=0)


attend.defvjp(_attend_forward, _attend_backward)


@jax.custom_vjp
def gelu(x: jax.Array) -> jax.Array:
    """The exact GELU between two products: computed in float32, its input kept in bfloat16."""
    return _gelu_forward(x)[0]


def _gelu_forward(x: jax.Array) -> tuple[jax.Array, jax.Array]:
    saved = jax.lax.optimization_barrier(to_bfloat16(x))
    x = saved.astype(jnp.float32)
    return x * normal_cdf(x), saved


def _gelu_backward(saved: jax.Array, cotangent: jax.Array) -> tuple[jax.Array]:
    x = saved.astype(jnp.float32)
    density = jnp.exp(-0.5 * x * x) * np.float32((2 * math.pi) ** -0.5)
    return (cotangent * (normal_cdf(x) + x * density),)


gelu.defvjp(_gelu_forward, _gelu_backward)


def _transposed_product(a: jax.Array, b: jax.Array) -> jax.Array:
    """float32 `a^T b` of `[B, A, N, M]` and `[B, A, N, K]`; only `b` is transposed in memory."""
    product = _sum("bakn,banm->bakm", row_major(b.swapaxes(2, 3)), a)
    return row_major(product).swapaxes(2, 3)


def _sum(subscripts: str, a: jax.Array, b: jax.Array) -> jax.Array:
    """The product of two bfloat16 arrays, summed in float32."""
    return jnp.einsum(subscripts, a, b, preferred_element_type=jnp.float32)
