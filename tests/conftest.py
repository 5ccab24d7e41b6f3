"""Shared fixtures. Eight CPU devices are asked for before JAX is imported anywhere."""

import hashlib
import os
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path
from typing import Any

import hypothesis
import pytest

from acolvit_jax.common.files import drop_unfinished_programs
from tests.fake_gcs import FakeStorage, serving

os.environ.setdefault("XLA_FLAGS", "--xla_force_host_platform_device_count=8")
os.environ.setdefault("JAX_PLATFORMS", "cpu")

# A busy machine is no failure.
hypothesis.settings.register_profile("tests", deadline=None)
hypothesis.settings.load_profile("tests")


def compiled_programs() -> Path:
    """Where programs are kept from one run of the tests to the next, by jaxlib and processor."""
    home = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    try:
        cpu = Path("/proc/cpuinfo").read_text()
    except OSError:
        cpu = ""
    marks = ("model name", "flags", "Features")
    kind = "".join(sorted({line for line in cpu.splitlines() if line.startswith(marks)}))
    key = hashlib.sha256(kind.encode()).hexdigest()[:12]
    return home / "acolvit_jax" / f"tests-{metadata.version('jaxlib')}-{key}"


# Workers and the command lines that they start inherit this. With a largest size JAX locks the
# folder, so that none of them reads an entry that another has half written; but for each entry that
# it adds it looks at all others, so that thousands of small ones cost more than they save.
if "JAX_COMPILATION_CACHE_DIR" not in os.environ:
    if "PYTEST_XDIST_WORKER" not in os.environ:
        drop_unfinished_programs(compiled_programs())
    os.environ["JAX_COMPILATION_CACHE_DIR"] = str(compiled_programs())
    os.environ["JAX_COMPILATION_CACHE_MAX_SIZE"] = str(2**31)
    os.environ.setdefault("JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS", "0.1")

# The longest first, and a module to one worker: what its tests share is made once, and at the end
# nobody waits for a long one that was begun last.
LONGEST = (
    "integration/test_first_command",
    "notebooks/",
    "integration/test_distributed",
    "integration/test_train.py",
    "integration/test_evaluate",
    "demo/",
    "training/",
    "integration/",
    "launch/",
    "models/",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    def place(item: pytest.Item) -> int:
        name = f"{item.path.relative_to(Path(__file__).parent)}"
        return next((i for i, start in enumerate(LONGEST) if name.startswith(start)), len(LONGEST))

    items.sort(key=place)


@pytest.hookimpl(optionalhook=True)  # of pytest-xdist
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    from xdist.scheduler import LoadFileScheduling

    config.option.loadscopereorder = False
    return LoadFileScheduling(config, log)


SHARED_PHOTOS = Path(__file__).resolve().parents[2] / "shared" / "photos"


@pytest.fixture(scope="session", autouse=True)
def float32_where_nothing_is_said() -> Iterator[None]:
    """`auto` is float32, on every machine; tests of bfloat16 ask for it."""
    from acolvit_jax.models import precision

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(precision, "multiplies_bfloat16", lambda: False)
        yield


@pytest.fixture(scope="session")
def shared_photos() -> Path:
    """Real photographs (`train/`, `val/`) that are not part of the product."""
    path = Path(os.environ.get("ACOLVIT_TEST_PHOTOS", SHARED_PHOTOS))
    if not path.is_dir():
        pytest.skip(f"no photographs at {path}; set ACOLVIT_TEST_PHOTOS to their folder")
    return path


@pytest.fixture(scope="session")
def storage() -> Iterator[FakeStorage]:
    """A Google Cloud Storage, for this process and those that it starts.

    Libraries keep the address that it has when they first use it: it is the same for all tests.
    """
    storage = FakeStorage()
    with serving(storage) as variables, pytest.MonkeyPatch.context() as patch:
        for name, value in variables.items():
            patch.setenv(name, value)
        yield storage


@pytest.fixture
def bucket(storage: FakeStorage) -> Iterator[str]:
    """The address of an empty bucket, `gs://NAME`."""
    name = f"bucket-{len(storage.buckets)}"
    storage.buckets.add(name)
    yield f"gs://{name}"
    storage.failures.clear()
