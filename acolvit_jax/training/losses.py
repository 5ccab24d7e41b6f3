"""The two losses of the paper (eq. 9 and 10), and one in decibels, in float32."""

from __future__ import annotations

import jax
import jax.numpy as jnp

from acolvit_jax.config.training import TrainConfig
from acolvit_jax.photo import metrics
from acolvit_jax.training.micro_batches import Batch

ERROR_FLOOR = 1e-4  # added to the squared error: at 40 dB half of a decibel counts


def color_loss(ab: jax.Array, batch: Batch, settings: TrainConfig) -> jax.Array:
    """What the colors cost, against the photos or, with a teacher, against the teacher's.

    In decibels the teacher's own error belongs to the cost. For a student that errs by chance
    around its teacher, the sum of both errors is its error against the photo; how far it is from
    the teacher then matters less where the teacher is wrong anyway. It makes the gradient three to
    ten times smaller than that of the Huber loss: a smaller weight of the sparsity loss fits.

    Args:
        ab: normalized a, b, `[B, H, W, 2]`.
        batch: `inputs`, `target_ab` and with a teacher `teacher_ab`, as the step gets it.
        settings: for the loss, the delta of Huber and whether there is a teacher.

    Returns:
        float32 `[B]`.
    """
    learned = batch["teacher_ab"] if settings.teacher else batch["target_ab"]
    if settings.loss == "huber":
        return huber(ab, learned, settings.huber_delta)
    l_norm = batch["inputs"][..., 0]
    error = srgb_squared_error(l_norm, ab, learned)
    if settings.teacher:
        error += srgb_squared_error(l_norm, learned, batch["target_ab"])
    return negative_psnr(error)


def regret(ab: jax.Array, batch: Batch) -> jax.Array:
    """How much worse an image is than before its last hints, in the units of `negative_psnr`.

    Against the photo, with a teacher too. A hint is the photo's own color, and yet one that tells
    of an exception can make the rest of a result worse. The mean of a loss hardly sees that: what
    most hints gain is more.

    Args:
        ab: normalized a, b, `[B, H, W, 2]`.
        batch: `inputs`, `target_ab` and `error_before` `[B]` (`corrections.make_correct`), infinite
            where no such hints were given.

    Returns:
        float32 `[B]`, 0 where the image is no worse, or got no such hints.
    """
    error = srgb_squared_error(batch["inputs"][..., 0], ab, batch["target_ab"])
    return jax.nn.relu(negative_psnr(error) - negative_psnr(batch["error_before"]))


def huber(predicted: jax.Array, target: jax.Array, delta: float) -> jax.Array:
    """Huber loss on colors, in the form of the reference: slope 1 beyond delta.

    `d^2 / (2 delta)` below delta and `d - delta / 2` above, summed over the two channels, mean
    over the pixels of an image.

    Args:
        predicted: normalized a, b, `[B, H, W, 2]`.
        target: of the same shape.
        delta: where the square ends, in normalized units.

    Returns:
        float32 `[B]`; the paper's loss is its mean.
    """
    d = jnp.abs(predicted.astype(jnp.float32) - target)
    per_channel = jnp.where(d < delta, 0.5 * d**2 / delta, d - 0.5 * delta)
    return per_channel.sum(axis=-1).mean(axis=(1, 2))


def srgb_squared_error(l_norm: jax.Array, predicted: jax.Array, target: jax.Array) -> jax.Array:
    """Squared error of colors in sRGB, the one that PSNR is made of.

    Colors outside sRGB are clipped, as they are when shown. A pixel whose three channels all clip
    has no gradient: this is for a model that already predicts colors.

    Args:
        l_norm: normalized L of the photos, `[B, H, W]`.
        predicted: normalized a, b, `[B, H, W, 2]`.
        target: of the same shape.

    Returns:
        float32 `[B]`, the mean over pixels and channels of sRGB in [0, 1].
    """
    return srgb_squared_errors(l_norm, predicted, target).mean(axis=(1, 2))


def srgb_squared_errors(l_norm: jax.Array, predicted: jax.Array, target: jax.Array) -> jax.Array:
    """`srgb_squared_error` by pixel: float32 `[B, H, W]`, the mean over the channels."""
    shown = metrics.compose_rgb(l_norm, predicted) - metrics.compose_rgb(l_norm, target)
    return jnp.square(shown).mean(axis=-1)


def decibels_over_grey(l_norm: jax.Array, ab: jax.Array, target: jax.Array) -> jax.Array:
    """How much better than the grey photo the predicted colors are.

    Every fourth row and column is looked at: this is for the log, not for scores.

    Args:
        l_norm: normalized L of the photos, `[B, H, W]`.
        ab: predicted, normalized a, b, `[B, H, W, 2]`.
        target: of the same shape.

    Returns:
        float32 `[B]` in dB; no gradient.
    """
    l_norm, ab, target = (x[:, ::4, ::4] for x in (l_norm, jax.lax.stop_gradient(ab), target))
    truth = metrics.compose_rgb(l_norm, target)
    shown = (metrics.compose_rgb(l_norm, x) for x in (ab, jnp.zeros_like(target)))
    colored, grey = (metrics.psnr(x, truth) for x in shown)
    return colored - grey


def negative_psnr(squared_errors: jax.Array) -> jax.Array:
    """What errors cost in decibels: PSNR times -1/100, bounded where there is little left to gain.

    A decibel counts the same up to about 30 dB (0.91 there), half at 40 dB and little beyond, so
    that nearly grey photos, which are easy, do not outweigh the rest.

    Args:
        squared_errors: `[B]`, 0 or more.

    Returns:
        float32 `[B]`, -0.4 where there is no error, 0 at an error of 1.
    """
    return 0.1 * jnp.log10(squared_errors + ERROR_FLOOR)


def sparsity(decisions: jax.Array, budgets: jax.Array | float) -> jax.Array:
    """Squared distance of the keep ratio from its budget (paper eq. 9).

    The mean runs over all images of a group, the blocks and both sublayers. The paper's batch is
    one group; for a model of any budget every image is a group of its own (`budget_by_photo`).

    Args:
        decisions: `[B, depth, 2]`, 1 where a sublayer is computed.
        budgets: keep ratios beta in (0, 1], one a group, `[G]`, G a divisor of B; or one number.

    Returns:
        A float32 scalar, the mean over the groups.
    """
    groups = jnp.atleast_1d(budgets)
    keep = decisions.reshape(groups.size, -1).mean(axis=1)  # [G]
    return ((keep - groups) ** 2).mean()
