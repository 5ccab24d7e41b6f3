"""Compiled programs, kept from one run of the tests to the next.

JAX writes an entry of its cache bit by bit where others read it, or else, told a largest size,
locks the folder and looks at every entry for each that it adds. So each process that runs tests
has a folder of its own for itself and the commands that it starts: links to what is kept, and at
its end what is new is linked back, whole.
"""

import contextlib
import hashlib
import os
import shutil
import sys
import tempfile
import time
import zlib
from importlib import metadata
from pathlib import Path

MOST_BYTES = 2**30  # that are kept; what was made longest ago makes room
MOST_SECONDS = 24 * 3600  # after which an own folder belongs to nobody
OWN = "own-"
ZLIB = b"\x78"  # how its streams begin; JAX compresses with it where there is no zstd
_LEAST_SECONDS = "JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS"
NO_MORE = {_LEAST_SECONDS: "1e9"}  # read what there is, add nothing


def kept_programs() -> Path:
    """Where programs are kept, by jaxlib and processor."""
    home = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    try:
        cpu = Path("/proc/cpuinfo").read_text()
    except OSError:
        cpu = ""
    marks = ("model name", "flags", "Features")
    kind = "".join(sorted({line for line in cpu.splitlines() if line.startswith(marks)}))
    key = hashlib.sha256(kind.encode()).hexdigest()[:12]
    return home / "acolvit_jax" / "tests" / f"{metadata.version('jaxlib')}-{key}"


def variables(folder: Path) -> dict[str, str]:
    """With which JAX finds and keeps every program in a folder, under a name that says no folder.

    XLA's own caches would lie beside them: their path is an option of the compiler.
    """
    return {
        "JAX_COMPILATION_CACHE_DIR": str(folder),
        "JAX_PERSISTENT_CACHE_ENABLE_XLA_CACHES": "none",
        _LEAST_SECONDS: "0",
    }


def use(folder: Path) -> None:
    """Has this process and the commands that it starts find and keep every program in a folder."""
    wanted = variables(folder)
    os.environ.update(wanted)
    if "jax" in sys.modules:  # by the conftest of tests that were named: it has read its variables
        import jax

        for name, value in wanted.items():
            jax.config.update(name.lower(), float(value) if name == _LEAST_SECONDS else value)


def entries(folder: Path) -> list[Path]:
    return list(folder.glob("*-cache"))


def own_programs(kept: Path) -> Path:
    """Makes a folder of this process's own, with what is kept."""
    kept.mkdir(parents=True, exist_ok=True)
    for left in kept.glob(f"{OWN}*"):  # by a process that did not end as it should
        if time.time() - left.stat().st_mtime > MOST_SECONDS:
            shutil.rmtree(left, ignore_errors=True)
    own = Path(tempfile.mkdtemp(prefix=OWN, dir=kept))
    for entry in entries(kept):
        with contextlib.suppress(FileNotFoundError):  # another makes room
            os.link(entry, own / entry.name)
    return own


def give_back(own: Path, kept: Path) -> None:
    """Keeps what is new and whole in a process's own folder, which goes."""
    for entry in entries(own):
        if not (kept / entry.name).exists() and is_whole(entry):
            with contextlib.suppress(FileExistsError):
                os.link(entry, kept / entry.name)
    shutil.rmtree(own, ignore_errors=True)  # a server that ends may write to it yet
    make_room(kept)


def is_whole(entry: Path) -> bool:
    """Whether an entry was written to its end, as far as zlib tells: a process may be killed."""
    data = entry.read_bytes()
    if not data.startswith(ZLIB):
        return bool(data)
    try:
        zlib.decompress(data)
    except zlib.error:
        return False
    return True


def make_room(kept: Path) -> None:
    """Takes the oldest away until the rest is small enough."""
    found = []
    for entry in entries(kept):
        with contextlib.suppress(FileNotFoundError):
            state = entry.stat()
            found.append((state.st_mtime, state.st_size, entry))
    total = 0
    for _, size, entry in sorted(found, reverse=True):
        total += size
        if total > MOST_BYTES:
            entry.unlink(missing_ok=True)
