"""A small model behind the demo's application."""

import dataclasses

import pytest
from starlette.testclient import TestClient

from acolvit_jax.demo.server.app import make_app
from acolvit_jax.demo.server.limits import Limits
from acolvit_jax.inference.colorizer import Colorizer
from tests.models_on_disk import SMALL, random_params

BASE = "http://127.0.0.1:8000"


@pytest.fixture(scope="session")
def small_colorizer():
    config = dataclasses.replace(SMALL, any_budget=True)
    return Colorizer(config, random_params(config))


@pytest.fixture
def make_client(small_colorizer):
    """Makes clients of an application with its own limits, access, clock, folder, model."""
    clients = []

    def make(*, colorizer=None, access=None, clock=None, folder=None, **limits):
        given = {"clock": clock, "folder": folder}
        rest = {name: value for name, value in given.items() if value is not None}
        app = make_app(colorizer or small_colorizer, limits=Limits(**limits), access=access, **rest)
        client = TestClient(app, BASE, raise_server_exceptions=False, follow_redirects=False)
        client.__enter__()
        clients.append(client)
        return client

    yield make
    for client in clients:
        client.__exit__(None, None, None)


@pytest.fixture
def client(make_client):
    return make_client()
