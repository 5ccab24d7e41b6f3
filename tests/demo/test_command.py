"""`python -m acolvit_jax.serve` as a user runs it."""

import json
import re
import signal
import socket
import threading
import urllib.request

import pytest

from acolvit_jax import serve
from acolvit_jax.checkpoint.weights import WEIGHTS_FILE
from acolvit_jax.common.errors import ConfigError, UserError
from acolvit_jax.demo.server import server
from tests.integration.commands import kill, refusal, start
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
    proxy = ["--behind_proxy", "demo.example.org"]  # no port is open past it
    process, url = serving("--port", 0, "--checkpoint", model, "--budget", 0.7, *proxy)
    try:
        info = json.load(urllib.request.urlopen(url + "v1/info"))
        assert info["model"]["name"] == "model.safetensors"
        assert info["model"]["budget_default"] == 0.7
        port = url.split(":")[2].strip("/")
        code, message = refusal(serve.main, "--no_browser", "--port", port)
        assert code == 1
        assert "is in use; choose another --port" in message
    finally:
        out, err = kill(process, signal.SIGINT)
    assert (process.returncode, out, err) == (130, "", "interrupted\n")


def test_an_interrupt_with_a_client_connected_is_clean(model):
    process, url = serving("--port", 0, "--checkpoint", model)
    address = "127.0.0.1", int(url.split(":")[2].strip("/"))
    with socket.create_connection(address, timeout=60) as connection:
        connection.sendall(
            b"POST /v1/photos HTTP/1.1\r\nHost: localhost\r\n"
            b"Content-Length: 9\r\nExpect: 100-continue\r\n\r\n"
        )
        assert connection.recv(65536).startswith(b"HTTP/1.1 100 ")  # it waits for the body
        out, err = kill(process, signal.SIGINT)
        # The client was told, and not cut off when the time for a clean end was over.
        assert connection.recv(65536).startswith(b"HTTP/1.1 503 ")
    assert (process.returncode, out, err) == (130, "", "interrupted\n")


@pytest.mark.parametrize(
    ("arguments", "error", "words"),
    [
        (["--checkpoint", "/nowhere"], UserError, "no model at /nowhere"),
        (["--host", "no.such.host.invalid"], UserError, "cannot be found"),
        (["--host", "203.0.113.7"], UserError, "cannot listen on 203.0.113.7"),
        (["--behind_proxy", "*"], ConfigError, r"--behind_proxy '\*'"),
        (["--budget", "2"], ConfigError, "budget=2.0 must be in"),
    ],
)
def test_mistakes_are_named(model, arguments, error, words):
    usual = ["--no_browser", "--port", "0", "--checkpoint", str(model)]
    with pytest.raises(error, match=words):
        serve.main([*usual, *arguments])


@pytest.mark.parametrize("port", ["-1", "65536", "http", "1.5", ""])
def test_ports_are_numbers(port):
    with pytest.raises(ConfigError, match=f"--port: {port!r} is no port"):
        serve.main(["--port", port])


@pytest.mark.parametrize("host", ["0.0.0.0", "0", ""])
def test_bound_everywhere_it_answers_to_every_address(tmp_path, monkeypatch, capsys, host):
    """The browser is shown one that can be visited, when the server listens."""
    opened = []

    def browse(url):
        request = urllib.request.Request(url + "v1/info", headers={"Host": "192.0.2.1"})
        opened.append((url, json.load(urllib.request.urlopen(request))))
        running[0].should_exit = True

    running = []
    start_up = server.Server.startup

    async def startup(self, sockets=None):
        running.append(self)
        await start_up(self, sockets)

    monkeypatch.setattr(server.Server, "startup", startup)
    monkeypatch.setattr(server.webbrowser, "open", browse)
    write_model(tmp_path, any_budget=True).rename(tmp_path / WEIGHTS_FILE)
    monkeypatch.chdir(tmp_path)
    server.serve(".", host=host, port=0, proxies=("demo.example.org",))
    url, info = opened[0]
    assert re.fullmatch(r"http://127\.0\.0\.1:\d+/", url)
    assert info["model"]["name"] == tmp_path.name
    own = url.replace("127.0.0.1", "0.0.0.0")
    told = f"warning: {own} is open to all, past the proxy; --host 127.0.0.1 closes it\n"
    assert capsys.readouterr() == (f"serving on {own}\n", told)
