"""JAX as this program needs it, whatever the environment says."""

from __future__ import annotations

import functools
import logging
import os
from collections.abc import Callable
from typing import Any

from acolvit_jax.common.errors import ConfigError

log = logging.getLogger(__name__)


def settle_jax() -> None:
    """Looks for the devices, and takes back settings under which this program cannot run.

    A library leaves JAX's settings to its host; a command line is the host. Only doors call this.

    Raises:
        ConfigError: if JAX cannot have the device that the environment asks for.
    """
    import jax  # slow, and a command listens to Ctrl-C before it

    try:
        jax.devices()
    except (RuntimeError, AssertionError) as error:
        names = ("JAX_PLATFORMS", "JAX_PLATFORM_NAME")
        asked = [f"{name}={os.environ[name]}" for name in names if os.environ.get(name)]
        reason = " ".join(str(error).split())[:160] or "no such device is here"
        if asked:
            raise ConfigError(
                f"JAX cannot have the device of {' '.join(asked)} ({reason}); unset it, or install "
                "JAX for that device"
            ) from error
        raise ConfigError(f"JAX finds no device ({reason})") from error
    jax.config.update("jax_numpy_rank_promotion", "allow")
    jax.config.update("jax_numpy_dtype_promotion", "standard")
    if jax.config.jax_disable_jit:  # type: ignore[attr-defined]
        log.warning("JAX_DISABLE_JIT is left aside: this program is compiled ahead of time")
        jax.config.update("jax_disable_jit", False)


def compiler_options() -> dict[str, str | bool]:
    """What XLA is told for the programs that take most of the time.

    Returns:
        On CPU, that vectors are to be as wide as the processor has them: XLA's own choice is half
        of what AVX512 has. Else nothing.
    """
    import jax

    return {"xla_cpu_prefer_vector_width": "512"} if jax.default_backend() == "cpu" else {}


@functools.cache
def compiled(function: Callable[..., Any]) -> Callable[..., Any]:
    """A function of arrays, compiled once for every kind of them with `compiler_options`.

    Args:
        function: of a module, as `jax.jit` takes it.

    Returns:
        What `jax.jit` makes of it.
    """
    import jax

    jitted: Callable[..., Any] = jax.jit(function, compiler_options=compiler_options())
    return jitted
