"""Matrix products in bfloat16 on GPU and TPU, forward and backward, and what lies between two.

There a training step waits for memory more than for arithmetic. So what only the next product
reads, forward or backward, is written in bfloat16; what is added to the tokens is float32. The
counterpart for CPU is `products_cpu`; `products` chooses.
"""

from __future__ import annotations

import functools
import logging
from typing import Any

import jax
import jax.numpy as jnp
from jax.sharding import AxisType, NamedSharding, PartitionSpec
from jax.typing import DTypeLike

from acolvit_jax.models import products_cpu
from acolvit_jax.models.elementwise import BFLOAT16, gelu_slope, normal_cdf

log = logging.getLogger(__name__)


def linear(x: jax.Array, kernel: jax.Array, bias: jax.Array | None, dtype: DTypeLike) -> jax.Array:
    """`products.linear` with a result of `dtype`, in bfloat16 of a bias that is rounded too.

    The gradient of `x` has 8 bits.
    """
    return _linear(x.astype(BFLOAT16), kernel, bias, dtype)


@functools.partial(jax.custom_vjp, nondiff_argnums=(3,))
def _linear(x: jax.Array, kernel: jax.Array, bias: jax.Array | None, dtype: DTypeLike) -> jax.Array:
    return _linear_forward(x, kernel, bias, dtype)[0]


def _linear_forward(
    x: jax.Array, kernel: jax.Array, bias: jax.Array | None, dtype: DTypeLike
) -> tuple[Any, Any]:
    kernel16 = kernel.astype(BFLOAT16)
    out = jnp.dot(x, kernel16, preferred_element_type=dtype)
    return out if bias is None else out + bias.astype(dtype), (x, kernel16, bias)


def _linear_backward(dtype: DTypeLike, saved: Any, cotangent: jax.Array) -> tuple[Any, Any, Any]:
    del dtype
    x, kernel, bias = saved
    dy = cotangent.astype(BFLOAT16)
    dx = jax.lax.dot_general(
        dy, kernel, (((dy.ndim - 1,), (1,)), ((), ())), preferred_element_type=BFLOAT16
    )
    rows, dy_rows = x.reshape(-1, x.shape[-1]), dy.reshape(-1, dy.shape[-1])
    d_kernel = jax.lax.dot_general(
        rows, dy_rows, (((0,), (0,)), ((), ())), preferred_element_type=jnp.float32
    )
    return dx, d_kernel, None if bias is None else dy_rows.astype(jnp.float32).sum(axis=0)


_linear.defvjp(_linear_forward, _linear_backward)


def attend(q: jax.Array, k: jax.Array, v: jax.Array, bias: jax.Array | None) -> jax.Array:
    """`products.attend`; the result is bfloat16.

    On NVIDIA GPUs that have it, cuDNN's fused attention, which writes no weights to memory; it
    takes no bias here, for it would round it to bfloat16. The order in which its gradient is
    summed is not fixed: two runs may differ in the last bits.
    """
    if bias is None and _has_fused_attention(*q.shape[2:]):
        return _fused(*(x.astype(BFLOAT16) for x in (q, k, v)))
    q, k, v = (x.astype(jnp.float32) for x in (q, k, v))
    return products_cpu.attend(q, k, v, bias).astype(BFLOAT16)


def _fused(q: jax.Array, k: jax.Array, v: jax.Array) -> jax.Array:
    """Attention `[B, A, N, D/A]` by cuDNN, with one token more where N is odd.

    JAX refuses the gradient for odd N with a bias, and takes what stands for none for one.
    """
    count, _, tokens, _ = q.shape
    odd = tokens % 2
    q, k, v = (
        jnp.pad(x.swapaxes(1, 2), ((0, 0), (0, odd), (0, 0), (0, 0))) for x in (q, k, v)
    )  # [B, N + odd, A, D/A]
    read = jnp.full(count, tokens, jnp.int32) if odd else None
    out = jax.nn.dot_product_attention(
        q, k, v, scale=1.0, key_value_seq_lengths=read, implementation="cudnn"
    )
    return out[:, :tokens].swapaxes(1, 2)


@functools.cache
def _has_fused_attention(tokens: int, head_width: int) -> bool:
    """Whether cuDNN's attention and its gradient compile, tried on an image for each device."""
    if jax.default_backend() != "gpu":
        return False
    count = jax.device_count()
    mesh = jax.make_mesh((count,), ("data",), axis_types=(AxisType.Auto,))
    image = jax.ShapeDtypeStruct(
        (count, 1, tokens, head_width),
        BFLOAT16,
        sharding=NamedSharding(mesh, PartitionSpec("data")),
    )
    loss = jax.grad(lambda q, k, v: _fused(q, k, v).astype(jnp.float32).sum(), argnums=(0, 1, 2))
    try:
        jax.jit(loss).lower(image, image, image).compile()
    except Exception as error:  # of JAX, XLA or cuDNN, each of its own kind
        log.warning("attention is computed without cuDNN: %s", " ".join(str(error).split())[:200])
        return False
    return True


@jax.custom_vjp
def gelu(x: jax.Array) -> jax.Array:
    """`products.gelu`, bfloat16 in and out."""
    return _gelu_forward(x)[0]


def _gelu_forward(x: jax.Array) -> tuple[jax.Array, jax.Array]:
    wide = x.astype(jnp.float32)
    return (wide * normal_cdf(wide)).astype(BFLOAT16), x


def _gelu_backward(saved: jax.Array, cotangent: jax.Array) -> tuple[jax.Array]:
    slope = gelu_slope(saved.astype(jnp.float32))
    return ((cotangent.astype(jnp.float32) * slope).astype(saved.dtype),)


gelu.defvjp(_gelu_forward, _gelu_backward)
