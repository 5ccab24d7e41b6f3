"""Published state dicts: names, shapes, numerical parity with an independent forward."""

import itertools

import jax
import numpy as np
import pytest
from flax import nnx

from acolvit_jax.checkpoint.torch import from_state_dict, to_state_dict
from acolvit_jax.common.errors import CheckpointError
from acolvit_jax.config import ModelConfig
from acolvit_jax.config.variants import VARIANTS
from acolvit_jax.models.acolvit import ACoLViT
from acolvit_jax.models.params import graphdef_of
from tests.models.numpy_reference import forward

WIDTHS = {"tiny": 192, "small": 384, "base": 768}


def published_shapes(width, *, depth=12, gated=True, bias_table=False, head="cnn"):
    """Names and shapes of a published state dict, written out from the reference."""
    shapes = {
        "patch_embed.proj.weight": (width, 4, 16, 16),
        "patch_embed.proj.bias": (width,),
        "norm.weight": (width,),
        "norm.bias": (width,),
    }
    if head == "cnn":
        shapes |= {"head.head.weight": (512, width, 3, 3), "head.head.bias": (512,)}
    else:
        shapes |= {"head.weight": (512, width), "head.bias": (512,)}
    if gated:
        shapes["policy_token"] = (1, 1, width)
    for i in range(depth):
        block = {
            "norm1.weight": (width,),
            "norm1.bias": (width,),
            "norm2.weight": (width,),
            "norm2.bias": (width,),
            "attn.q_bias": (width,),
            "attn.v_bias": (width,),
            "attn.qkv.weight": (3 * width, width),
            "attn.proj.weight": (width, width),
            "attn.proj.bias": (width,),
            "mlp.fc1.weight": (4 * width, width),
            "mlp.fc1.bias": (4 * width,),
            "mlp.fc2.weight": (width, 4 * width),
            "mlp.fc2.bias": (width,),
        }
        if bias_table:
            block["attn.rpb_table"] = (729, width // 64)
        if gated:
            block |= {
                "layer_select.mlp_head.weight": (2, width),
                "layer_select.mlp_head.bias": (2,),
            }
        shapes |= {f"blocks.{i}.{name}": shape for name, shape in block.items()}
    return shapes


def state_dict(width, *, scale=0.05, **options):
    """A random state dict."""
    rng = np.random.default_rng(0)
    shapes = published_shapes(width, **options)
    arrays = {n: scale * rng.standard_normal(s, np.float32) for n, s in shapes.items()}
    for name in arrays:
        if "norm" in name and name.endswith("weight"):
            arrays[name] += 1
    return arrays


ALL = [
    (size, gated, table, head)
    for size, (gated, table), head in itertools.product(
        WIDTHS, [(True, False), (False, False), (False, True)], ["cnn", "linear"]
    )
]


@pytest.mark.parametrize(("size", "gated", "table", "head"), ALL)
def test_every_published_shape_converts_and_back_bit_for_bit(size, gated, table, head):
    shapes = published_shapes(WIDTHS[size], gated=gated, bias_table=table, head=head)
    rng = np.random.default_rng(0)
    theirs = {name: rng.random(shape, np.float32) for name, shape in shapes.items()}
    config, params = from_state_dict(theirs)
    assert config.width == VARIANTS[size].width
    assert config.num_heads == VARIANTS[size].num_heads
    assert (config.gated, config.rel_pos_bias, config.head) == (gated, table, head)
    assert (config.depth, config.patch_size, config.image_size) == (12, 16, 224)
    back = to_state_dict(config, params)
    assert back.keys() == theirs.keys()
    for name in theirs:
        np.testing.assert_array_equal(back[name], theirs[name])


@pytest.mark.parametrize(
    ("width", "options"),
    [
        (192, {"gated": True}),
        (192, {"gated": False}),
        (192, {"gated": False, "bias_table": True}),
        (192, {"gated": True, "head": "linear"}),
        (384, {"gated": True, "depth": 4}),
    ],
)
def test_the_forward_equals_an_independent_one(width, options):
    theirs = state_dict(width, **options)
    config, params = from_state_dict(theirs)
    image = np.random.default_rng(1).normal(size=(224, 224, 4)).astype(np.float32)
    expected, expected_decisions = forward(theirs, image, width // 64)
    graphdef = graphdef_of(config)
    compiled = jax.jit(lambda params, x: nnx.merge(graphdef, params)(x, train=False))
    ab, decisions = compiled(params, image[None])
    np.testing.assert_array_equal(decisions[0], expected_decisions)
    assert expected.std() > 0.02
    np.testing.assert_allclose(ab[0], expected, atol=1e-4)


def test_decisions_really_differ_in_the_parity_test():
    theirs = state_dict(192)
    image = np.random.default_rng(1).normal(size=(224, 224, 4)).astype(np.float32)
    _, decisions = forward(theirs, image, 3)
    assert 0 < decisions.sum() < decisions.size


def test_prefixes_buffers_and_half_precision_are_taken():
    theirs = state_dict(192, depth=1, gated=False, bias_table=True)
    wrapped = {f"module.{n}": v.astype(np.float16) for n, v in theirs.items()}
    wrapped["module.blocks.0.attn.relative_position_index"] = position_index(14)
    config, params = from_state_dict(wrapped)
    assert config.depth == 1
    assert all(leaf.dtype == np.float32 for leaf in jax.tree.leaves(params))


def test_every_key_that_does_not_fit_is_listed():
    theirs = state_dict(192, depth=2)
    del theirs["norm.bias"], theirs["blocks.1.attn.q_bias"]
    theirs["extra.weight"] = np.zeros(3, np.float32)
    theirs["head.head.bias"] = np.zeros(511, np.float32)
    with pytest.raises(CheckpointError) as caught:
        from_state_dict(theirs)
    message = str(caught.value)
    for part in (
        "4 keys",
        "missing norm.bias",
        "missing blocks.1.attn.q_bias",
        "left over extra.weight",
        "head.head.bias has shape (511,), not (512,)",
    ):
        assert part in message
    assert "\n" not in message


@pytest.mark.parametrize(
    "foreign",
    [
        {},
        {"weight": np.zeros(3)},
        {"blocks.0.x": np.zeros(3)},
        {f"blocks.{'9' * 5000}.x": np.zeros(3)},
    ],
)
def test_a_foreign_state_dict_is_told(foreign):
    with pytest.raises(CheckpointError, match="no state dict of A-ColViT or iColoriT"):
        from_state_dict(foreign)


def test_a_model_of_any_budget_survives_the_round_trip():
    config = ModelConfig(width=64, depth=2, num_heads=1, any_budget=True)
    params = nnx.to_pure_dict(nnx.state(ACoLViT(config, rngs=nnx.Rngs(0)), nnx.Param))
    params["budget_embed"] = np.arange(192, dtype=np.float32).reshape(3, 64)
    back_config, back = from_state_dict(to_state_dict(config, params))
    assert back_config == config
    jax.tree.map(np.testing.assert_array_equal, back, params)


def position_index(grid):
    """The published buffer, pair by pair."""
    places = list(itertools.product(range(grid), repeat=2))
    rows = [
        [(qy - ky + grid - 1) * (2 * grid - 1) + qx - kx + grid - 1 for ky, kx in places]
        for qy, qx in places
    ]
    return np.array(rows, np.int64)


def test_a_grid_that_the_buffers_do_not_have_is_refused():
    given = state_dict(64, depth=1, gated=False)
    from_state_dict(given | {"blocks.0.attn.relative_position_index": position_index(14)})
    given["blocks.0.attn.relative_position_index"] = position_index(7)
    with pytest.raises(CheckpointError, match=r"shape \(49, 49\) is not that of 14x14 patches"):
        from_state_dict(given)
