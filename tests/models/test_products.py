"""Products in bfloat16 and their gradients, against float32."""

import re

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from acolvit_jax.common.processor import multiplies_bfloat16
from acolvit_jax.models import layers, products

RNG = np.random.default_rng(0)
BATCH, HEADS, TOKENS, HEAD_WIDTH, WIDTH = 2, 3, 20, 16, 48


def numbers(*shape):
    return jnp.asarray(RNG.normal(size=shape), jnp.float32)


def plain_linear(x, kernel, bias):
    return x @ kernel + bias


def unbiased(x, kernel):
    return products.linear(x, kernel, None)


def attend(q, k, v):
    return products.attend(q, k, v, None)


def plain_attend(q, k, v):
    return layers.attend(q, k, v, None)


TOKENS_IN = numbers(BATCH, TOKENS, WIDTH)
QKV = [numbers(BATCH, HEADS, TOKENS, HEAD_WIDTH) for _ in range(3)]
CASES = {
    "wider": (
        products.linear,
        plain_linear,
        (TOKENS_IN, numbers(WIDTH, 2 * WIDTH), numbers(2 * WIDTH)),
    ),
    "narrower": (products.linear, plain_linear, (TOKENS_IN, numbers(WIDTH, 16), numbers(16))),
    "without bias": (unbiased, jnp.matmul, (TOKENS_IN, numbers(WIDTH, WIDTH))),
    "attention": (attend, plain_attend, QKV),
    "attention with position bias": (
        products.attend,
        layers.attend,
        (*QKV, numbers(HEADS, TOKENS, TOKENS)),
    ),
    "gelu": (products.gelu, layers.gelu, (3 * TOKENS_IN,)),
}


@pytest.mark.parametrize("name", CASES)
def test_values_and_gradients_are_those_of_float32(name):
    """Each within 1% of its largest entry: bfloat16 has 8 bits, errors of sums partly cancel."""
    function, expected, args = CASES[name]
    out, pull = jax.vjp(function, *args)
    wanted, wanted_pull = jax.vjp(expected, *args)
    cotangent = numbers(*out.shape)
    pairs = zip((out, *pull(cotangent)), (wanted, *wanted_pull(cotangent)), strict=True)
    for got, want in pairs:
        assert got.dtype == jnp.float32
        assert got.shape == want.shape
        scale = float(jnp.abs(want).max())
        assert 0 < float(jnp.abs(got - want).max()) < 1e-2 * scale


@pytest.mark.skipif(not multiplies_bfloat16(), reason="a processor without bfloat16 products")
@pytest.mark.parametrize("name", ["wider", "narrower", "attention"])
def test_no_product_is_computed_in_float32(name):
    """XLA widens the operands of products that it does not like; here it likes all."""
    function, _, args = CASES[name]

    def loss(*args):
        return (function(*args) ** 2).sum()

    program = jax.jit(jax.grad(loss, argnums=tuple(range(len(args))))).lower(*args).compile()
    text = program.as_text()
    types = dict(re.findall(r"%([\w.\-]+) = (\w+)\[", text))
    operands = [
        types[operand.strip().lstrip("%")]
        for dot in re.findall(r" dot\(([^)]*)\)", text)
        for operand in dot.split(",")
    ]
    assert len(operands) >= 2 * 3
    assert set(operands) == {"bf16"}
