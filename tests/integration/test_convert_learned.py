"""Adding what a model learned to another: what is added, what is said of it, what is refused."""

import dataclasses
import json

import numpy as np
import pytest

from acolvit_jax.checkpoint.load import load_pretrained
from acolvit_jax.checkpoint.weights import load_weights, save_weights
from acolvit_jax.common.errors import CheckpointError
from acolvit_jax.convert import main
from acolvit_jax.models.params import flatten, nest
from tests.models_on_disk import write_model


def trained_on(path, amount):
    """The same model after some steps, as a file beside it."""
    config, params, said = load_weights(path)
    rng = np.random.default_rng(7)
    moved = {n: v + amount * rng.normal(size=v.shape) for n, v in flatten(params).items()}
    after = path.with_name("after.safetensors")
    save_weights(after, config, nest(moved), said)
    return after


def learn(own, target, before, after, *more):
    main([str(own), str(target), "--to=weights", "--learned", str(before), str(after), *more])
    return load_weights(target)


def test_what_a_dense_model_learned_is_added_to_one_that_skips(tmp_path, capsys):
    own = write_model(tmp_path / "own", any_budget=True)
    before = write_model(tmp_path / "dense", seed=1, gated=False)
    after = trained_on(before, 0.01)
    more = learn(own, tmp_path / "more.safetensors", before, after)
    made = {"made": "by a test"}
    assert more.provenance == {
        "packed from": str(own),
        "learned": [{"model": str(before), **made}, {"model": str(after), **made}],
    }
    assert f"with what {after} learned since {before} (a change of " in capsys.readouterr().out
    a, b, c = (flatten(load_pretrained(model)[1]) for model in (own, before, after))
    assert {"policy_token", "budget_embed"} <= a.keys() - b.keys()
    for name, value in flatten(more.params).items():
        expected = a[name] + (c[name] - b[name] if name in b else 0)
        np.testing.assert_allclose(value, expected, rtol=1e-3, atol=1e-6)


def test_how_a_model_was_computed_does_not_matter_to_what_it_learned(tmp_path):
    own = write_model(tmp_path / "own")
    after = trained_on(own, 0.01)
    config, params, said = load_weights(after)
    save_weights(after, dataclasses.replace(config, dtype="bfloat16"), params, said)
    more = learn(own, tmp_path / "more.safetensors", own, after)
    assert more.config.dtype == "float32"
    learned = flatten(params)
    for name, value in flatten(more.params).items():
        np.testing.assert_allclose(value, learned[name], rtol=1e-3, atol=1e-6)


def test_a_provenance_says_all_of_what_was_added_to(tmp_path):
    own = write_model(tmp_path)
    after = trained_on(own, 0.01)
    (tmp_path / "said.json").write_text(json.dumps({"recipe": ["added"]}))
    told = f"--provenance={tmp_path / 'said.json'}"
    more = learn(own, tmp_path / "more.safetensors", own, after, told)
    assert more.provenance == {"recipe": ["added"]}


@pytest.mark.parametrize(
    ("other", "named"),
    [
        ({"depth": 3}, "is another architecture: depth 3 for 2"),
        ({"num_heads": 2}, "is another architecture: num_heads 2 for 1"),
        ({"any_budget": True}, "does not fit: there is no budget_embed to add to"),
        (
            {"gated": False, "rel_pos_bias": True},
            "there is no blocks.0.attention.bias_table, no blocks.1.attention.bias_table to add",
        ),
    ],
)
def test_what_another_kind_of_model_learned_is_refused(tmp_path, other, named):
    own, before = write_model(tmp_path / "own"), write_model(tmp_path / "other", **other)
    target = tmp_path / "more.safetensors"
    with pytest.raises(CheckpointError, match=named):
        learn(own, target, before, trained_on(before, 0.01))
    assert not target.exists()


def test_states_that_are_no_two_of_one_model_are_refused(tmp_path):
    own, dense = write_model(tmp_path / "own"), write_model(tmp_path / "dense", gated=False)
    target, unrelated = tmp_path / "more.safetensors", write_model(tmp_path / "other", seed=1)
    for before, after, named in (
        (own, own, "are the same"),
        (own, unrelated, r"differs from \S+ by \d+%; what it learned"),
        (own, dense, "are two kinds of model"),
        (own, tmp_path / "none", "--learned: no model at"),
    ):
        with pytest.raises(CheckpointError, match=named):
            learn(own, target, before, after)
    with pytest.raises(CheckpointError, match="--learned goes with --to weights, not --to torch"):
        main([str(own), str(tmp_path / "a.npz"), "--to=torch", "--learned", str(own), str(own)])
    assert sorted(path.name for path in tmp_path.iterdir()) == ["dense", "other", "own"]
