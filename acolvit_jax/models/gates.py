"""Decisions: which sublayers a photo needs (paper, "Decision Network")."""

from __future__ import annotations

import jax
import jax.numpy as jnp
from flax import nnx

TEMPERATURE = 5.0  # tau of the Gumbel-sigmoid, fixed


class DecisionHead(nnx.Module):
    """One linear layer from the policy token to two logits (attention, FFN) (paper eq. 7)."""

    def __init__(self, width: int, *, initial_bias: float = 0.0, rngs: nnx.Rngs) -> None:
        """Makes the head.

        Args:
            width: channels of the policy token.
            initial_bias: of both logits; 0 keeps half of the sublayers at first.
            rngs: seeds the weights.
        """
        self.linear = nnx.Linear(
            width,
            2,
            kernel_init=nnx.initializers.xavier_uniform(),
            bias_init=nnx.initializers.constant(initial_bias),
            precision=jax.lax.Precision.HIGHEST,
            rngs=rngs,
        )

    def __call__(self, policy_token: jax.Array) -> jax.Array:
        """Returns logits `[B, 2]` (attention, FFN) for policy tokens `[B, D]`, in float32."""
        return self.linear(policy_token)


def gate_noise(key: jax.Array, shape: tuple[int, ...]) -> jax.Array:
    """Noise of the Gumbel-sigmoid: the difference of two Gumbel(0, 1) draws.

    That difference is a logistic variable, which is drawn directly.

    Args:
        key: a JAX random key.
        shape: of the noise, for example `[B, depth, 2]`.

    Returns:
        float32 noise of that shape.
    """
    return jax.random.logistic(key, shape, jnp.float32)


def gumbel_sigmoid(
    logits: jax.Array, noise: jax.Array, temperature: float = TEMPERATURE
) -> jax.Array:
    """Soft decisions in (0, 1): `sigmoid((logits + noise) / temperature)`.

    Args:
        logits: float32, any shape.
        noise: `gate_noise` of the same shape.
        temperature: tau; large values draw the soft decisions towards 1/2.

    Returns:
        float32 of the same shape.
    """
    return jax.nn.sigmoid((logits + noise) / temperature)


def straight_through(soft: jax.Array) -> jax.Array:
    """Hard decisions forward (exactly 0 or 1), the gradient of the soft ones backward.

    Args:
        soft: decisions in (0, 1).

    Returns:
        1 where `soft` is above 1/2, else 0.
    """
    hard = (soft > 0.5).astype(soft.dtype)
    # The parentheses matter: the bracket is exactly zero, so the value is exactly `hard`.
    return hard + (soft - jax.lax.stop_gradient(soft))


def decide(logits: jax.Array) -> jax.Array:
    """Decisions at evaluation: 1 where `sigmoid(logits)` is above 1/2, without noise."""
    return (logits > 0).astype(jnp.float32)
