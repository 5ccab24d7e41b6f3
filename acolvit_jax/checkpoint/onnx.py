"""The inference function as ONNX: one file, weights inside, an `If` around every sublayer.

Its metadata says all that a caller needs: `acolvit` is JSON with the units, the sizes and the
architecture, `sha256` is of the graph. What makes the file (jax2onnx) wants an environment of its
own; what reads it needs ONNX Runtime alone.
"""

from __future__ import annotations

import dataclasses
import hashlib
import importlib.util
import json
import logging
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from acolvit_jax.checkpoint import onnx_forward, onnx_weights
from acolvit_jax.common.errors import CheckpointError
from acolvit_jax.common.files import write_bytes
from acolvit_jax.common.json_lines import parse_object
from acolvit_jax.config import ModelConfig
from acolvit_jax.config.budgets import DEFAULT_BUDGET
from acolvit_jax.models import skipping
from acolvit_jax.models.compute import fixed_macs, sublayer_macs
from acolvit_jax.models.params import Params
from acolvit_jax.models.prepared import Prepared, prepare_params
from acolvit_jax.photo import color

OPSET = 21
FORMAT_VERSION = 1
DESCRIPTION = "acolvit"  # key of the metadata
CHECKSUM = "sha256"
TOLERANCE = 1e-4  # of normalized a and b, between ONNX Runtime and JAX
CHECKED_BUDGETS = (1.0, 0.5, 0.3)

Call = Callable[..., tuple[np.ndarray, np.ndarray]]


def require_exporter() -> None:
    """Makes sure that jax2onnx is there.

    Raises:
        CheckpointError: if it is not, with how to get it.
    """
    if importlib.util.find_spec("jax2onnx") is None:
        raise CheckpointError(
            "ONNX files are written by jax2onnx, which wants an environment of its own, because it "
            "needs an older orbax-checkpoint: python3 -m venv .venv-onnx && "
            ".venv-onnx/bin/pip install '.[onnx]', and run this with .venv-onnx/bin/python"
        )


def export_onnx(
    path: Path,
    config: ModelConfig,
    params: Params,
    provenance: Mapping[str, Any],
    *,
    dtype: str = "float32",
) -> None:
    """Writes the forward of one image as ONNX, after running it and comparing it with JAX.

    It takes `inputs`, float32 `[1, S, S, 4]`, and `budget`, a float32 scalar, where the model has
    one; it gives `ab`, float32 `[1, S, S, 2]`, and `decisions`, float32 `[1, depth, 2]`.

    Args:
        path: of the file.
        config: the architecture; products are computed in float32 whatever its `dtype` says.
        params: nested dict of float32 arrays.
        provenance: where the weights come from, for the metadata.
        dtype: of the stored weights: a key of `onnx_weights.ENCODINGS`.

    Raises:
        CheckpointError: if jax2onnx is missing, or the program does not do what the model does;
            nothing is written then.
        OSError: if the file cannot be written.
    """
    require_exporter()
    import onnx

    config = dataclasses.replace(config, dtype="float32")
    prepared = prepare_params(params, config)
    encoding = onnx_weights.ENCODINGS[dtype]
    if encoding is not None:
        prepared = encoding.round(prepared)
    model = _slim(_trace(prepared, config))
    if encoding is not None:
        encoding.pack(model)
    del model.metadata_props[:]
    described = describe(config, provenance, dtype)
    onnx.helper.set_model_props(model, {DESCRIPTION: json.dumps(described)})
    _say_units(model, described)
    onnx.helper.set_model_props(
        model, {DESCRIPTION: json.dumps(described), CHECKSUM: _digest(model)}
    )
    onnx.checker.check_model(model, full_check=True)
    content = model.SerializeToString(deterministic=True)
    _compare(_caller(content), prepared, config)
    write_bytes(path, content)


def describe(config: ModelConfig, provenance: Mapping[str, Any], dtype: str) -> dict[str, Any]:
    """What the metadata says of a model; see the module.

    Args:
        config: the architecture.
        provenance: where the weights come from.
        dtype: of the stored weights.

    Returns:
        What JSON can hold.
    """
    side = config.image_size
    attention, ffn = sublayer_macs(config)
    budgets = {"min": config.smallest_budget, "max": 1.0, "default": DEFAULT_BUDGET}
    return {
        "format_version": FORMAT_VERSION,
        "image_size": side,
        "depth": config.depth,
        "hint_size": config.hint_size,
        "budget": budgets if config.any_budget else None,
        "normalisation": {"l": "(L* - 50) / 100", "ab_scale": color.AB_SCALE},
        "inputs": {
            "inputs": f"float32 [1, {side}, {side}, 4]: lightness (L* - 50) / 100 of the photo at "
            f"this size; a* / {color.AB_SCALE:g} and b* / {color.AB_SCALE:g} in hinted cells of "
            f"{config.hint_size} x {config.hint_size} pixels, 0 elsewhere; 1 in them, "
            "0 elsewhere (CIELab, D65, of sRGB)",
            **(
                {"budget": "float32 []: keep ratio, share of the sublayers to compute"}
                if config.any_budget
                else {}
            ),
        },
        "outputs": {
            "ab": f"float32 [1, {side}, {side}, 2]: a* / {color.AB_SCALE:g}, "
            f"b* / {color.AB_SCALE:g}",
            "decisions": f"float32 [1, {config.depth}, 2]: attention and FFN of every block, "
            "1 where it was computed",
        },
        "macs": {"fixed": fixed_macs(config), "attention": attention, "ffn": ffn},
        "weights": dtype,
        "config": dataclasses.asdict(config),
        "provenance": dict(provenance),
    }


def _trace(prepared: Prepared, config: ModelConfig) -> Any:
    """The ONNX model as jax2onnx writes it."""
    from jax2onnx import to_onnx
    from jax2onnx.plugins.plugin_system import PLUGIN_REGISTRY, import_all_plugins

    import_all_plugins()
    # How an array lies in memory is nothing to ONNX.
    PLUGIN_REGISTRY["layout_constraint"] = PLUGIN_REGISTRY["copy"]
    side = config.image_size
    inputs = [jax.ShapeDtypeStruct((1, side, side, 4), jnp.float32)]
    names = ["inputs"]
    if config.any_budget:
        inputs.append(jax.ShapeDtypeStruct((), jnp.float32))
        names.append("budget")

    def run(inputs: jax.Array, *budget: jax.Array) -> tuple[jax.Array, jax.Array]:
        return onnx_forward.forward(prepared, inputs, config, budget=budget[0] if budget else None)

    logging.getLogger("jax2onnx").setLevel(logging.ERROR)
    return to_onnx(
        run,
        inputs,
        model_name="acolvit",
        opset=OPSET,
        normalization_mode="prefer_native",
        input_names=names,
        output_names=["ab", "decisions"],
    )


def _slim(model: Any) -> Any:
    """The model with constants folded and what is not used left out: a third of the nodes."""
    import onnx
    import onnx_ir
    import onnxruntime
    from onnx_ir.passes import common

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "slim.onnx"
        options = _options()
        options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_BASIC
        options.optimized_model_filepath = str(path)
        onnxruntime.InferenceSession(model.SerializeToString(), options)
        graph = onnx_ir.from_proto(onnx.load(path))
    for clean in (common.RemoveUnusedNodesPass(), common.RemoveUnusedOpsetsPass()):
        clean(graph)
    return onnx_ir.to_proto(graph)


def _say_units(model: Any, described: Mapping[str, Any]) -> None:
    """Writes the units beside inputs and outputs, where viewers look."""
    model.producer_name = "acolvit_jax"
    said = {**described["inputs"], **described["outputs"]}
    for value in (*model.graph.input, *model.graph.output):
        value.doc_string = said[value.name]


def _digest(model: Any) -> str:
    """Checksum of the graph and of what is said about it."""
    said = [p.value for p in model.metadata_props if p.key == DESCRIPTION]
    total = hashlib.sha256(json.dumps(said).encode())
    total.update(model.graph.SerializeToString(deterministic=True))
    return total.hexdigest()


def _options() -> Any:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3  # it warns of what its own folding leaves behind
    return options


def _caller(content: bytes, threads: int = 1) -> Call:
    """A function of inputs and, where the model takes one, the budget."""
    import onnxruntime

    options = _options()
    options.intra_op_num_threads = threads
    session = onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])

    def call(inputs: np.ndarray, *budget: float) -> tuple[np.ndarray, np.ndarray]:
        feed = {"inputs": inputs}
        if budget:
            feed["budget"] = np.asarray(budget[0], np.float32)
        return tuple(session.run(["ab", "decisions"], feed))

    return call


def _compare(call: Call, prepared: Prepared, config: ModelConfig) -> None:
    """Compares the program with the forward that it was made from, on smooth random photos.

    Raises:
        CheckpointError: with the largest difference.
    """
    budgets = CHECKED_BUDGETS if config.any_budget else (None,)
    side = config.image_size
    forward = jax.jit(lambda x, budget: skipping.forward(prepared, x, config, budget=budget))
    for seed, budget in enumerate(budgets):
        coarse = np.random.default_rng(seed).uniform(-0.5, 0.5, (1, 4, 4, 4))
        inputs = np.array(jax.image.resize(coarse, (1, side, side, 4), "linear"), np.float32)
        inputs[..., 1:] *= inputs[..., 3:] > 0.25
        inputs[..., 3] = inputs[..., 3] > 0
        expected = forward(inputs, budget)
        ab, decisions = call(inputs, *([] if budget is None else [budget]))
        difference = float(np.abs(ab - expected[0]).max())
        if not (difference <= TOLERANCE and np.array_equal(decisions, expected[1])):
            raise CheckpointError(
                f"the exported program differs from the model by {difference:.2g} "
                f"at {budget=}; nothing was written"
            )


def load_onnx(path: Path, *, threads: int = 1) -> Call:
    """Reads what `export_onnx` wrote, for ONNX Runtime on the CPU.

    Args:
        path: of the file.
        threads: to compute with.

    Returns:
        A function of inputs, and the budget where the model takes one, to a, b and decisions.

    Raises:
        CheckpointError: if the file is missing, damaged, or none of ours.
    """
    import onnx

    try:
        model = onnx.load(path)
        said = {prop.key: prop.value for prop in model.metadata_props}
    except FileNotFoundError as error:
        raise CheckpointError(f"no file at {path}") from error
    except Exception as error:  # protobuf raises many kinds
        raise CheckpointError(f"{path} is no ONNX file, or is cut short") from error
    if DESCRIPTION not in said:
        raise CheckpointError(f"{path} was not written by acolvit_jax")
    try:
        version = parse_object(said[DESCRIPTION].encode()).get("format_version")
    except ValueError as error:
        raise CheckpointError(f"{path} is damaged: what it says of itself: {error}") from error
    if version != FORMAT_VERSION:
        raise CheckpointError(f"{path} has format {version}; this program reads {FORMAT_VERSION}")
    if said.get(CHECKSUM) != _digest(model):
        raise CheckpointError(f"{path} is damaged: its checksum does not match its content")
    return _caller(path.read_bytes(), threads)
