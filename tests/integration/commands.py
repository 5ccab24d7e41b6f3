"""Command lines as a user runs them."""

import contextlib
import io
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from acolvit_jax.common.errors import UserError
from tests.programs import NO_MORE

ROOT = Path(__file__).resolve().parents[2]
HERE = 8  # devices of this process: on as many a command computes the same, to the bit
NARROW = "--config.model.width=32"
SMALL = [  # a model of seconds
    "--config.model.dtype=float32",  # the same sums whatever the processor has
    NARROW,
    "--config.model.depth=2",
    "--config.model.num_heads=2",
    "--config.model.patch_size=8",
    "--config.model.image_size=32",
    "--config.data.max_hints=16",
    "--config.train.batch_size=8",
    "--config.train.log_every=1",
    "--config.train.checkpoint_every=2",
    "--config.train.eval_every=4",
    "--config.validation.max_images=8",
    "--config.validation.batch_size=8",
]


def training(
    photos: Path, workdir: Path, *more: str, arg: str = "0.5,folder", steps: int
) -> list[str]:
    """Arguments of a training of seconds on a folder of photos."""
    return [
        "--config",
        f"configs/tiny.py:{arg}",
        f"--config.data.path={photos}",
        f"--config.train.steps={steps}",
        f"--workdir={workdir}",
        *SMALL,
        *more,
    ]


# For programs that compile longer than they run: LLVM leaves them as they are.
QUICKLY_COMPILED = "--xla_backend_optimization_level=0 --xla_llvm_disable_expensive_passes=true"


def environment(devices: int = 2, flags: str = "") -> dict[str, str]:
    """Variables of a command that sees this checkout and some virtual devices."""
    flags = f"--xla_force_host_platform_device_count={devices} {flags}".strip()
    return {**os.environ, "PYTHONPATH": str(ROOT), "XLA_FLAGS": flags}


def start(
    module: str,
    *arguments: object,
    file_limit: int | None = None,
    devices: int = 2,
    to_kill: bool = False,
) -> subprocess.Popen:
    """Starts `python -m acolvit_jax.MODULE` on virtual devices.

    Models of seconds are compiled quickly, if not to compute what this process does. There may be
    a limit on the size of files, in KiB. A process with one, or that is started to be killed,
    leaves no compiled program: it might be cut short.
    """
    command = [sys.executable, "-m", f"acolvit_jax.{module}", *map(str, arguments)]
    quickly = NARROW in arguments and devices != HERE
    variables = environment(devices, QUICKLY_COMPILED if quickly else "")
    if to_kill or file_limit is not None:
        variables |= NO_MORE
    if file_limit is not None:
        command = ["bash", "-c", f'ulimit -f {file_limit}; exec "$@"', "bash", *command]
        variables.pop("COVERAGE_PROCESS_CONFIG", None)  # its file would not fit
    return subprocess.Popen(
        command,
        cwd=ROOT,
        env=variables,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def run(
    module: str, *arguments: object, file_limit: int | None = None, devices: int = 2
) -> tuple[int, str, str]:
    """Exit code, output and errors of a command."""
    process = start(module, *arguments, file_limit=file_limit, devices=devices)
    out, err = process.communicate(timeout=300)
    return process.returncode, out, err


def output(main: Callable[[list[str]], None], *arguments: object) -> str:
    """What a door, in this process, prints."""
    with contextlib.redirect_stdout(io.StringIO()) as out:
        main([str(argument) for argument in arguments])
    return out.getvalue()


def refusal(main: Callable[[list[str]], None], *arguments: object) -> tuple[int, str]:
    """Exit code and message with which a door, in this process, refuses its arguments."""
    with pytest.raises(UserError) as raised:
        main([str(argument) for argument in arguments])
    message = str(raised.value)
    assert "\n" not in message
    return raised.value.exit_code, message


def one_line_error(result: tuple[int, str, str], code: int) -> str:
    """The message of a command that failed as it should: one line, no traceback."""
    status, out, err = result
    assert status == code, (status, out, err)
    assert "Traceback" not in err
    errors = [line for line in err.splitlines() if line.startswith("error: ")]
    assert len(errors) == 1, err
    return errors[0]


def wait_for(path: Path, process: subprocess.Popen, seconds: float = 300) -> None:
    """Waits until a path exists; a process that ends before has failed."""
    end = time.monotonic() + seconds
    while not path.exists():
        assert process.poll() is None, process.communicate()
        if time.monotonic() > end:
            raise TimeoutError(path)
        time.sleep(0.02)


def kill(process: subprocess.Popen, number: int = signal.SIGKILL) -> tuple[str, str]:
    """Sends a signal; returns output and errors."""
    process.send_signal(number)
    return process.communicate(timeout=120)
