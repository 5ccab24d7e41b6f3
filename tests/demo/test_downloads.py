"""Pictures share memory: what there is no room for waits, and is not made in vain."""

import asyncio
import contextlib

import pytest
from PIL import Image

from acolvit_jax.demo.server.downloads import Downloads
from acolvit_jax.demo.server.limits import Limits
from acolvit_jax.demo.server.problems import RequestError
from acolvit_jax.demo.server.studio import Studio
from tests.demo.calls import add, colorize, encoded, refused, result_of
from tests.demo.live import LONG
from tests.photos import make_rgb

LIMIT = 1000


class Desk:
    """Downloads of which each waits, when it is made and again when it is sent."""

    def __init__(self, **limits):
        self.downloads = Downloads(Limits(downloads_bytes=LIMIT, **limits))
        self.made = []
        self.sent = {}

    def ask(self, name, expected, nbytes=10, wait_to_make=None, wait_to_send=None):
        async def make():
            self.made.append(name)
            if wait_to_make:
                await wait_to_make.wait()
            return bytes(nbytes)

        async def send(message):
            if wait_to_send:
                await wait_to_send.wait()
            self.sent[name] = self.sent.get(name, 0) + len(message.get("body", b""))

        return self.downloads.answer(make, expected, "image/png")({}, None, send)


async def until_idle():
    for _ in range(20):
        await asyncio.sleep(0)


def run(test):
    asyncio.run(asyncio.wait_for(test, 60))


def test_what_has_no_room_in_time_is_refused_before_it_is_made():
    async def test():
        desk, slow = Desk(stall_seconds=0.1), asyncio.Event()
        first = asyncio.create_task(desk.ask("first", 900, wait_to_make=slow))
        await until_idle()
        with pytest.raises(RequestError, match="too many downloads") as refusal:
            await desk.ask("second", 101)
        assert (refusal.value.status, refusal.value.headers["Retry-After"]) == (503, "5")
        slow.set()
        await first
        await desk.ask("third", 1000)
        assert desk.made == ["first", "third"]

    run(test())


def test_what_waits_is_made_when_there_is_room():
    async def test():
        desk, slow, reading = Desk(stall_seconds=LONG), asyncio.Event(), asyncio.Event()
        waits = {"wait_to_make": slow, "wait_to_send": reading}
        tasks = [asyncio.create_task(desk.ask("first", 900, 400, **waits))]
        await until_idle()
        tasks += [asyncio.create_task(desk.ask(name, 600)) for name in ("second", "third")]
        tasks += [asyncio.create_task(desk.ask("small", 100))]
        await until_idle()
        assert desk.made == ["first", "small"]
        slow.set()  # it takes 400 of the 900, so one of the others fits, and then the next
        await until_idle()
        assert desk.made == ["first", "small", "second", "third"]
        assert "first" not in desk.sent
        reading.set()
        await asyncio.gather(*tasks)
        assert desk.sent == {"first": 400, "small": 10, "second": 10, "third": 10}

    run(test())


def test_more_than_all_the_room_goes_alone():
    async def test():
        desk, reading = Desk(stall_seconds=LONG), asyncio.Event()
        first = asyncio.create_task(desk.ask("first", 1, 1, wait_to_send=reading))
        await until_idle()
        large = asyncio.create_task(desk.ask("large", LIMIT + 1, LIMIT + 1))
        await until_idle()
        assert desk.made == ["first"]
        reading.set()
        await asyncio.gather(first, large)
        assert desk.sent["large"] == LIMIT + 1

    run(test())


def test_failures_and_clients_who_leave_give_their_room_back():
    async def test():
        desk = Desk(stall_seconds=LONG)

        async def fail():
            raise RequestError(422, "no")

        with pytest.raises(RequestError, match="no"):
            await desk.downloads.answer(fail, LIMIT, "image/png")({}, None, None)
        left = asyncio.create_task(desk.ask("left", LIMIT, wait_to_make=asyncio.Event()))
        await until_idle()
        left.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await left
        await desk.ask("last", LIMIT)
        assert desk.sent == {"last": 10}

    run(test())


def test_pictures_take_no_more_than_was_counted_on(make_client, monkeypatch):
    counted = []

    def answer(self, make, nbytes, *rest):
        async def respond(scope, receive, send):
            counted.append((nbytes, len(await make())))
            await real(self, make, nbytes, *rest)(scope, receive, send)

        return respond

    real = Downloads.answer
    monkeypatch.setattr(Downloads, "answer", answer)
    client = make_client()
    photo = add(client, encoded(Image.fromarray(make_rgb(0, (300, 400))), "PNG"))
    url = result_of(colorize(client, photo))["url"]
    assert client.get(f"/{photo['grey']}?max_side=200").status_code == 200
    for kind in ("png", "jpeg", "tiff", "webp", "layer", "layers"):
        assert client.get(f"/{url}?format={kind}").status_code == 200
    pixels = 300 * 400
    assert [most for most, _ in counted] == [4 * 200 * 200, *[4 * pixels] * 5, 8 * pixels]
    assert all(length < most for most, length in counted)


def test_a_result_without_room_is_not_computed(make_client, monkeypatch):
    client = make_client(downloads_bytes=20_000, stall_seconds=0.2)
    photo = add(client)
    url = result_of(colorize(client, photo))["url"]
    results = []
    result = Studio.result

    def computed(self, *args):
        results.append(refused(client.get(f"/{url}"), 503, text="downloads"))
        return result(self, *args)

    monkeypatch.setattr(Studio, "result", computed)
    assert client.get(f"/{url}").status_code == 200
    assert len(results) == 1
