"""What a GPU that is not here would have to move in a training step: its programs, compiled for it.

    pip install --no-deps jax-cuda12-plugin==VERSION jax-cuda12-pjrt==VERSION nvidia-cuda-nvcc-cu12
    python -m benchmarks.gpu_programs [--stage dense] [--batch 256] [--largest 0]

VERSION is that of jaxlib. XLA compiles for one H100 without one; which of its kernels would be the
fastest it cannot try out, so that matrix products are all cuBLAS's here. Counted are kernels, and
the bytes of what each reads and writes, whole arrays; the time is that of these bytes at four
fifths of the memory's rate, and two microseconds a kernel. It compares two forms of a program, and
is no measurement: on a GPU take `benchmarks.accelerator`.
"""

from __future__ import annotations

import contextlib
import importlib.util
import runpy
from collections.abc import Iterator, Sequence
from pathlib import Path
from unittest import mock

import jax
import jax.numpy as jnp
import numpy as np
from jax._src.cudnn import fused_attention_stablehlo as cudnn
from jax.experimental import topologies
from jax.sharding import AxisType, Mesh

from acolvit_jax.checkpoint.state import init_state
from acolvit_jax.common import cli
from acolvit_jax.common.errors import ConfigError
from acolvit_jax.common.tables import markdown_table
from acolvit_jax.config import Config
from acolvit_jax.config.build import from_config_dict
from acolvit_jax.models import products_accelerator
from acolvit_jax.models.params import param_shapes
from acolvit_jax.training import sharding
from acolvit_jax.training.corrections import make_correct
from acolvit_jax.training.optimizer import make_optimizer
from acolvit_jax.training.planes import draw_planes
from acolvit_jax.training.step import make_train_step
from benchmarks.gpu_kernels import Kernel, kernels

CONFIG = Path(__file__).parents[1] / "configs" / "released.py"
BANDWIDTH = 0.8 * 3.35e12  # bytes a second
LAUNCH = 2e-6  # seconds
CUDNN = 90800  # the version that is taken for granted
H100 = """
gpu_device_info {
  threads_per_block_limit: 1024 threads_per_warp: 32 threads_per_core_limit: 2048
  shared_memory_per_block: 49152 shared_memory_per_core: 233472
  shared_memory_per_block_optin: 232448 core_count: 132 fpus_per_core: 128
  block_dim_limit_x: 2147483647 block_dim_limit_y: 65535 block_dim_limit_z: 65535
  registers_per_core_limit: 65536 registers_per_block_limit: 65536 clock_rate_ghz: 1.98
  memory_bandwidth: 3352320000000 l2_cache_size: 52428800 device_memory_size: 84978434048
  cuda_compute_capability { major: 9 }
}
platform_name: "CUDA" dnn_version_info { major: 9 minor: 8 }
device_description_str: "NVIDIA H100 80GB HBM3"
"""


def make_mesh() -> Mesh:
    """A mesh of one H100.

    Raises:
        ConfigError: if JAX has no plugin that compiles for it.
    """
    plugins = importlib.util.find_spec("jax_plugins")
    if plugins is None or importlib.util.find_spec("jax_plugins.xla_cuda12") is None:
        raise ConfigError(
            f"nothing here compiles for a GPU; see {Path(__file__).name}'s first lines"
        )
    with mock.patch.dict("os.environ", JAX_SKIP_CUDA_CONSTRAINTS_CHECK="1"):
        topology = topologies.get_topology_desc(
            "h100", platform="cuda", target_config=H100, topology="1x1x1"
        )
    devices = np.array(topology.devices).reshape(1, 1)
    return Mesh(devices, sharding.BATCH_AXES, axis_types=(AxisType.Auto,) * 2)


def programs(config: Config, mesh: Mesh) -> Iterator[tuple[str, jax.stages.Lowered]]:
    """What runs at every step, traced: `step`, and `correct` where hints are corrected."""
    optimizer = make_optimizer(config.optimizer, config.train.steps)
    keep_ema = config.optimizer.ema > 0
    state = jax.eval_shape(
        lambda params: init_state(params, optimizer, ema=keep_ema), param_shapes(config.model)
    )
    count, side = config.train.batch_size, config.model.image_size
    cells = side // config.model.hint_size
    sent = {
        "l": jax.ShapeDtypeStruct((count, side, side), jnp.int16),
        "ab": jax.ShapeDtypeStruct((count, side, side, 2), jnp.int16),
        "hinted": jax.ShapeDtypeStruct((count, cells, cells), jnp.bool_),
    }
    batch = jax.eval_shape(lambda sent: draw_planes(sent, config.model.hint_size), sent)
    if config.train.teacher:
        batch["teacher_ab"] = batch["target_ab"]
    if config.train.regret_weight:
        batch["error_before"] = jax.ShapeDtypeStruct((count,), jnp.float32)
    step = make_train_step(config, optimizer, sharding.state_shardings(state, mesh), mesh)
    yield "step", step.lower(state, batch)
    if config.train.correct_one_in:
        correct = make_correct(config, mesh)
        here = jax.jit(lambda params, sent: correct(params, sent, 1))
        everywhere = sharding.replicated(mesh)
        params = jax.tree.map(
            lambda leaf: jax.ShapeDtypeStruct(leaf.shape, leaf.dtype, sharding=everywhere),
            state.params,
        )
        yield "correct", here.lower(params, sent)


def compiled_kernels(program: jax.stages.Lowered) -> list[Kernel]:
    """The kernels of a traced program, compiled for the GPU."""
    [tools] = importlib.util.find_spec("nvidia").submodule_search_locations
    options = {
        "xla_gpu_cuda_data_dir": f"{tools}/cuda_nvcc",
        "xla_gpu_autotune_level": 0,
        "xla_gpu_enable_triton_gemm": False,
    }
    return kernels(program.compile(compiler_options=options).as_text())


@contextlib.contextmanager
def as_on_a_gpu(fused: bool) -> Iterator[None]:
    """Traces here what is traced where JAX's default device is such a GPU.

    Args:
        fused: it has cuDNN's attention.
    """
    with (
        mock.patch.object(jax, "default_backend", return_value="gpu"),
        mock.patch.object(cudnn, "check_cudnn_version", return_value=CUDNN),
        mock.patch.object(cudnn, "is_cuda_compute_capability_equal", return_value=False),
        mock.patch.object(cudnn, "check_compute_capability", return_value=True),
        mock.patch.object(products_accelerator, "_has_fused_attention", return_value=fused),
    ):
        yield


def summary(found: list[Kernel], images: int) -> list[str]:
    """A row of the table."""
    moved, started = (sum(getattr(k, name) for k in found) for name in ("moved", "times"))
    seconds = moved / BANDWIDTH + started * LAUNCH
    return [
        f"{started:,}",
        f"{moved / 1e9:.1f}",
        f"{1e3 * seconds:.1f}",
        f"{images / seconds:,.0f}",
    ]


def main(argv: Sequence[str]) -> None:
    parser = cli.ArgumentParser(description="Compiles a training step for a GPU that is not here.")
    parser.add_argument("--stage", default="dense", help="of configs/released.py (dense)")
    parser.add_argument("--batch", type=int, default=256, help="images a step (256)")
    parser.add_argument("--largest", type=int, default=0, help="kernels of each program to list")
    args = parser.parse_args(argv)
    mesh = make_mesh()
    values = runpy.run_path(str(CONFIG))["get_config"](args.stage)
    values.train.batch_size, values.data.path = args.batch, "."
    config = from_config_dict(values)
    rows, lists = [], []
    for fused in (True, False):
        with as_on_a_gpu(fused):
            for name, program in programs(config, mesh):
                found = compiled_kernels(program)
                label = f"{name}, {'cuDNN' if fused else 'no cuDNN'}"
                rows.append([label, *summary(found, args.batch)])
                lists += [(label, found)]
    print(markdown_table(["", "kernels", "GB", "ms", "images/s"], rows))
    for label, found in lists if args.largest else []:
        print(f"\n{label}\n")
        largest = sorted(found, key=lambda kernel: -kernel.moved)[: args.largest]
        print(
            markdown_table(
                ["MB", "times", "writes", "of"],
                [[f"{k.moved / 1e6:,.0f}", f"{k.times}", k.shape, k.source] for k in largest],
            )
        )


if __name__ == "__main__":
    cli.run(main)
