"""A site, built once for all workers, on a plain web server, and a browser of its own."""

import fcntl
import os
import shutil

import pytest

from acolvit_jax.config.variants import VARIANTS
from acolvit_jax.convert import main
from acolvit_jax.inference.compilation import cache_folder
from tests.demo.browser.alone.hosting import Host, loaded
from tests.demo.browser.driver import lasting
from tests.demo.browser.needs import need, need_browser
from tests.demo.browser.page import Page
from tests.models_on_disk import write_model


@pytest.fixture(scope="session")
def made(tmp_path_factory):
    """Folder of the model and of the site made of it."""
    fetched = list(cache_folder().glob("onnxruntime-web-*.tgz"))
    need(bool(fetched or shutil.which("npm")), "npm is not installed")
    folder = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        folder = folder.parent  # of all workers
    folder /= "static-site"
    folder.mkdir(exist_ok=True)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / "done").exists():
            options = {"width": VARIANTS["tiny"].width, "num_heads": 3, "patch_size": 16}
            weights = write_model(folder, any_budget=True, image_size=224, **options)
            main([str(weights), str(folder / "site"), "--to=web", "--dtype=float32"])
            (folder / "done").touch()
    return folder


@pytest.fixture(scope="session")
def model(made):
    return made / "model.safetensors"


@pytest.fixture(scope="session")
def site(made):
    return made / "site"


@pytest.fixture
def host(site):
    host = Host(site)
    yield host
    host.stop()


@pytest.fixture(scope="session")
def living(downloads):
    need_browser()
    with lasting(downloads=downloads) as give:
        yield give


@pytest.fixture
def browser(living):
    return living()


@pytest.fixture
def page(host, browser):
    """The page, its model loaded, in a browser that has kept nothing of it."""
    page = Page(browser, host.address)
    page.visit()
    loaded(page)
    yield page
    assert page.complaints() == []
