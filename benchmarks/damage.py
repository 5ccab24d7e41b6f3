"""Trials of damage: kills, damaged copies of a run, malformed images, malformed requests.

    python -m benchmarks.damage --kills 50 --copies 100 --images 400 --requests 5000

A trial fails where something ends in another way than it should: a run that was killed and went on
must be the uninterrupted one bit for bit; a damaged run must be read right, or refused in one line;
a malformed image must be a photo or one line; a malformed request must get no 5xx, and the server
must answer afterwards. Prints how many trials there were and what failed.
"""

from __future__ import annotations

import contextlib
import io
import logging
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import jax
import numpy as np
from PIL import Image

from acolvit_jax.checkpoint.load import load_pretrained
from acolvit_jax.common import cli
from acolvit_jax.common.errors import ImageError, UserError
from acolvit_jax.common.tables import markdown_table
from acolvit_jax.data.sources import sample_photos
from acolvit_jax.demo.server.app import make_app
from acolvit_jax.demo.server.server import Server, listen
from acolvit_jax.inference.colorizer import Colorizer
from acolvit_jax.photo import images
from acolvit_jax.training.metrics_log import read_metrics

STEPS = 12
TRAINING = [
    *("-m", "acolvit_jax.train", "--config", "configs/tiny.py:0.5"),
    *(f"--config.train.{name}" for name in ("init_from=", "teacher=", "loss=huber")),
    *(f"--config.model.{name}" for name in ("width=32", "depth=2", "num_heads=2")),
    *("--config.model.patch_size=8", "--config.model.image_size=32", "--config.data.max_hints=16"),
    *(f"--config.train.{name}" for name in (f"steps={STEPS}", "batch_size=8", "log_every=1")),
    *("--config.train.checkpoint_every=2", "--config.train.eval_every=4"),
    *("--config.validation.max_images=8", "--config.validation.batch_size=8"),
]
REQUESTS = (
    b"POST /v1/photos HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
    b'Content-Length: 12\r\n\r\n{"sample":1}',
    b"GET /v1/samples HTTP/1.1\r\nHost: localhost\r\n\r\n",
    b"POST /v1/photos/0/colorize HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
    b'Content-Length: 52\r\n\r\n{"hints":[{"row":4,"column":5,"color":"#ff0000"}]}  ',
)


def start_training(workdir: Path) -> subprocess.Popen[bytes]:
    command = [sys.executable, *TRAINING, f"--workdir={workdir}"]
    return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)


def same_run(a: Path, b: Path) -> bool:
    """Whether two runs have the same parameters and record, but for what depends on the clock."""
    clock = ("images_per_second", "input_wait", "compile_seconds")
    records = [
        [{k: v for k, v in e.items() if k not in clock} for e in read_metrics(path)]
        for path in (a, b)
    ]
    pairs = zip(*(jax.tree.leaves(load_pretrained(path)[1]) for path in (a, b)), strict=True)
    return records[0] == records[1] and all(np.array_equal(x, y) for x, y in pairs)


def undisturbed(folder: Path) -> tuple[Path, float]:
    """A run from its start to its end, and how many seconds one takes that compiles nothing."""
    for name in ("first", "whole"):
        start = time.monotonic()
        process = start_training(folder / name)
        _, err = process.communicate()
        if process.returncode:
            raise SystemExit(f"the undisturbed run failed: {err.decode()[-500:]}")
    if not same_run(folder / "first", folder / "whole"):
        raise SystemExit("two undisturbed runs differ")
    return folder / "whole", time.monotonic() - start


def kill_trials(count: int, folder: Path, whole: Path, seconds: float) -> Iterator[str | None]:
    """Kills runs at random moments, several times each, until they have ended by themselves."""
    rng, kills, number = random.Random(0), 0, 0
    while kills < count:
        workdir = folder / f"killed-{number}"
        number += 1
        while True:
            process = start_training(workdir)
            try:
                limit = rng.uniform(0, seconds) if kills < count else None
                _, said = process.communicate(timeout=limit)
                break
            except subprocess.TimeoutExpired:
                process.send_signal(signal.SIGKILL)
                process.communicate()
                kills += 1
                yield None
        if process.returncode or not same_run(whole, workdir):
            last = said.decode().strip().rpartition("\n")[-1]
            yield f"{workdir.name}: exit code {process.returncode}, or another result; {last}"


def damage(data: bytes, rng: random.Random) -> bytes:
    """One of five kinds of damage."""
    kind, changed = rng.randrange(5), bytearray(data)
    place = rng.randrange(len(data)) if data else 0
    if kind == 0:
        return data[:place]
    if kind == 1 and data:
        changed[place] ^= 1 << rng.randrange(8)
    elif kind == 2:
        changed[place : place + 4096] = bytes(len(changed[place : place + 4096]))
    elif kind == 3:
        changed[place:place] = rng.randbytes(16)
    else:
        changed = bytearray(rng.randbytes(len(data)))
    return bytes(changed)


def copy_trials(count: int, folder: Path, whole: Path) -> Iterator[str | None]:
    """Damages a file of a copy of a run; then a model is read from it, as colorize does."""
    rng = random.Random(1)
    known = {
        step: jax.tree.leaves(load_pretrained(whole / "checkpoints" / step)[1])
        for step in sorted(path.name for path in (whole / "checkpoints").iterdir())
    }
    for number in range(count):
        copy = folder / "copy"
        shutil.rmtree(copy, ignore_errors=True)
        shutil.copytree(whole, copy)
        path = rng.choice(sorted(p for p in copy.rglob("*") if p.is_file()))
        path.write_bytes(damage(path.read_bytes(), rng))
        name = f"{number}: {path.relative_to(copy)}"
        try:
            found = jax.tree.leaves(load_pretrained(copy)[1])
            read_metrics(copy)
        except UserError as error:
            yield None if "\n" not in str(error) else f"{name}: more than a line"
        except Exception as error:
            yield f"{name}: {type(error).__name__}"
        else:
            same = (all(map(np.array_equal, found, leaves)) for leaves in known.values())
            yield None if any(same) else f"{name}: wrong weights without a word"


def image_trials(count: int) -> Iterator[str | None]:
    """Reads damaged photos of several formats."""
    rng = random.Random(2)
    whole = []
    for path in sample_photos()[:4]:
        with Image.open(path) as photo:
            small = photo.convert("RGB").resize((64, 48))
        for kind in ("jpeg", "png", "tiff", "bmp", "webp", "gif"):
            buffer = io.BytesIO()
            small.save(buffer, kind)
            whole.append((f"{path.stem}.{kind}", buffer.getvalue()))
    for number in range(count):
        name, data = rng.choice(whole)
        try:
            images.read_image(damage(data, rng))
        except ImageError as error:
            yield None if "\n" not in str(error) else f"{number} {name}: more than a line"
        except Exception as error:
            yield f"{number} {name}: {type(error).__name__}: {error}"
        else:
            yield None


def request_trials(count: int) -> Iterator[str | None]:
    """Sends malformed requests to a server on a real port."""
    rng = random.Random(3)
    colorizer = Colorizer.from_pretrained("pretrained")
    with listen("127.0.0.1", 0) as taken:
        server = Server(make_app(colorizer), lambda: None)
        thread = threading.Thread(target=server.run, args=([taken],))
        thread.start()
        while not server.started:
            time.sleep(0.01)
        address = taken.getsockname()
        for number in range(count):
            data = damage(rng.choice(REQUESTS), rng)
            answer = ask(address, data, 0.05)
            yield f"{number}: {data!r} got {answer[:60]!r}" if b" 5" in answer[8:11] else None
        good = ask(address, b"GET /v1/info HTTP/1.1\r\nHost: localhost\r\n\r\n", 60.0)
        yield None if b" 200 " in good[:20] else f"no answer afterwards: {good[:60]!r}"
        server.should_exit = True
        thread.join()


def ask(address: tuple[str, int], data: bytes, seconds: float) -> bytes:
    """The first bytes of the answer to some bytes, none if there is none in time."""
    with socket.create_connection(address, timeout=60) as connection:
        connection.settimeout(seconds)
        with contextlib.suppress(TimeoutError, ConnectionError):
            connection.sendall(data)
            return connection.recv(4096)
    return b""


def main(argv: Sequence[str]) -> None:
    parser = cli.ArgumentParser(description=__doc__)
    for name, count in (("kills", 50), ("copies", 100), ("images", 400), ("requests", 5000)):
        parser.add_argument(f"--{name}", type=int, default=count)
    args = parser.parse_args(argv)
    for name in ("absl", "asyncio", "acolvit_jax", "uvicorn.error"):
        logging.getLogger(name).setLevel(logging.CRITICAL)
    sys.unraisablehook = lambda _: None  # reads of a damaged checkpoint that Orbax gave up
    os.environ.setdefault("JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS", "0")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        trials: list[tuple[str, Iterator[str | None]]] = []
        if args.kills or args.copies:
            os.environ.setdefault("JAX_COMPILATION_CACHE_DIR", str(folder / "programs"))
            whole, seconds = undisturbed(folder)
            trials.append(("kills", kill_trials(args.kills, folder, whole, seconds)))
            trials.append(("damaged copies", copy_trials(args.copies, folder, whole)))
        trials.append(("malformed images", image_trials(args.images)))
        if args.requests:
            trials.append(("malformed requests", request_trials(args.requests)))
        rows = []
        for kind, results in trials:
            start, found = time.monotonic(), []
            for result in results:
                found.append(result)
                if not len(found) % 10:
                    print(f"{kind}: {len(found)}", file=sys.stderr, flush=True)
            failed = [text for text in found if text]
            rows.append(
                [kind, str(len(found)), str(len(failed)), f"{time.monotonic() - start:.0f}"]
            )
            print(" | ".join(rows[-1]), file=sys.stderr, flush=True)
            print("\n".join(f"{kind}: {text}" for text in failed), end="", file=sys.stderr)
        print(markdown_table(["trials", "run", "failed", "s"], rows))


if __name__ == "__main__":
    cli.run(main)
