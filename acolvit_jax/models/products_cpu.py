"""Matrix products in bfloat16 on CPU, forward and backward, and what lies between two of them.

Operands are bfloat16 and sums float32. Autodiff of such a product would multiply a float32
cotangent, which no processor does in bfloat16: the gradients here cast cotangents first.

XLA on CPU takes its fast bfloat16 products (AVX512-BF16, AMX) only where both operands lie in
memory as the product reads them; it folds transpositions into products and then computes them in
float32. `row_major` keeps a transposition out of the product that follows.
"""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp

from acolvit_jax.models.elementwise import (
    BFLOAT16,
    gelu_slope,
    normal_cdf,
    row_major,
    to_bfloat16,
)


@jax.custom_vjp
def linear(x: jax.Array, kernel: jax.Array, bias: jax.Array | None) -> jax.Array:
    """`products.linear`; result and gradients are float32."""
    return _linear_forward(x, kernel, bias)[0]


def _linear_forward(x: jax.Array, kernel: jax.Array, bias: jax.Array | None) -> tuple[Any, Any]:
    x16, kernel16 = to_bfloat16(x), to_bfloat16(kernel)
    out = _dot(x16, kernel16)
    rows = x.reshape(-1, x.shape[-1])
    kept = _transposed(rows) if _is_wider(kernel) else to_bfloat16(rows)
    return out if bias is None else out + bias, (kept, kernel16, bias)


def _linear_backward(saved: Any, cotangent: jax.Array) -> tuple[Any, Any, Any]:
    x, kernel, bias = saved
    # The barrier has the cotangent written once, in half the bytes, for all that read it.
    dy = jax.lax.optimization_barrier(to_bfloat16(cotangent))
    dx = jax.lax.dot_general(
        dy, kernel, (((dy.ndim - 1,), (1,)), ((), ())), preferred_element_type=jnp.float32
    )
    rows = cotangent.reshape(-1, cotangent.shape[-1])
    if _is_wider(kernel):
        d_kernel = _dot(x, dy.reshape(rows.shape))
    else:
        d_kernel = row_major(_dot(_transposed(rows), x)).T
    return dx, d_kernel, None if bias is None else rows.sum(axis=0)


linear.defvjp(_linear_forward, _linear_backward)


def _is_wider(kernel: jax.Array) -> bool:
    """Whether outputs are at least as many as inputs: the fewer are transposed in memory."""
    return kernel.shape[1] >= kernel.shape[0]


def _transposed(x: jax.Array) -> jax.Array:
    """The last two axes swapped in memory, in bfloat16.

    XLA on CPU transposes float32 several times as fast as bfloat16: rounding comes last.
    """
    if x.dtype == BFLOAT16:
        x = jax.lax.optimization_barrier(x.astype(jnp.float32))
    return to_bfloat16(row_major(x.swapaxes(-1, -2)))


def _dot(a: jax.Array, b: jax.Array) -> jax.Array:
    """The product of two matrices of bfloat16, summed in float32."""
    return jnp.dot(a, b, preferred_element_type=jnp.float32)


@jax.custom_vjp
def attend(q: jax.Array, k: jax.Array, v: jax.Array, bias: jax.Array | None) -> jax.Array:
    """`products.attend`; result and gradients are float32."""
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
    dv = _transposed_product(weights, scaled)
    return dq, dk, dv, None if bias is None else d_logits.sum(axis=0)


attend.defvjp(_attend_forward, _attend_backward)


@jax.custom_vjp
def gelu(x: jax.Array) -> jax.Array:
    """`products.gelu`, float32 in and out."""
    return _gelu_forward(x)[0]


def _gelu_forward(x: jax.Array) -> tuple[jax.Array, jax.Array]:
    saved = jax.lax.optimization_barrier(to_bfloat16(x))
    x = saved.astype(jnp.float32)
    return x * normal_cdf(x), saved


def _gelu_backward(saved: jax.Array, cotangent: jax.Array) -> tuple[jax.Array]:
    return (cotangent * gelu_slope(saved.astype(jnp.float32)),)


gelu.defvjp(_gelu_forward, _gelu_backward)


def _transposed_product(a: jax.Array, b: jax.Array) -> jax.Array:
    """float32 `a^T b` of `[B, A, N, M]` and `[B, A, N, K]`; only `b` is transposed in memory.

    `a` is bfloat16, `b` bfloat16 or float32.
    """
    product = _sum("bakn,banm->bakm", _transposed(b), a)
    return row_major(product).swapaxes(2, 3)


def _sum(subscripts: str, a: jax.Array, b: jax.Array) -> jax.Array:
    """The product of two bfloat16 arrays, summed in float32."""
    return jnp.einsum(subscripts, a, b, preferred_element_type=jnp.float32)
