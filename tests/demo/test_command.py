"""`python -m acolvit_jax.serve` as a user runs it."""

import json
import re
import signal
import socket
import threading
import time
import urllib.request

import pytest

from acolvit_jax import serve
from acolvit_jax.demo import server
from acolvit_jax.errors import ConfigError
from tests.integration.commands import kill, one_line_error, run, start
from tests.models_on_disk import write_model


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    return write_model(tmp_path_factory.mktemp("model"), any_budget=True)


def serving(*arguments):
    """A started server and its address."""
    process = start("serve", "--no_browser", *arguments)
    timer = threading.Timer(120, process.kill)
    timer.start()
    line = process.stdout.readline()
    timer.cancel()
    match = re.fullmatch(r"serving on (http://127\.0\.0\.1:\d+/)\n", line)
    assert match, (line, process.poll(), process.stderr.read() if process.poll() else "")
    return process, match[1]


def test_it_serves_until_it_is_interrupted(model):
    process, url = serving("--port", 0, "--checkpoint", model, "--budget", 0.7)
    try:
        info = json.load(urllib.request.urlopen(url + "v1/info"))
        assert info["model"]["name"] == "model.safetensors"
        assert info["model"]["budget_default"] == 0.7
        other = run("serve", "--no_browser", "--port", url.split(":")[2].strip("/"))
        assert "is in use; choose another --port" in one_line_error(other, 1)
    finally:
        out, err = kill(process, signal.SIGINT)
    assert (process.returncode, out, err) == (0, "", "")


def test_an_interrupt_with_a_client_connected_is_clean(model):
    process, url = serving("--port", 0, "--checkpoint", model)
    port = int(url.split(":")[2].strip("/"))
    with socket.create_connection(("127.0.0.1", port)) as connection:
        connection.sendall(
            b"POST /v1/photos HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\n"
        )
        begin = time.monotonic()
        out, err = kill(process, signal.SIGINT)
        assert time.monotonic() - begin < 5
    assert (process.returncode, out, err) == (0, "", "")


def test_a_budget_out_of_range_is_one_line(model):
    result = run("serve", "--no_browser", "--port", 0, "--checkpoint", model, "--budget", 2)
    assert "budget 2.0 must be in" in one_line_error(result, 2)


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["--checkpoint", "/nowhere"], 1, "no model at /nowhere"),
        (["--host", "no.such.host.invalid"], 1, "cannot be found"),
        (["--host", "203.0.113.7"], 1, "cannot listen on 203.0.113.7"),
        (["--behind_proxy", "*"], 2, "--behind_proxy '*'"),
    ],
)
def test_mistakes_are_one_line(arguments, code, words):
    result = run("serve", "--no_browser", "--port", 0, *arguments)
    assert words in one_line_error(result, code)


@pytest.mark.parametrize("port", ["-1", "65536", "http", "1.5", ""])
def test_ports_are_numbers(port):
    with pytest.raises(ConfigError, match="--port"):
        serve.main(["--port", port])


def test_the_browser_is_opened_when_the_server_listens(model, monkeypatch, capsys):
    opened = []

    def browse(url):
        opened.append((url, json.load(urllib.request.urlopen(url + "v1/info"))))
        running[0].should_exit = True

    running = []
    start_up = server.Server.startup

    async def startup(self, sockets=None):
        running.append(self)
        await start_up(self, sockets)

    monkeypatch.setattr(server.Server, "startup", startup)
    monkeypatch.setattr(server.webbrowser, "open", browse)
    server.serve(str(model), host="0.0.0.0", port=0)
    url, info = opened[0]
    assert re.fullmatch(r"http://127\.0\.0\.1:\d+/", url)
    assert info["model"]["name"] == "model.safetensors"
    assert capsys.readouterr().out == f"serving on {url.replace('127.0.0.1', '0.0.0.0')}\n"
