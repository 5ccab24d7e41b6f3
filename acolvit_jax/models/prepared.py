"""Parameters of a model, arranged for inference.

LayerNorm's scale and bias and the attention's scale are multiplied into the matrices that follow,
and in float32 the head's kernel is transformed for Winograd's convolution. All of it is NumPy,
once.
"""

from __future__ import annotations

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from acolvit_jax.config import ModelConfig
from acolvit_jax.models import layers, winograd
from acolvit_jax.models.elementwise import to_bfloat16
from acolvit_jax.models.params import Params
from acolvit_jax.models.precision import resolve_dtype

Array = jax.Array | np.ndarray
ROWS_OF_A_TILE = 16


class Affine(NamedTuple):
    """A matrix `[K, F]` and a bias `[F]`."""

    kernel: Array
    bias: Array

    def __call__(self, x: jax.Array) -> jax.Array:
        """Maps `[N, K]` to `[N, F]`; the product is computed in the kernel's dtype."""
        if self.kernel.dtype == jnp.bfloat16:
            x = to_bfloat16(x)
        return jnp.dot(x, self.kernel, preferred_element_type=jnp.float32) + self.bias


class BlockParams(NamedTuple):
    """Arrays of one block by name; see `Prepared`."""

    kernels: dict[str, Array]
    vectors: dict[str, Array]

    @property
    def is_bfloat16(self) -> bool:
        """Whether its products are of bfloat16 operands."""
        return bool(self.kernels["qkv"].dtype == jnp.bfloat16)

    def linear(self, name: str) -> Affine:
        """The linear map of a name."""
        return Affine(self.kernels[name], self.vectors[name])


class Prepared(NamedTuple):
    """Parameters of one model, arranged for inference.

    Attributes:
        embed: patches to tokens.
        policy: `[D]`, policy token with its position; None for the dense baseline.
        budget: `[3, D]`, for a model of any budget only.
        kernels: one dict a block: `qkv`, `proj`, `fc1`, `fc2`, and `table`, the position biases
            `[A, R, R]` (see `token_rows`), where the model has them.
        vectors: by the same names and `gate_kernel`, `gate_bias`, all blocks stacked: a call costs
            time for every array it is given.
        head: of the `cnn` head the transformed kernel `[16, D, F]`, in bfloat16 `[9 * D, F]`; of
            the `linear` head `[D, F]`.
    """

    embed: Affine
    policy: Array | None
    budget: Array | None
    kernels: list[dict[str, Array]]
    vectors: dict[str, Array]
    head: Affine

    def block(self, index: int) -> BlockParams:
        """The arrays of one block by name."""
        vectors = {name: stacked[index] for name, stacked in self.vectors.items()}
        return BlockParams(self.kernels[index], vectors)


def token_rows(config: ModelConfig) -> int:
    """R, the rows that the forward computes: N, in bfloat16 rounded up to whole tiles of AMX."""
    tile = ROWS_OF_A_TILE if resolve_dtype(config.dtype) == "bfloat16" else 1
    return -(-config.num_tokens // tile) * tile


def prepare_params(params: Params, config: ModelConfig) -> Prepared:
    """Arranges parameters for `forward`; once for any number of images.

    Args:
        params: the model's, as `init_params` gives them.
        config: the architecture.

    Returns:
        NumPy arrays: float32, but matrices in `config.dtype`. Send them to a device once.
    """
    params = jax.tree.map(lambda x: np.asarray(x, np.float32), params)
    table = layers.position_table(config.num_tokens, config.width)
    blocks = [_prepare_block(params["blocks"][i], config) for i in range(config.depth)]
    return Prepared(
        embed=_cast(Affine(**params["patch_embed"]), config),
        policy=params["policy_token"].reshape(-1) + table[0] if config.gated else None,
        budget=params.get("budget_embed"),
        kernels=[block.kernels for block in blocks],
        vectors=jax.tree.map(lambda *rows: np.stack(rows), *(b.vectors for b in blocks)),
        head=_cast(_prepare_head(params["norm"], params["head"], config), config),
    )


def _prepare_head(norm: Params, head: Params, config: ModelConfig) -> Affine:
    """The head with the last norm's scale and bias in it."""
    if config.head == "linear":
        return _after_norm(norm, Affine(**head["linear"]))
    # The border is reflected, so that every tap of every output sees the norm's bias.
    kernel = norm["scale"][:, None] * head["kernel"]  # [3, 3, D, F]
    bias = head["bias"] + np.einsum("d,ijdf->f", norm["bias"], head["kernel"])
    if resolve_dtype(config.dtype) == "bfloat16":
        return Affine(kernel.reshape(-1, kernel.shape[-1]), bias)
    return Affine(winograd.transform_kernel(kernel), bias)


def _prepare_block(block: Params, config: ModelConfig) -> BlockParams:
    """Merges norms, biases and the attention's scale into a block's matrices."""
    attention = block["attention"]
    zeros = np.zeros(config.width, np.float32)
    bias = np.concatenate([attention["q_bias"], zeros, attention["v_bias"]])
    qkv = _after_norm(block["norm1"], Affine(attention["qkv"]["kernel"], bias))
    head_width = config.width // config.num_heads
    scale = np.where(np.arange(3 * config.width) < config.width, head_width**-0.5, 1.0)
    scale = scale.astype(np.float32)
    linears = {
        "qkv": Affine(qkv.kernel * scale, qkv.bias * scale),
        "proj": Affine(**attention["proj"]),
        "fc1": _after_norm(block["norm2"], Affine(**block["ffn"]["fc1"])),
        "fc2": Affine(**block["ffn"]["fc2"]),
    }
    kernels = {
        name: linear.kernel.astype(jnp.dtype(resolve_dtype(config.dtype)))
        for name, linear in linears.items()
    }
    vectors = {name: linear.bias for name, linear in linears.items()}
    if config.gated:
        gate = block["gate"]["linear"]
        vectors |= {"gate_kernel": gate["kernel"].T, "gate_bias": gate["bias"]}
    if config.rel_pos_bias:
        grid = (config.grid_size, config.grid_size)
        rows = layers.relative_position_rows(grid, config.grid_size)
        # The spare rows of the forward are copies of its first token.
        order = np.arange(token_rows(config))
        order = np.where(order < config.num_tokens, order, 0)
        kernels["table"] = attention["bias_table"][rows[order][:, order]].transpose(2, 0, 1)
    return BlockParams(kernels, vectors)


def _after_norm(norm: Params, linear: Affine) -> Affine:
    """A linear map with the scale and bias of the norm before it."""
    kernel = norm["scale"][:, None] * linear.kernel
    return Affine(kernel, linear.bias + norm["bias"] @ linear.kernel)


def _cast(linear: Affine, config: ModelConfig) -> Affine:
    return Affine(linear.kernel.astype(jnp.dtype(resolve_dtype(config.dtype))), linear.bias)
