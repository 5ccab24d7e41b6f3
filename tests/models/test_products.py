"""Products in bfloat16 and their gradients, against float32."""

import re

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from acolvit_jax.common.processor import multiplies_bfloat16
from acolvit_jax.models import layers, products, products_accelerator

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
    "attention, odd": (attend, plain_attend, [x[:, :, 1:] for x in QKV]),
    "attention with position bias": (
        products.attend,
        layers.attend,
        (*QKV, numbers(HEADS, TOKENS, TOKENS)),
    ),
    "gelu": (products.gelu, layers.gelu, (3 * TOKENS_IN,)),
}


def check_values_and_gradients(function, expected, args, most=1e-2):
    """Each within 1% of its largest entry: bfloat16 has 8 bits, errors of sums partly cancel."""
    out, pull = jax.vjp(function, *args)
    wanted, wanted_pull = jax.vjp(expected, *args)
    cotangent = jnp.asarray(np.random.default_rng(1).normal(size=out.shape), jnp.float32)
    gradients = pull(cotangent.astype(out.dtype))
    pairs = zip((out, *gradients), (wanted, *wanted_pull(cotangent)), strict=True)
    for got, want in pairs:
        assert got.shape == want.shape
        scale = float(jnp.abs(want).max())
        assert 0 < float(jnp.abs(got.astype(jnp.float32) - want).max()) < most * scale
    return out, gradients


@pytest.mark.parametrize("name", CASES)
def test_values_and_gradients_are_those_of_float32(monkeypatch, name):
    monkeypatch.setattr(products, "_on_cpu", lambda: True)
    out, gradients = check_values_and_gradients(*CASES[name])
    assert {x.dtype for x in (out, *gradients)} == {jnp.dtype("float32")}


ROUNDED_TOO = 1.5e-2  # results and cotangents are rounded as well


@pytest.fixture
def accelerator(monkeypatch):
    monkeypatch.setattr(products, "_on_cpu", lambda: False)


@pytest.mark.parametrize("name", CASES)
def test_an_accelerator_computes_the_same(accelerator, name):
    _, gradients = check_values_and_gradients(*CASES[name], ROUNDED_TOO)
    assert {x.dtype for x in gradients} == {jnp.dtype("float32")}  # what parameters get


def test_an_accelerator_writes_in_bfloat16_what_the_next_product_reads(accelerator):
    kernel, bias = numbers(WIDTH, 2 * WIDTH), numbers(2 * WIDTH)

    def inner(*args):
        return products.linear(*args, inner=True)

    out, gradients = check_values_and_gradients(
        inner, plain_linear, (TOKENS_IN, kernel, bias), ROUNDED_TOO
    )
    assert (
        out.dtype == products.gelu(out).dtype == products.attend(*QKV, None).dtype == jnp.bfloat16
    )
    assert {x.dtype for x in gradients} == {jnp.dtype("float32")}


@pytest.fixture
def cudnn(accelerator, monkeypatch):
    """A GPU whose cuDNN is JAX's own attention, of the same arguments; what it is asked for."""
    asked = []

    def own(*args, implementation, **named):
        asked.append((implementation, args[0].dtype, args[0].shape[1] % 2))
        return attention(*args, implementation="xla", **named)

    attention = jax.nn.dot_product_attention
    monkeypatch.setattr(jax.nn, "dot_product_attention", own)
    monkeypatch.setattr(jax, "default_backend", lambda: "gpu")
    products_accelerator._has_fused_attention.cache_clear()
    yield asked
    products_accelerator._has_fused_attention.cache_clear()


@pytest.mark.parametrize("tokens", [20, 19])
def test_fused_attention_is_asked_for_the_same(cudnn, tokens):
    args = [x[:, :, :tokens] for x in QKV]
    check_values_and_gradients(attend, plain_attend, args, ROUNDED_TOO)
    assert set(cudnn) == {("cudnn", jnp.dtype("bfloat16"), 0)}


def test_cudnn_is_tried_while_a_step_is_traced(cudnn):
    """On all devices, within the gradient of what is computed again, in a loop."""

    @jax.checkpoint
    def loss(q):
        return attend(q, q, q).astype(jnp.float32).sum()

    found = jax.jit(lambda q: jax.lax.map(jax.grad(loss), q))(QKV[0][None])
    assert found.shape == (1, *QKV[0].shape)
    assert len(cudnn) >= 2  # tried, and taken


def test_attention_goes_without_cudnn_where_it_cannot_be_had(cudnn, monkeypatch, caplog):
    def refuse(*args, **named):
        raise NotImplementedError("no cuDNN of\nversion 9 here")

    monkeypatch.setattr(jax.nn, "dot_product_attention", refuse)
    check_values_and_gradients(attend, plain_attend, QKV, ROUNDED_TOO)
    [told] = caplog.messages
    assert told == "attention is computed without cuDNN: no cuDNN of version 9 here"


@pytest.mark.skipif(jax.default_backend() != "gpu", reason="no GPU here")
@pytest.mark.parametrize("tokens", [196, 197])
def test_a_gpu_has_cudnn_s_attention(tokens):
    """From Ampere on; the released models' sizes."""
    capability = float(jax.devices()[0].compute_capability)
    assert products_accelerator._has_fused_attention(tokens, 64) == (capability >= 8)


@pytest.mark.skipif(
    not multiplies_bfloat16() or jax.default_backend() != "cpu",
    reason="a processor without bfloat16 products",
)
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
