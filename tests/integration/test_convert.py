"""Converting through the command line: there and back, to a program, and what does not fit."""

import dataclasses
import errno
import json
import os
from pathlib import Path

import numpy as np
import pytest

from acolvit_jax import train
from acolvit_jax.checkpoint.load import load_pretrained
from acolvit_jax.checkpoint.stablehlo import load_stablehlo
from acolvit_jax.checkpoint.state_dicts import read_state_dict, write_state_dict
from acolvit_jax.checkpoint.torch import to_state_dict
from acolvit_jax.checkpoint.weights import load_weights
from acolvit_jax.common.errors import CheckpointError, ConfigError
from acolvit_jax.config.variants import VARIANTS, icolorit
from acolvit_jax.convert import KINDS, main
from acolvit_jax.inference.colorizer import Colorizer
from acolvit_jax.models.params import flatten, init_params
from tests.integration.commands import SMALL as SMALL_RUN
from tests.integration.commands import one_line_error, output, refusal, run
from tests.models_on_disk import SMALL, random_params, write_model
from tests.photos import make_folder, make_rgb


@pytest.fixture(scope="module")
def published():
    """A state dict of the published shapes and names."""
    return to_state_dict(VARIANTS["tiny"], init_params(VARIANTS["tiny"], 1))


@pytest.mark.parametrize("suffix", [".pth", ".safetensors", ".npz"])
def test_there_and_back_bit_for_bit(tmp_path, published, suffix, capsys):
    if suffix == ".pth":
        pytest.importorskip("torch")
    prefixed = {f"module.{name}": value for name, value in published.items()}
    write_state_dict(tmp_path / f"w{suffix}", prefixed)
    main([str(tmp_path / f"w{suffix}"), str(tmp_path / "ours")])
    out = capsys.readouterr().out
    assert "A-ColViT, width 192, 12 blocks, 3 heads, patch 16, cnn head" in out
    assert "6,423,320 parameters" in out
    main([str(tmp_path / "ours"), str(tmp_path / f"back{suffix}"), "--to=torch"])
    back = read_state_dict(tmp_path / f"back{suffix}").arrays
    assert set(back) == set(published)
    for name, value in published.items():
        np.testing.assert_array_equal(back[name], value)


OWN = {"num_heads": 2, "smallest_budget": 0.3, "hint_size": 4}


@pytest.mark.parametrize("suffix", [".pth", ".safetensors"])
@pytest.mark.parametrize("shape", [{"width": 96}, {"image_size": 64}])
def test_a_model_of_ours_comes_back_with_its_whole_architecture(tmp_path, suffix, shape):
    if suffix == ".pth":
        pytest.importorskip("torch")
    model = write_model(tmp_path, any_budget=True, **OWN, **shape)
    main([str(model), str(tmp_path / f"w{suffix}"), "--to=torch"])
    main([str(tmp_path / f"w{suffix}"), str(tmp_path / "back")])
    (config, params), (own, own_params) = map(load_pretrained, (tmp_path / "back", model))
    assert config == own
    for name, value in flatten(own_params).items():
        np.testing.assert_array_equal(flatten(params)[name], value)


def test_what_an_npz_does_not_say_is_told(tmp_path):
    model = write_model(tmp_path, any_budget=True, **OWN, image_size=112)
    told = output(main, model, tmp_path / "w.npz", "--to=torch")
    said = ", ".join(f"{name}={value}" for name, value in OWN.items())
    assert f"; .npz does not say {said}, which .pth and .safetensors do" in told
    plain = write_model(tmp_path, image_size=112)
    assert "does not say" not in output(main, plain, tmp_path / "p.npz", "--to=torch")


@pytest.mark.parametrize(
    ("shape", "why"),
    [
        ({"width": 32, "hint_size": 4}, "embedding width 32 is no multiple of 64, a head's"),
        ({"patch_size": 1, "hint_size": 1}, "model.hint_size=2 must divide"),
    ],
)
def test_an_npz_that_is_not_read_back_says_so(tmp_path, shape, why):
    model = write_model(tmp_path, **shape)
    told = output(main, model, tmp_path / "w.npz", "--to=torch")
    assert f"; from .npz it cannot be read back ({why}" in told
    told = output(main, model, tmp_path / "w.safetensors", "--to=torch")
    assert "cannot be read back" not in told
    output(main, tmp_path / "w.safetensors", tmp_path / "back")


@pytest.mark.parametrize(
    ("note", "part"),
    [
        ("{", "it states an unknown architecture"),
        ('{"format": 99}', "it has format 99"),
        ('{"format": 2, "width": 65}', "model.num_heads=3 must divide"),
        ('{"format": 2, "depth": 3}', "keys do not fit: missing blocks.2"),
    ],
)
def test_an_architecture_that_does_not_fit_is_one_line(tmp_path, note, part):
    arrays = to_state_dict(SMALL, random_params())
    write_state_dict(tmp_path / "w.safetensors", arrays, note)
    code, message = refusal(main, tmp_path / "w.safetensors", tmp_path / "ours")
    assert (code, part in message) == (1, True), message


def test_every_command_takes_the_folder(tmp_path, published):
    write_state_dict(tmp_path / "w.safetensors", published)
    main([str(tmp_path / "w.safetensors"), str(tmp_path / "ours")])
    assert Colorizer(*load_pretrained(tmp_path / "ours"))(make_rgb(0)).decisions.shape == (12, 2)


def test_a_conversion_that_failed_to_write_is_repeated(tmp_path, published, monkeypatch):
    """It leaves an empty folder, which is in nobody's way; one with anything in it is."""
    write_state_dict(tmp_path / "w.safetensors", published)
    arguments = [str(tmp_path / "w.safetensors"), str(tmp_path / "ours")]

    def full(self, data):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patched:
        patched.setattr(Path, "write_bytes", full)
        with pytest.raises(OSError, match="No space left"):
            main(arguments)
    assert not any((tmp_path / "ours").iterdir())
    main(arguments)
    assert [path.name for path in (tmp_path / "ours").iterdir()] == ["weights.safetensors"]
    assert "exists; add --overwrite" in refusal(main, *arguments)[1]


def test_what_does_not_fit_is_listed_and_nothing_is_written(tmp_path, published):
    broken = dict(published)
    del broken["norm.bias"]
    broken["extra"] = np.zeros(1, np.float32)
    broken["head.head.bias"] = np.zeros(3, np.float32)
    write_state_dict(tmp_path / "w.npz", broken)
    with pytest.raises(CheckpointError) as raised:
        main([str(tmp_path / "w.npz"), str(tmp_path / "ours")])
    for part in ("missing norm.bias", "left over extra", "head.head.bias has shape (3,)"):
        assert part in str(raised.value)
    assert not (tmp_path / "ours").exists()


def test_a_model_is_packed_into_one_file_that_says_where_it_comes_from(tmp_path):
    model = write_model(tmp_path, any_budget=True)
    said = {"data": "none", "recipe": ["drawn at random"]}
    (tmp_path / "said.json").write_text(json.dumps(said))
    target, told = tmp_path / "packed.safetensors", f"--provenance={tmp_path / 'said.json'}"
    main([str(model), str(target), "--to=weights", told])
    packed, (config, params) = load_weights(target), load_pretrained(model)
    assert packed.config == config
    assert packed.provenance == said
    for name, value in flatten(params).items():
        half = np.asarray(value).astype(np.float16).astype(np.float32)
        np.testing.assert_array_equal(flatten(packed.params)[name], half)
    main([str(target), str(tmp_path / "again.safetensors"), "--to=weights"])
    assert load_weights(tmp_path / "again.safetensors").provenance == {"packed from": str(target)}


GIVEN = {
    "provenance": ["--provenance=said.json"],
    "learned": ["--learned", "before", "after"],
    "average": ["--average=model=0.5"],
    "budget": ["--budget=0.5"],
    "platforms": ["--platforms=cpu"],
    "dtype": ["--dtype=int8"],
}
TAKEN = {
    "jax": [],
    "torch": ["budget"],
    "weights": ["provenance", "learned", "average", "budget"],
    "stablehlo": ["budget", "platforms"],
    "onnx": ["budget", "dtype"],
    "web": ["dtype"],
}


@pytest.mark.parametrize("kind", KINDS)
def test_no_option_is_ignored(tmp_path, kind):
    """What a kind of conversion does not take is refused before anything is read or written."""
    for name in GIVEN.keys() - TAKEN[kind]:
        code, message = refusal(main, "model", tmp_path / "out", f"--to={kind}", *GIVEN[name])
        assert code == 1
        assert message.startswith(f"--{name}")
        assert message.endswith(f", not --to {kind}")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("text", "to", "named"),
    [
        ("[1]", "weights", "it holds no object, but list"),
        ("{", "weights", "cannot read the provenance"),
        ("{}", "stablehlo", r"--provenance=\S+ goes with --to weights, not --to stablehlo"),
    ],
)
def test_a_provenance_that_will_not_do_writes_nothing(tmp_path, text, to, named):
    model = write_model(tmp_path)
    (tmp_path / "said.json").write_text(text)
    target = tmp_path / "packed.safetensors"
    with pytest.raises(CheckpointError, match=named):
        main([str(model), str(target), f"--to={to}", f"--provenance={tmp_path / 'said.json'}"])
    assert not target.exists()


@pytest.mark.parametrize("any_budget", [False, True])
def test_the_exported_program_gives_the_same(tmp_path, any_budget):
    model = write_model(tmp_path, any_budget=any_budget)
    main([str(model), str(tmp_path / "program.bin"), "--to=stablehlo"])
    program = load_stablehlo(tmp_path / "program.bin")
    engine = Colorizer(*load_pretrained(model)).engine
    for seed in range(3):
        inputs = np.random.default_rng(seed).normal(size=(1, 32, 32, 4)).astype(np.float32)
        budget = (np.float32(0.4),) if any_budget else ()
        ab, decisions = program(inputs, *budget)
        expected = engine.one(inputs[0], *budget)
        np.testing.assert_allclose(ab[0], expected[0], atol=1e-6)
        np.testing.assert_array_equal(decisions[0], expected[1])
    (tmp_path / "program.bin").write_bytes(b"rubbish")
    with pytest.raises(CheckpointError, match="no exported program"):
        load_stablehlo(tmp_path / "program.bin")


def test_a_program_for_named_platforms(tmp_path):
    from jax import export

    model = write_model(tmp_path, any_budget=True)
    target = tmp_path / "program.bin"
    with pytest.raises(ConfigError, match="platform 'gpu' is unknown; use some of cpu, cuda"):
        main([str(model), str(target), "--to=stablehlo", "--platforms=gpu"])
    with pytest.raises(CheckpointError, match="--platforms goes with --to stablehlo"):
        main([str(model), str(target), "--to=torch", "--platforms=cpu"])
    main([str(model), str(target), "--to=stablehlo", "--platforms=cpu,cuda,tpu"])
    program = export.deserialize(bytearray(target.read_bytes()))
    assert program.platforms == ("cpu", "cuda", "tpu")
    inputs = np.zeros((1, 32, 32, 4), np.float32)
    ab, _ = program.call(inputs, np.float32(0.4))
    expected, _ = Colorizer(*load_pretrained(model)).engine.one(inputs[0], 0.4)
    np.testing.assert_allclose(ab[0], expected, atol=1e-5)  # sums in another order


def test_the_exported_program_keeps_its_conditionals(tmp_path):
    from jax import export

    main([str(write_model(tmp_path)), str(tmp_path / "p.bin"), "--to=stablehlo"])
    program = export.deserialize(bytearray((tmp_path / "p.bin").read_bytes()))
    assert program.mlir_module().count("stablehlo.case") == 2 * SMALL.depth


def test_training_starts_from_a_converted_icolorit(tmp_path):
    """As the paper does: decision heads and policy token new, the bias table left out."""
    # The options of the small run, whose heads are narrower than a published model's.
    config = dataclasses.replace(
        icolorit("tiny", rel_pos_bias=True),
        **{"width": 64, "depth": 2, "num_heads": 1, "patch_size": 8, "image_size": 32},
    )
    write_state_dict(tmp_path / "w.npz", to_state_dict(config, random_params(config)))
    main([str(tmp_path / "w.npz"), str(tmp_path / "dense")])
    photos = make_folder(tmp_path / "photos", 12)
    out = output(
        train.main,
        "--config=configs/tiny.py:0.5,folder",
        f"--config.data.path={photos}",
        f"--workdir={tmp_path / 'run'}",
        f"--config.train.init_from={tmp_path / 'dense'}",
        *SMALL_RUN,
        "--config.model.width=64",
        "--config.model.num_heads=1",
        "--config.train.steps=1",
    )
    assert "5 new (blocks.gate.linear.bias, blocks.gate.linear.kernel, policy_token)" in out
    assert "2 left out (blocks.attention.bias_table)" in out
    assert "A-ColViT has no relative position bias" in out


def test_bad_input_gives_one_line(tmp_path):
    (tmp_path / "w.pth").write_bytes(b"rubbish")
    pytest.importorskip("torch")
    message = one_line_error(run("convert", tmp_path / "w.pth", tmp_path / "ours"), 1)
    assert "is damaged" in message
    code, message = refusal(main, tmp_path / "w.pth", tmp_path)
    assert (code, "exists; add --overwrite" in message) == (1, True)
    code, message = refusal(main, "a", "b", "--to=tflite")
    assert (code, "invalid choice" in message) == (2, True)


@pytest.mark.parametrize("source", ["pretrained", "model.safetensors", "run", "run/checkpoints/2"])
def test_a_model_of_ours_wants_a_target_to_be_named(tmp_path, source):
    (tmp_path / "run" / "checkpoints").mkdir(parents=True)
    (tmp_path / "run" / "config.json").write_text("{}")
    write_model(tmp_path)
    source = source if source == "pretrained" else tmp_path / source
    code, message = refusal(main, source, tmp_path / "ours")
    assert (code, message) == (
        1,
        f"{source} is a model of ours already; name what to make of it with --to: "
        "torch, weights, stablehlo, onnx, web",
    )
    code, message = refusal(main, tmp_path / "none", tmp_path / "ours")
    assert (code, message) == (1, f"no file at {tmp_path / 'none'}")


@pytest.mark.parametrize(
    ("name", "value", "part"),
    [
        ("norm.bias", np.full(192, np.nan, np.float32), "not finite real numbers: norm.bias"),
        ("norm.bias", np.array(["text"] * 192), "not finite real numbers: norm.bias"),
        ("blocks.0.mlp.fc1.weight", np.float32(3), "mlp.fc1.weight"),
        ("blocks.2000.x", np.zeros(1, np.float32), "not numbered from 0 on"),
    ],
)
def test_odd_arrays_are_named(tmp_path, published, name, value, part):
    np.savez(tmp_path / "w.npz", **(published | {name: value}))
    with pytest.raises(CheckpointError) as raised:
        main([str(tmp_path / "w.npz"), str(tmp_path / "ours")])
    assert part in str(raised.value)
