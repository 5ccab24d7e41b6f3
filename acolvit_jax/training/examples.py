"""Training examples made on the devices, of photos that stay there."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
from jax.sharding import Mesh

from acolvit_jax.config import Config, DataConfig, ModelConfig
from acolvit_jax.data.memory import Photos
from acolvit_jax.data.transforms import in_steps
from acolvit_jax.photo import color
from acolvit_jax.training import aging, cells, crops, sharding
from acolvit_jax.training.micro_batches import Batch

Transform = Callable[[Batch], Batch]
STREAM = 0x70686F74  # parts this randomness from that of the step


def make_transform(config: Config, photos: Photos, mesh: Mesh) -> Transform:
    """Sends photos to every device and builds what makes training examples of them.

    Args:
        config: of the run.
        photos: all of them, the same on every process.
        mesh: of the run.

    Returns:
        `transform(batch) -> batch`: of `photo` and `number`, int32 `[B]` as `memory.Choices` gives
        them, what `data.transforms.TrainTransform` gives: `l`, `ab`, `hinted` and for windows
        `origin`. The same seed and number give the same example.
    """
    everywhere, batches = sharding.replicated(mesh), sharding.batch_sharding(mesh)
    most = crops.most_lines(photos.lines.shape[1], config.model.image_size)
    most = min(most, int(photos.sizes.max()))
    kept = Photos(*(jax.make_array_from_process_local_data(everywhere, x) for x in photos))
    root = jax.random.fold_in(jax.random.key(config.train.seed), STREAM)
    one = functools.partial(transform_one, data=config.data, model=config.model, most=most)

    def transform(photos: Any, batch: Batch) -> Batch:
        keys = jax.vmap(functools.partial(jax.random.fold_in, root))(batch["number"])
        first, sizes = photos.first[batch["photo"]], photos.sizes[batch["photo"]]
        return jax.vmap(one, in_axes=(0, None, 0, 0))(keys, photos.lines, first, sizes)

    compiled = jax.jit(transform, in_shardings=(everywhere, batches), out_shardings=batches)
    return lambda batch: compiled(kept, batch)


def transform_one(
    key: jax.Array,
    lines: jax.Array,
    first: jax.Array,
    size: jax.Array,
    *,
    data: DataConfig,
    model: ModelConfig,
    most: int,
) -> Batch:
    """Crops, converts and hints a photo, as `data.transforms.TrainTransform` does.

    Args:
        key: of the randomness.
        lines: uint8 `[R, M, 3]`, the photos as `data.memory` has them.
        first: int32, the line in which this one begins.
        size: int32 `[2]`, its height and width.
        data: crops, hints and window size.
        model: size of image and patch.
        most: lines that a crop is made of, at most.

    Returns:
        `l` int16 `[S, S]`, `ab` int16 `[S, S, 2]`, `hinted` bool `[S / h, S / h]`, for windows
        `origin` int32 `[2]`.
    """
    box_key, origin_key, flip_key, hint_key, age_key = jax.random.split(key, 5)
    window = data.window or model.grid_size
    origin = jax.random.randint(origin_key, (2,), 0, model.grid_size - window + 1)
    box = crops.draw_box(box_key, size, data.crop_scale_min)
    box = crops.window_box(box, origin, window, model.grid_size)
    shown = crops.resample(lines, first, size, box, window * model.patch_size, most)
    if data.flip:
        shown = jnp.where(jax.random.bernoulli(flip_key), shown[:, ::-1], shown)
    lab = color.rgb_to_planes([shown[..., i] / 255 for i in range(3)], jnp)
    l_norm = color.normalize_l(lab[0])
    ab_norm = color.normalize_ab(jnp.stack(lab[1:], axis=-1))
    hinted = _hinted(hint_key, ab_norm, origin, data, model)
    if data.aged_share:
        age_key, share_key = jax.random.split(age_key)
        aged = aging.age_lightness(age_key, l_norm)
        l_norm = jnp.where(jax.random.bernoulli(share_key, data.aged_share), aged, l_norm)
    example = {"l": in_steps(l_norm, jnp), "ab": in_steps(ab_norm, jnp), "hinted": hinted}
    return example | ({"origin": origin} if data.window else {})


def _hinted(
    key: jax.Array, ab_norm: jax.Array, origin: jax.Array, data: DataConfig, model: ModelConfig
) -> jax.Array:
    """Hinted cells of an image or window, bool `[R, R]`."""
    share_key, uniform_key, click_key = jax.random.split(key, 3)
    h = model.hint_size
    side = ab_norm.shape[0] // h
    uniform = cells.draw_uniform(uniform_key, model.image_size // h, data)
    corner = origin * (model.patch_size // h)
    uniform = jax.lax.dynamic_slice(uniform, (corner[0], corner[1]), (side, side))
    if not data.click_share:
        return uniform
    means = ab_norm.reshape(side, h, side, h, 2).mean(axis=(1, 3))
    clicked = cells.draw_clicks(click_key, means, data)
    return jnp.where(jax.random.bernoulli(share_key, data.click_share), clicked, uniform)
