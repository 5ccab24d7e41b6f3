"""A-ColViT and its dense baseline iColoriT: the differentiable forward."""

from __future__ import annotations

import functools
from typing import NamedTuple

import jax
import jax.numpy as jnp
from flax import nnx

from acolvit_jax.config import ModelConfig
from acolvit_jax.models import gates, layers

ANY_BUDGET_BIAS = 1.0


class TrainingNoise(NamedTuple):
    """What is random in a training forward, drawn outside so that the model is a function.

    Attributes:
        gates: float32 `[B, depth, 2]`, noise of the Gumbel-sigmoid.
        paths: float32 `[B, depth, 2]`, what stochastic depth multiplies each sublayer by:
            0 where it is dropped, 1 / (1 - rate) where it is kept.
    """

    gates: jax.Array
    paths: jax.Array


def training_noise(key: jax.Array, batch_size: int, config: ModelConfig) -> TrainingNoise:
    """Draws the randomness of one training forward.

    Args:
        key: a JAX random key.
        batch_size: B.
        config: the model's; `stochastic_depth` is the drop rate of the last sublayer.

    Returns:
        Noise for `ACoLViT.__call__(..., train=True)`.
    """
    shape = (batch_size, config.depth, 2)
    gate_key, path_key = jax.random.split(key)
    rates = jnp.linspace(0.0, config.stochastic_depth, 2 * config.depth).reshape(-1, 2)
    kept = jax.random.bernoulli(path_key, 1.0 - rates, shape)
    return TrainingNoise(gates.gate_noise(gate_key, shape), kept / (1.0 - rates))


def budget_tokens(matrix: jax.Array, budgets: jax.Array) -> jax.Array:
    """What budgets add to the policy token: `[budget, budget^2, 1] @ matrix`.

    Args:
        matrix: `budget_embed` of a model of any budget, float32 `[3, D]`.
        budgets: keep ratios in (0, 1], `[B]`.

    Returns:
        float32 `[B, D]`.
    """
    powers = jnp.stack([budgets, budgets**2, jnp.ones_like(budgets)], axis=-1)  # [B, 3]
    # A TPU would round to bfloat16 first, and 0.3 is 0.3008 there.
    return jnp.matmul(powers, matrix, precision=jax.lax.Precision.HIGHEST)


class Block(nnx.Module):
    """A pre-norm block whose two sublayers can be skipped, and the head that decides."""

    def __init__(self, config: ModelConfig, *, rngs: nnx.Rngs) -> None:
        """Makes the block; the dense baseline's has no decision head."""
        self.norm1 = layers.layer_norm(config.width, rngs)
        self.attention = layers.Attention(config, rngs=rngs)
        self.norm2 = layers.layer_norm(config.width, rngs)
        self.ffn = layers.FeedForward(config, rngs=rngs)
        if config.gated:
            # A model of any budget starts near full depth: most of its budgets are above 1/2.
            bias = ANY_BUDGET_BIAS if config.any_budget else 0.0
            self.gate = gates.DecisionHead(config.width, initial_bias=bias, rngs=rngs)

    def attention_branch(self, x: jax.Array, grid: tuple[int, int]) -> jax.Array:
        """What the attention sublayer adds to tokens `[B, N, D]`, its LayerNorm inside."""
        return self.attention(self.norm1(x), grid).astype(x.dtype)

    def ffn_branch(self, x: jax.Array) -> jax.Array:
        """What the FFN sublayer adds to tokens `[B, N, D]`, its LayerNorm inside."""
        return self.ffn(self.norm2(x)).astype(x.dtype)

    def gate_logits(self, x: jax.Array) -> jax.Array:
        """Logits `[B, 2]` of both decisions, from the policy token at the block's input."""
        return self.gate(x[:, 0])


class ACoLViT(nnx.Module):
    """Point-interactive colorization with a vision transformer that skips sublayers.

    One class serves A-ColViT and, with `config.gated=False`, the dense iColoriT baseline.
    """

    def __init__(self, config: ModelConfig, *, rngs: nnx.Rngs) -> None:
        """Makes the model.

        Args:
            config: the architecture.
            rngs: seeds the parameters: Xavier uniform for linear maps, zero biases, truncated
                normal (0.02) for the policy token and the bias tables.
        """
        self.config = config
        patch_values = config.patch_size**2 * layers.INPUT_CHANNELS
        self.patch_embed = layers.linear(patch_values, config.width, config, rngs)
        if config.gated:
            shape = (1, 1, config.width)
            self.policy_token = nnx.Param(
                layers.truncated_normal(rngs.params(), shape, jnp.float32)
            )
        if config.any_budget:
            self.budget_embed = nnx.Param(jnp.zeros((3, config.width), jnp.float32))
        self.blocks = nnx.List([Block(config, rngs=rngs) for _ in range(config.depth)])
        self.norm = layers.layer_norm(config.width, rngs)
        self.head = layers.HEADS[config.head](config, rngs=rngs)

    def grid(self, inputs: jax.Array) -> tuple[int, int]:
        """Patch rows and columns of inputs `[B, H, W, 4]`."""
        p = self.config.patch_size
        return inputs.shape[1] // p, inputs.shape[2] // p

    def embed(
        self,
        inputs: jax.Array,
        *,
        origin: jax.Array | None = None,
        budget: jax.Array | float | None = None,
    ) -> jax.Array:
        """Tokens of the first block: patches, policy token in front, positions (paper eq. 2).

        Args:
            inputs: float32 `[B, H, W, 4]` (L, a, b, mask), normalized.
            origin: int32 `[B, 2]`, where in the patch grid of a whole image each window lies
                (row, column); None is a whole image.
            budget: keep ratio asked for, a number or `[B]`; for a model of any budget only.

        Returns:
            float32 `[B, N, D]`; row 0 is the policy token of a gated model.

        Raises:
            ValueError: for a budget that is missing, or not taken by this model.
        """
        if (budget is not None) != self.config.any_budget:
            raise ValueError(
                f"{budget=} with {self.config.any_budget=}: a model of any budget needs one, "
                "the others take none"
            )
        x = self.patch_embed(layers.patchify(inputs, self.config.patch_size))
        x = x.astype(jnp.float32) + self._patch_positions(self.grid(inputs), origin)
        if not self.config.gated:
            return x
        table = layers.position_table(self.config.num_tokens, self.config.width)
        policy = jnp.broadcast_to(self.policy_token + table[0], (x.shape[0], 1, self.config.width))
        if budget is not None:
            policy = policy + self._budget_token(budget, x.shape[0])
        return jnp.concatenate([policy, x], axis=1)

    def _patch_positions(self, grid: tuple[int, int], origin: jax.Array | None) -> jax.Array:
        """Rows of the position table for the patches: `[1, N, D]`, or `[B, N, D]` of windows."""
        config = self.config
        table = layers.position_table(config.num_tokens, config.width)[int(config.gated) :]
        table = table.reshape(config.grid_size, config.grid_size, config.width)
        if origin is None:
            if grid != (config.grid_size, config.grid_size):
                raise ValueError(
                    f"an input of {grid} patches is no whole image of "
                    f"{config.grid_size}x{config.grid_size}: pass the window's origin"
                )
            return jnp.asarray(table).reshape(1, -1, config.width)
        rows = origin[:, :1] + jnp.arange(grid[0])  # [B, rows]
        columns = origin[:, 1:] + jnp.arange(grid[1])  # [B, columns]
        positions = jnp.asarray(table)[rows[:, :, None], columns[:, None, :]]
        return positions.reshape(origin.shape[0], -1, config.width)

    def _budget_token(self, budget: jax.Array | float, batch_size: int) -> jax.Array:
        """What a budget, or one an image, adds to the policy token."""
        beta = jnp.broadcast_to(jnp.asarray(budget, jnp.float32), (batch_size,))
        return budget_tokens(self.budget_embed[...], beta)[:, None]  # [B, 1, D]

    def readout(self, tokens: jax.Array, grid: tuple[int, int]) -> jax.Array:
        """Colors from the last block's tokens: LayerNorm, head, tanh, pixel shuffle.

        Args:
            tokens: float32 `[B, N, D]`, the policy token included where there is one.
            grid: patch rows and columns.

        Returns:
            float32 `[B, rows * P, columns * P, 2]`, normalized a, b in [-1, 1].
        """
        patches = tokens[:, int(self.config.gated) :]
        channels = self.head(self.norm(patches), grid).astype(jnp.float32)
        return layers.pixel_shuffle(jnp.tanh(channels), grid, self.config.patch_size)

    def __call__(
        self,
        inputs: jax.Array,
        *,
        train: bool,
        budget: jax.Array | float | None = None,
        noise: TrainingNoise | None = None,
        origin: jax.Array | None = None,
        remat: bool = False,
    ) -> tuple[jax.Array, jax.Array]:
        """Colorizes; every sublayer is computed and masked by its decision (paper eq. 8).

        Args:
            inputs: float32 `[B, H, W, 4]` (L, a, b, hint mask), normalized.
            train: draw decisions with noise and pass gradients straight through; otherwise
                decide without noise.
            budget: keep ratio in (0, 1], a number or `[B]`; for a model of any budget only.
            noise: with `train`, what `training_noise` drew.
            origin: int32 `[B, 2]`, place of training windows in the patch grid.
            remat: keep no block's activations for the gradient, compute them again.

        Returns:
            Normalized a, b in [-1, 1], float32 `[B, H, W, 2]`, and decisions, float32
            `[B, depth, 2]` (attention, FFN), 1 where the sublayer counts. The dense baseline's
            decisions are all 1.

        Raises:
            ValueError: if `train` comes without noise, or the budget does not fit the model.
        """
        if train != (noise is not None):
            raise ValueError(f"{train=} needs noise exactly when it is true, got {noise=}")
        grid = self.grid(inputs)
        x = self.embed(inputs, origin=origin, budget=budget)
        decisions = []
        for i, block in enumerate(self.blocks):
            block_noise = None if noise is None else TrainingNoise(*(n[:, i] for n in noise))
            step = functools.partial(self._masked_block, block, grid)
            x, mask = (jax.checkpoint(step) if remat else step)(x, block_noise)
            decisions.append(mask)
        return self.readout(x, grid), jnp.stack(decisions, axis=1)

    def _masked_block(
        self, block: Block, grid: tuple[int, int], x: jax.Array, noise: TrainingNoise | None
    ) -> tuple[jax.Array, jax.Array]:
        """Tokens `[B, N, D]` after a block, and its decisions `[B, 2]`."""
        mask = self._decide(block, x, noise)
        scale = mask if noise is None else mask * noise.paths
        x = x + scale[:, 0, None, None] * block.attention_branch(x, grid)
        x = x + scale[:, 1, None, None] * block.ffn_branch(x)
        return x, mask

    def _decide(self, block: Block, x: jax.Array, noise: TrainingNoise | None) -> jax.Array:
        """Decisions `[B, 2]` of one block."""
        if not self.config.gated:
            return jnp.ones((x.shape[0], 2), jnp.float32)
        logits = block.gate_logits(x)
        if noise is None:
            return gates.decide(logits)
        return gates.straight_through(gates.gumbel_sigmoid(logits, noise.gates))
