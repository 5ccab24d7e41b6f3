"""Writing a model that others had a part in, and one of any budget as one of a fixed budget."""

import numpy as np
import pytest

from acolvit_jax.checkpoint.stablehlo import load_stablehlo
from acolvit_jax.checkpoint.state_dicts import read_state_dict
from acolvit_jax.checkpoint.weights import load_weights, save_weights
from acolvit_jax.common.errors import UserError
from acolvit_jax.convert import main
from acolvit_jax.inference.colorizer import Colorizer
from acolvit_jax.inference.tones import Tones
from acolvit_jax.models.params import flatten, nest
from acolvit_jax.photo import color
from tests.models_on_disk import write_model
from tests.photos import make_rgb


@pytest.mark.parametrize("to", ["torch", "weights", "stablehlo"])
def test_a_model_of_any_budget_is_written_at_one(tmp_path, to, capsys):
    model = write_model(tmp_path, any_budget=True, image_size=112)  # 14 patches, as published
    target = tmp_path / "fixed.safetensors"
    main([str(model), str(target), f"--to={to}", "--budget=0.3"])
    assert "any budget" not in capsys.readouterr().out
    if to == "torch":
        assert not any("budget" in name for name in read_state_dict(target).arrays)
        main([str(target), str(tmp_path / "fixed")])
        target = tmp_path / "fixed"
    photo = make_rgb(0)
    theirs = Colorizer.from_pretrained(model, budget=0.3)(photo)
    if to == "stablehlo":
        inputs = np.concatenate(
            [Tones.of(photo, 112).norm, np.zeros((112, 112, 3), np.float32)], axis=-1
        )
        ab, decisions = load_stablehlo(target)(inputs[None])
        np.testing.assert_array_equal(decisions[0], theirs.decisions)
        np.testing.assert_allclose(color.denormalize_ab(np.asarray(ab[0])), theirs.ab, atol=1e-3)
        return
    ours = Colorizer.from_pretrained(target)(photo)
    np.testing.assert_array_equal(ours.decisions, theirs.decisions)
    # In Lab; weights are rounded to float16.
    np.testing.assert_allclose(ours.ab, theirs.ab, atol=0.5 if to == "weights" else 1e-3)


@pytest.mark.parametrize(
    ("any_budget", "options", "named"),
    [
        (True, ["--to=weights", "--budget=0.05"], r"budget=0.05 must be in \[0.1, 1\]"),
        (False, ["--to=weights", "--budget=0.5"], "budget was fixed when it was trained"),
        (True, ["--budget=0.5"], "--budget=0.5 goes with --to torch, weights, stablehlo or onnx"),
    ],
)
def test_a_budget_that_cannot_be_had_writes_nothing(tmp_path, any_budget, options, named):
    model = write_model(tmp_path, any_budget=any_budget)
    target = tmp_path / "fixed.safetensors"
    with pytest.raises(UserError, match=named):
        main([str(model), str(target), *options])
    assert not target.exists()


def test_what_was_learned_is_added_before_the_budget_is_fixed(tmp_path):
    model = write_model(tmp_path, any_budget=True)
    config, params, said = load_weights(model)
    after = tmp_path / "after.safetensors"
    moved = {name: value + np.float32(0.001) for name, value in flatten(params).items()}
    save_weights(after, config, nest(moved), said)
    target = tmp_path / "fixed.safetensors"
    learned = ["--learned", str(model), str(after)]
    main([str(model), str(target), "--to=weights", "--budget=0.3", *learned])
    packed = load_weights(target)
    assert packed.provenance["budget"] == 0.3
    # What beta adds to the policy token grows as the token does: 0.001 * (0.3 + 0.09 + 1).
    embed, token = (flatten(params)[name] for name in ("budget_embed", "policy_token"))
    beta = np.array([0.3, 0.09, 1.0], np.float32)
    expected = token + 0.001 + beta @ (embed + np.float32(0.001))
    np.testing.assert_allclose(packed.params["policy_token"], expected, atol=1e-3)


def test_the_mean_has_the_shares_asked_for(tmp_path, capsys):
    model = write_model(tmp_path)
    config, params, _ = load_weights(model)
    others = [tmp_path / "one.safetensors", tmp_path / "two.safetensors"]
    for path, moved in zip(others, (1.0, 8.0), strict=True):
        values = {name: value + np.float32(moved) for name, value in flatten(params).items()}
        save_weights(path, config, nest(values), {})
    target = tmp_path / "mean.safetensors"
    shares = [f"--average={others[0]}=0.5", f"--average={others[1]}=0.125"]
    main([str(model), str(target), "--to=weights", *shares])
    assert f"averaged with {others[0]}=0.5" in capsys.readouterr().out
    packed = load_weights(target)
    assert packed.provenance["averaged with"] == [f"{others[0]}=0.5", f"{others[1]}=0.125"]
    ours = flatten(packed.params)
    for name, value in flatten(params).items():
        np.testing.assert_allclose(ours[name], value + 0.5 * 1 + 0.125 * 8, atol=2e-3)


@pytest.mark.parametrize(
    ("options", "named"),
    [
        (["--to=weights", "--average=MODEL"], "wanted MODEL=SHARE"),
        (["--to=weights", "--average=MODEL=1.5"], r"the share in \(0, 1\)"),
        (["--to=weights", "--average=MODEL=0.6", "--average=MODEL=0.4"], "leave none"),
        (["--to=weights", "--average=pretrained=0.5"], "--average: pretrained"),
        (["--to=torch", "--average=MODEL=0.5"], "--average goes with --to weights"),
    ],
)
def test_a_mean_that_cannot_be_had_writes_nothing(tmp_path, options, named):
    model = write_model(tmp_path)
    target = tmp_path / "mean.pth" if "--to=torch" in options else tmp_path / "mean.safetensors"
    with pytest.raises(UserError, match=named):
        main([str(model), str(target), *(o.replace("MODEL", str(model)) for o in options)])
    assert not target.exists()
