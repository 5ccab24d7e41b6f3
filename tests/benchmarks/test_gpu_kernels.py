"""Kernels and bytes of a program for a GPU, counted by hand in a small one."""

import importlib.util
import re

import pytest

from acolvit_jax.common.errors import UserError
from acolvit_jax.training import sharding
from benchmarks import gpu_programs
from benchmarks.gpu_kernels import Kernel, kernels
from tests.training.runs import small_config

TEXT = """
HloModule jit_step, is_scheduled=true

%fused_add (p.1: f32[4,8]) -> bf16[4,8] {
  %p.1 = f32[4,8]{1,0} parameter(0)
  ROOT %convert.1 = bf16[4,8]{1,0} convert(%p.1)
}

%body (arg.1: (s32[], bf16[8,8])) -> (s32[], bf16[8,8]) {
  %arg.1 = (s32[], bf16[8,8]{1,0}) parameter(0)
  %at = bf16[8,8]{1,0} get-tuple-element(%arg.1), index=1
  %product = (bf16[8,8]{1,0}, s8[1024]{0}) custom-call(%at, %at), custom_call_target="__cublas$gemm"
  ROOT %out = (s32[], bf16[8,8]{1,0}) tuple(%i, %product)
}

ENTRY %main (x: f32[4,8], y: u8[16]) -> bf16[4,8] {
  %x = f32[4,8]{1,0} parameter(0)
  %y = u8[16]{0} parameter(1)
  %fusion.1 = bf16[4,8]{1,0} fusion(%x), calls=%fused_add, metadata={op_name="jit(step)/add"}
  %loop = (s32[], bf16[8,8]{1,0}) while(%start), body=%body, config={"known_trip_count":{"n":"5"}}
  %chosen = f32[4,8]{1,0} conditional(%x, %x, %x), branch_computations={%one, %other}
  ROOT %last = bf16[4,8]{1,0} fusion(%fusion.1, %y), kind=kLoop, calls=%fused_add
}
"""


def test_each_kernel_reads_and_writes_once():
    found = {kernel.name: kernel for kernel in kernels(TEXT)}
    assert list(found) == ["fusion.1", "product", "last"]
    assert found["fusion.1"].moved == 4 * 8 * 4 + 4 * 8 * 2
    assert found["fusion.1"].source == "jit(step)/add"
    assert found["last"].moved == 2 * 4 * 8 * 2 + 16


def test_a_loop_counts_as_often_as_it_runs():
    [product] = [kernel for kernel in kernels(TEXT) if kernel.name == "product"]
    assert product.times == 5
    assert product.moved == 5 * (8 * 8 * 2 + 8 * 8 * 2)  # read once, written, no room to work in


def test_time_is_that_of_bytes_and_starts():
    """2,680 MB at 2.68 TB/s take a millisecond, 500 starts another: 1,000 images in 2 ms."""
    found = [Kernel("long", "", 2_680_000_000, 1, ""), Kernel("short", "", 0, 499, "")]
    assert gpu_programs.summary(found, 1000) == ["500", "2.7", "2.0", "500,000"]


def test_the_programs_of_a_step_are_traced_as_on_a_gpu():
    config = small_config(
        model={"gated": False, "dtype": "bfloat16"},
        budget=None,
        batch_size=8,
        correct_one_in=4,
        regret_weight=1.0,
    )
    with gpu_programs.as_on_a_gpu(fused=False):
        found = dict(gpu_programs.programs(config, sharding.make_mesh(1)))
    assert list(found) == ["step", "correct"]
    for program in found.values():  # what the FFN's first product writes, on CPU in float32
        assert re.search(r"dot_general.* -> tensor<\d+x16x128xbf16>", program.as_text())


@pytest.mark.skipif(
    importlib.util.find_spec("jax_plugins") is not None, reason="a plugin of JAX is installed"
)
def test_without_a_compiler_for_gpus_it_says_what_is_missing():
    with pytest.raises(UserError, match="compiles for a GPU"):
        gpu_programs.main([])
