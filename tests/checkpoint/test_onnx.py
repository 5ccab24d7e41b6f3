"""ONNX files, in an environment that has jax2onnx (see docs/web.md)."""

import dataclasses
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from acolvit_jax.checkpoint.load import load_pretrained
from acolvit_jax.checkpoint.onnx import load_onnx
from acolvit_jax.checkpoint.onnx_weights import ENCODINGS
from acolvit_jax.common.errors import CheckpointError
from acolvit_jax.config.variants import VARIANTS, icolorit
from acolvit_jax.convert import main
from acolvit_jax.inference.colorizer import Colorizer
from acolvit_jax.inference.tones import Tones
from acolvit_jax.models.prepared import prepare_params
from acolvit_jax.models.skipping import forward
from acolvit_jax.photo import images
from tests.models_on_disk import SMALL, write_model

ROOT = Path(__file__).resolve().parents[2]


def test_without_the_exporter_one_line_says_what_to_do(monkeypatch, tmp_path):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(CheckpointError, match=r"pip install '\.\[onnx\]'"):
        main([str(write_model(tmp_path)), str(tmp_path / "m.onnx"), "--to=onnx"])
    assert not (tmp_path / "m.onnx").exists()


def test_a_dtype_goes_with_onnx_only(tmp_path):
    with pytest.raises(CheckpointError, match="--dtype=int8 goes with --to onnx or web, not"):
        main([str(write_model(tmp_path)), str(tmp_path / "m.npz"), "--to=torch", "--dtype=int8"])


def exported(folder, *arguments, **options):
    pytest.importorskip("jax2onnx")
    model, target = write_model(folder, **options), folder / "model.onnx"
    main([str(model), str(target), "--to=onnx", *arguments])
    return model, target


def nodes(graph):
    for node in graph.node:
        yield node
        for attribute in node.attribute:
            if attribute.HasField("g"):
                yield from nodes(attribute.g)


def photo_inputs(size, seed):
    """A photo of ours at the model's size, with two hints."""
    photo = sorted((ROOT / "acolvit_jax/assets/photos").glob("*.jpg"))[seed]
    lightness = Tones.of(images.read_image(photo), size).norm
    planes = np.zeros((size, size, 3), np.float32)
    planes[4:6, 8:10] = 0.3, -0.2, 1.0
    planes[20:22, 2:4] = -0.4, 0.5, 1.0
    return np.concatenate([lightness, planes], axis=-1)


BASE = dataclasses.asdict(dataclasses.replace(VARIANTS["base"], depth=1))
DENSE_BASE = dataclasses.asdict(dataclasses.replace(icolorit("base", rel_pos_bias=True), depth=1))


@pytest.mark.parametrize(
    "options",
    [
        {"any_budget": True},
        {},
        {"gated": False},
        {"gated": False, "rel_pos_bias": True, "head": "linear"},
        {"any_budget": True, "dtype": "bfloat16"},
        BASE,
        DENSE_BASE,
    ],
    ids=["any", "fixed", "dense", "dense with biases", "any bfloat16", "base", "dense base"],
)
def test_every_kind_does_what_jax_does(tmp_path, options):
    model, target = exported(tmp_path, **options)
    config, params = load_pretrained(model)
    engine = Colorizer(dataclasses.replace(config, dtype="float32"), params).engine
    program = load_onnx(target)
    # Sums in another order: they err as the root of their length.
    close = 2e-5 * np.sqrt(config.width / 192)
    for seed, budget in enumerate((1.0, 0.5, 0.3)):
        inputs = photo_inputs(config.image_size, seed)
        asked = (budget,) if config.any_budget else ()
        ab, decisions = program(inputs[None], *asked)
        expected = engine.one(inputs, *asked)
        np.testing.assert_allclose(ab[0], expected[0], atol=close)
        np.testing.assert_array_equal(decisions[0], expected[1])


def test_the_file_says_what_a_caller_needs_and_holds_the_conditionals(tmp_path):
    import_onnx = pytest.importorskip("onnx")
    _, target = exported(tmp_path, any_budget=True)
    model = import_onnx.load(target)
    assert [i.name for i in model.graph.input] == ["inputs", "budget"]
    assert [o.name for o in model.graph.output] == ["ab", "decisions"]
    assert sum(node.op_type == "If" for node in nodes(model.graph)) == 2 * SMALL.depth
    assert [(o.domain, o.version) for o in model.opset_import] == [("", 21)]
    used = {name for node in nodes(model.graph) for name in node.input}
    assert {i.name for i in model.graph.initializer} <= used
    facts = json.loads({p.key: p.value for p in model.metadata_props}["acolvit"])
    assert facts["image_size"] == SMALL.image_size
    assert facts["hint_size"] == 2
    assert facts["budget"] == {"min": 0.1, "max": 1.0, "default": 0.5}
    assert facts["normalisation"] == {"l": "(L* - 50) / 100", "ab_scale": 110.0}
    assert facts["provenance"] == {"made": "by a test"}
    assert "L*" in model.graph.input[0].doc_string


@pytest.mark.parametrize(
    ("dtype", "bytes_each", "error"), [("float16", 2, 1e-3), ("int8", 1, 0.02)]
)
def test_weights_are_stored_in_fewer_bits(tmp_path, dtype, bytes_each, error):
    model, target = exported(tmp_path, f"--dtype={dtype}")
    onnx = pytest.importorskip("onnx")
    kinds = {"float16": 10, "int8": 3}
    stored = [i for i in onnx.load(target).graph.initializer if i.data_type == kinds[dtype]]
    # embedding, four matrices a block, and Winograd's kernel
    values = 256 * 64 + SMALL.depth * 12 * 64 * 64 + 16 * 64 * 128
    assert sum(len(i.raw_data) for i in stored) == bytes_each * values
    config, params = load_pretrained(model)
    whole = prepare_params(params, config)
    rounded = ENCODINGS[dtype].round(whole)
    steps = np.abs(rounded.embed.kernel - whole.embed.kernel).max() / whole.embed.kernel.max()
    assert 0 < steps < error
    inputs = photo_inputs(SMALL.image_size, 0)[None]
    ab, decisions = load_onnx(target)(inputs)
    expected = forward(rounded, inputs, config)
    np.testing.assert_allclose(ab, expected[0], atol=2e-5)
    np.testing.assert_array_equal(decisions, expected[1])


def test_a_damaged_file_is_refused(tmp_path):
    _, target = exported(tmp_path)
    whole = target.read_bytes()
    for content, message in (
        (whole[: len(whole) // 2], "is no ONNX file, or is cut short|damaged"),
        (whole[:20_000] + bytes([whole[20_000] ^ 1]) + whole[20_001:], "damaged|no ONNX"),
        (b"", "was not written by acolvit_jax"),
    ):
        target.write_bytes(content)
        with pytest.raises(CheckpointError, match=message):
            load_onnx(target)
    with pytest.raises(CheckpointError, match="no file at"):
        load_onnx(tmp_path / "none.onnx")


@pytest.mark.parametrize(
    ("said", "message"),
    [
        ("no JSON", "is damaged: what it says of itself: Expecting value"),
        ("[1]", "is damaged: what it says of itself: it holds no object, but list"),
        ("{}", "has format None; this program reads 1"),
    ],
)
def test_a_file_that_says_nothing_of_itself_is_refused_in_one_line(tmp_path, said, message):
    onnx = pytest.importorskip("onnx")
    graph = onnx.helper.make_graph([], "empty", [], [])
    model = onnx.helper.make_model(graph)
    onnx.helper.set_model_props(model, {"acolvit": said})
    onnx.save(model, tmp_path / "other.onnx")
    with pytest.raises(CheckpointError) as raised:
        load_onnx(tmp_path / "other.onnx")
    assert message in str(raised.value)
    assert "\n" not in str(raised.value)


def test_a_program_that_differs_is_not_written(tmp_path, monkeypatch):
    pytest.importorskip("jax2onnx")
    monkeypatch.setattr("acolvit_jax.checkpoint.onnx.TOLERANCE", -1.0)
    with pytest.raises(CheckpointError, match="differs from the model"):
        exported(tmp_path)
    assert not (tmp_path / "model.onnx").exists()


def test_exporting_a_weights_file_needs_no_orbax(tmp_path):
    """Whatever version jax2onnx brings along, a weights file is read without it."""
    code = "import sys, acolvit_jax.checkpoint.conversion; print('orbax.checkpoint' in sys.modules)"
    out = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert out.stdout.strip() == "False", out.stderr


def test_the_example_of_the_docs_colors_as_we_do(tmp_path):
    model, target = exported(tmp_path, any_budget=True)
    photo = next((ROOT / "acolvit_jax/assets/photos").glob("kitten.jpg"))
    example, out = ROOT / "docs/onnx_example.py", tmp_path / "out.png"
    command = [sys.executable, str(example), str(target), str(photo), str(out), "0.5"]
    ran = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path)
    assert ran.returncode == 0, ran.stderr
    expected = Colorizer(*load_pretrained(model), budget=0.5)(photo)
    kept = int(expected.decisions.sum())
    assert ran.stdout == f"{kept} of {2 * SMALL.depth} sublayers computed\n"
    difference = images.read_image(out).astype(int) - expected.rgb
    assert np.abs(difference).max() <= 1
