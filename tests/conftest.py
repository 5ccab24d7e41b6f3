"""Shared fixtures. Eight CPU devices are asked for before JAX is imported anywhere."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import hypothesis
import pytest

from tests import programs
from tests.fake_gcs import serving
from tests.fake_objects import FakeStorage

os.environ.setdefault("XLA_FLAGS", "--xla_force_host_platform_device_count=8")
os.environ.setdefault("JAX_PLATFORMS", "cpu")

# A script's background ignores Ctrl-C, and so would the commands that tests interrupt.
signal.signal(signal.SIGINT, signal.default_int_handler)

# A busy machine is no failure.
hypothesis.settings.register_profile("tests", deadline=None)
hypothesis.settings.load_profile("tests")


OWN_PROGRAMS = pytest.StashKey[Path]()


def pytest_configure(config: pytest.Config) -> None:
    """Tests, and the commands that they start, find compiled programs."""
    if "JAX_COMPILATION_CACHE_DIR" in os.environ or config.getoption("numprocesses", None):
        return  # where the tests' programs are is said, or they run in other processes
    own = config.stash[OWN_PROGRAMS] = programs.own_programs(programs.kept_programs())
    programs.use(own)


def pytest_unconfigure(config: pytest.Config) -> None:
    if own := config.stash.get(OWN_PROGRAMS, None):
        programs.give_back(own, programs.kept_programs())


# The longest first, and a module to one worker: what its tests share is made once, and at the end
# nobody waits for a long one that was begun last.
LONGEST = (
    "integration/test_first_command",
    "notebooks/",
    "integration/test_distributed",
    "demo/browser/alone",
    "integration/test_train.py",
    "integration/test_evaluate",
    "demo/",
    "training/",
    "integration/",
    "launch/",
    "models/",
)
# Folders to one worker: what all their modules share takes a while.
TOGETHER = ("tests/demo/browser/alone/", "tests/demo/browser/")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    def place(item: pytest.Item) -> int:
        name = f"{item.path.relative_to(Path(__file__).parent)}"
        return next((i for i, start in enumerate(LONGEST) if name.startswith(start)), len(LONGEST))

    items.sort(key=place)


@pytest.hookimpl(optionalhook=True)  # of pytest-xdist
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    from xdist.scheduler import LoadFileScheduling

    class ByModule(LoadFileScheduling):
        def _split_scope(self, nodeid: str) -> str:
            module = super()._split_scope(nodeid)
            return next((folder for folder in TOGETHER if module.startswith(folder)), module)

    config.option.loadscopereorder = False
    return ByModule(config, log)


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
