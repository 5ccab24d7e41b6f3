"""Photos in the store: bounded in number, bytes and age; the least recently used goes first."""

import threading

import numpy as np
import pytest

from acolvit_jax.demo.server.limits import Limits
from acolvit_jax.demo.server.store import PhotoStore, StoredPhoto
from acolvit_jax.inference.tones import Tones
from acolvit_jax.photo.images import Photo
from tests.demo.calls import add, colorize, refused, result_of

TONES = Tones(np.zeros((4, 4, 1), np.float32))
NBYTES = 10 * 10 * 3 + TONES.nbytes


class Clock:
    now = 1000.0

    def __call__(self):
        return self.now


def photo(side=10):
    return StoredPhoto("photo", Photo(np.zeros((side, side, 3), np.uint8)), TONES)


@pytest.fixture
def clock():
    return Clock()


def test_ids_cannot_be_guessed():
    ids = {photo().id for _ in range(1000)}
    assert len(ids) == 1000
    assert all(len(name) >= 24 for name in ids)


def test_the_least_recently_used_goes_first(clock):
    store = PhotoStore(Limits(photos=3), clock)
    a, b, c, d = (photo() for _ in range(4))
    for stored in (a, b, c):
        assert store.add(stored)
    assert store.get(a.id) is a
    store.add(d)
    assert store.get(b.id) is None
    assert all(store.get(x.id) is x for x in (a, c, d))
    assert len(store) == 3


def test_bytes_are_bounded(clock):
    store = PhotoStore(Limits(store_bytes=3 * NBYTES), clock)
    stored = [photo() for _ in range(5)]
    for one in stored:
        assert store.add(one)
        assert store.nbytes <= 3 * NBYTES
    assert [store.get(one.id) is not None for one in stored] == [False, False, True, True, True]
    assert not store.add(photo(100))
    assert len(store) == 3
    assert store.remove(stored[4].id)
    assert not store.remove(stored[4].id)
    assert store.nbytes == 2 * NBYTES


def test_photos_expire_after_their_last_use(clock):
    store = PhotoStore(Limits(age=60), clock)
    old, used = photo(), photo()
    store.add(old)
    store.add(used)
    clock.now += 59
    assert store.get(used.id) is used
    clock.now += 1
    assert store.get(old.id) is None
    assert not store.remove(old.id)
    clock.now += 58
    assert store.get(used.id) is used
    clock.now += 60
    store.sweep()
    assert (store.nbytes, len(store)) == (0, 0)


def test_results_are_bounded_and_belong_to_their_photo(clock):
    store = PhotoStore(Limits(results=2), clock)
    stored = photo()
    store.add(stored)
    for name in ("a", "b", "a", "c"):
        store.add_result(stored.id, name, name.encode())
    assert [store.result(stored.id, name) for name in "abc"] == [b"a", None, b"c"]
    store.add_result("unknown", "x", b"x")
    assert store.result("unknown", "x") is None


def test_threads_share_it():
    store = PhotoStore(Limits(photos=5, store_bytes=4 * NBYTES))

    def work():
        for _ in range(300):
            stored = photo()
            store.add(stored)
            store.add_result(stored.id, "r", b"r")
            store.get(stored.id)
            store.remove(stored.id)

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(store), store.nbytes) == (0, 0)


def test_clients_see_photos_expire(make_client, clock):
    client = make_client(clock=clock, age=100)
    sent = add(client)
    assert sent["expires_in"] == 100
    result = result_of(colorize(client, sent))
    clock.now += 99
    assert client.get("/" + sent["url"]).status_code == 200
    clock.now += 100
    refused(client.get("/" + sent["url"]), 404, text="expired")
    refused(client.get("/" + result["url"]), 404)
    refused(client.post(f"/{sent['url']}/colorize", json={"hints": []}), 404)


def test_clients_push_each_other_out_at_the_bound_only(make_client):
    client = make_client(photos=2)
    first, second, third = (add(client) for _ in range(3))
    refused(client.get("/" + first["url"]), 404)
    for sent in (second, third):
        assert client.get("/" + sent["url"]).status_code == 200


def test_a_photo_beyond_the_whole_store_is_413(make_client):
    client = make_client(store_bytes=5000)
    refused(client.post("/v1/photos", json={"sample": "bee"}), 413)
