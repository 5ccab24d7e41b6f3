"""Our forward beside other runtimes, one image on one core, in turns in one run.

    pip install '.[peers]'
    python -m benchmarks.peers [--onnx FILE] [--json FILE]

Times are the process's CPU time, so that others on the machine do not count. Peers that are not
installed are left out. PyTorch and OpenVINO run a twin of the dense model (of
random weights: the time does not depend on them); PyTorch skips by Python branches. With `--onnx`,
the file that `convert pretrained FILE --to onnx` writes, ONNX Runtime and OpenVINO skip too,
by the conditionals in it. Below full depth everybody computes what the pretrained model decides for
photos of the package at a budget.
"""

from __future__ import annotations

from acolvit_jax.common import cli
from acolvit_jax.common.cores import use_cores

use_cores(1)

import contextlib
import dataclasses
import importlib.util
import json
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import jax
import numpy as np

from acolvit_jax.checkpoint.load import load_pretrained
from acolvit_jax.common.processor import multiplies_bfloat16
from acolvit_jax.common.tables import markdown_table
from acolvit_jax.config import ModelConfig
from acolvit_jax.inference import measurement, timing
from acolvit_jax.inference.compilation import compile_forward
from acolvit_jax.models.prepared import prepare_params

BUDGETS = (0.5, 0.3)
FULL = "full depth"
COLUMNS = (FULL, *(f"at {budget:g}" for budget in BUDGETS))
Call = Callable[[], Any]
Calls = dict[tuple[str, str], list[Call]]  # by name and column
BASE = "acolvit_jax, float32"


@dataclasses.dataclass(frozen=True)
class Work:
    """What everybody computes.

    Attributes:
        config: the pretrained model's.
        params: its parameters.
        inputs: of photos of the package, float32 `[P, S, S, 4]`.
        decisions: by column, what is computed of each photo, `[P, depth, 2]`.
    """

    config: ModelConfig
    params: Any
    inputs: np.ndarray
    decisions: dict[str, np.ndarray]


def work() -> Work:
    """Photos, and what the pretrained model decides for them."""
    config, params = load_pretrained()
    inputs = measurement.sample_inputs(config)
    decided = [measurement.own_decisions(config, params, inputs, budget) for budget in BUDGETS]
    full = np.ones_like(decided[0])
    return Work(config, params, inputs, dict(zip(COLUMNS, [full, *decided], strict=True)))


def ours(work: Work, dtypes: list[str]) -> Calls:
    """Our skipping forward, told what to compute."""
    calls: Calls = {}
    for dtype in dtypes:
        config = dataclasses.replace(work.config, dtype=dtype)
        prepared = jax.device_put(prepare_params(work.params, config))
        program = compile_forward(config, forced=True)
        for column, patterns in work.decisions.items():
            calls[f"acolvit_jax, {dtype}", column] = timing.single_calls(
                program, prepared, work.inputs, patterns, np.float32(0.5)
            )
    return calls


def pytorch(work: Work, dtypes: list[str]) -> Calls:
    """Eager PyTorch, bfloat16 by autocast."""
    import torch

    from benchmarks.torch_baseline import DenseColorizer

    torch.set_num_threads(1)
    model = DenseColorizer().eval()
    image = torch.from_numpy(work.inputs[:1].transpose(0, 3, 1, 2).copy())

    def call(pattern: np.ndarray, dtype: str) -> Call:
        branches = [(bool(attention), bool(ffn)) for attention, ffn in pattern]

        def run() -> None:
            low = dtype == "bfloat16"
            with torch.inference_mode(), torch.autocast("cpu", torch.bfloat16, enabled=low):
                model(image, branches)

        return run

    return {
        (f"PyTorch eager, {dtype}", column): [call(pattern, dtype) for pattern in patterns]
        for dtype in dtypes
        for column, patterns in work.decisions.items()
    }


def openvino_dense(work: Work, dtypes: list[str]) -> Calls:
    """OpenVINO on the dense twin; int8 by NNCF, where that is installed."""
    import openvino
    import torch

    from benchmarks.torch_baseline import DenseColorizer

    images = work.inputs.transpose(0, 3, 1, 2).copy()
    image = images[:1]
    model = openvino.convert_model(DenseColorizer().eval(), example_input=torch.from_numpy(image))
    model.reshape(image.shape)
    models = {dtype: (model, dtype) for dtype in dtypes}
    if importlib.util.find_spec("nncf"):
        models["int8"] = _quantized(model, list(images[:, None])), dtypes[-1]
    return {
        (f"OpenVINO dense, {name}", FULL): [partial(_openvino_request(made, dtype).infer, [image])]
        for name, (made, dtype) in models.items()
    }


def _quantized(model: Any, samples: list[Any]) -> Any:
    """A model of OpenVINO in int8; what NNCF prints goes where it does not mix with the table."""
    with contextlib.redirect_stdout(sys.stderr):
        import nncf

        calibration = nncf.Dataset(samples)
        return nncf.quantize(model, calibration, model_type=nncf.ModelType.TRANSFORMER)


def openvino_skipping(work: Work, dtypes: list[str], files: dict[str, Path]) -> Calls:
    """OpenVINO on our forward with its conditionals; NNCF's int8 of it is too large to compile."""
    import openvino

    read = openvino.Core().read_model
    models = {dtype: (files["float32"], dtype) for dtype in dtypes}
    if "int8" in files:
        models["int8"] = files["int8"], dtypes[0]
    requests = {
        name: _openvino_request(read(file), dtype) for name, (file, dtype) in models.items()
    }
    return {
        (f"OpenVINO on our ONNX, {name}", column): [
            partial(request.infer, [image[None], np.float32(budget)]) for image in work.inputs
        ]
        for name, request in requests.items()
        for column, budget in zip(COLUMNS, (1.0, *BUDGETS), strict=True)
    }


def _openvino_request(model: Any, dtype: str) -> Any:
    """Compiles a model, for one thread."""
    import openvino

    settings = {
        "INFERENCE_PRECISION_HINT": {"float32": "f32", "bfloat16": "bf16"}[dtype],
        "INFERENCE_NUM_THREADS": 1,
        "PERFORMANCE_HINT": "LATENCY",
    }
    return openvino.compile_model(model, "CPU", settings).create_infer_request()


def onnx_runtime(work: Work, files: dict[str, Path]) -> Calls:
    """ONNX Runtime on our forward with its conditionals."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    sessions = {
        kind: onnxruntime.InferenceSession(file, options, ["CPUExecutionProvider"])
        for kind, file in files.items()
    }

    def call(session: Any, image: np.ndarray, budget: float) -> Call:
        names = [given.name for given in session.get_inputs()]
        feed = dict(zip(names, (image[None], np.array(budget, np.float32)), strict=True))
        return lambda: session.run(None, feed)

    return {
        (f"ONNX Runtime on our ONNX, {kind}", column): [
            call(session, image, budget) for image in work.inputs
        ]
        for kind, session in sessions.items()
        for column, budget in zip(COLUMNS, (1.0, *BUDGETS), strict=True)
    }


def by_kind(path: Path, folder: Path) -> dict[str, Path]:
    """By what products read: the file, and one that ONNX Runtime quantized, branches too."""
    files = {"float32": path}
    if importlib.util.find_spec("onnx") and importlib.util.find_spec("onnxruntime"):
        from onnxruntime.quantization import quantize_dynamic

        files["int8"] = folder / "int8.onnx"
        quantize_dynamic(path, files["int8"], extra_options={"EnableSubgraph": True})
    return files


def measure(rounds: int, onnx: Path | None) -> dict[tuple[str, str], timing.Timing]:
    """Times everybody who is here, in turns."""
    dtypes = ["float32", *(["bfloat16"] if multiplies_bfloat16() else [])]
    todo, here = work(), importlib.util.find_spec
    calls = ours(todo, dtypes)
    if here("torch"):
        calls |= pytorch(todo, dtypes)
    if here("torch") and here("openvino"):
        calls |= openvino_dense(todo, dtypes)
    if onnx:
        with tempfile.TemporaryDirectory() as folder:
            files = by_kind(onnx, Path(folder))
            if here("openvino"):
                calls |= openvino_skipping(todo, dtypes, files)
            if here("onnxruntime"):
                calls |= onnx_runtime(todo, files)
    return timing.time_in_turns(calls, rounds, time.process_time)


def table(taken: dict[tuple[str, str], timing.Timing]) -> str:
    """Milliseconds and, in brackets, the ratio to our float32 at full depth."""
    base = taken[BASE, FULL].median

    def cell(name: str, column: str) -> str:
        if (name, column) not in taken:
            return ""
        median = taken[name, column].median
        return f"{median * 1e3:.1f} ({median / base:.2f})"

    names = dict.fromkeys(name for name, _ in taken)
    return markdown_table(
        ["CPU ms, median (ratio)", *COLUMNS], [[n, *(cell(n, c) for c in COLUMNS)] for n in names]
    )


def main(argv: Sequence[str]) -> None:
    parser = cli.ArgumentParser(description=__doc__)
    parser.add_argument("--onnx", type=Path, metavar="FILE", help="that of pretrained, see above")
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write the medians here")
    args = parser.parse_args(argv)
    taken = measure(args.rounds, args.onnx)
    machine = measurement.describe_machine(1)
    print(", ".join(f"{name} {value}" for name, value in machine.items()), end="\n\n")
    print(table(taken))
    if args.json:
        seconds = {" | ".join(key): value.median for key, value in taken.items()}
        args.json.write_text(json.dumps({"machine": machine, "seconds": seconds}, indent=2) + "\n")


if __name__ == "__main__":
    cli.run(main)
