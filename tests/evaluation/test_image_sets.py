"""Images of an evaluation: what cannot be read is told from what is damaged."""

import errno

import pytest

from acolvit_jax.common import reading
from acolvit_jax.common.errors import ImageError
from acolvit_jax.common.reading import UnreadableError
from acolvit_jax.data.sources import FileSource
from acolvit_jax.evaluation.image_sets import content_digest, open_images
from acolvit_jax.evaluation.protocol import load_photo
from tests.photos import make_folder


@pytest.fixture
def source(tmp_path, monkeypatch):
    monkeypatch.setattr(reading, "PAUSES", (0,))
    return open_images(str(make_folder(tmp_path / "photos", 3)))


@pytest.mark.parametrize("read", [lambda s: load_photo(s, 1, 32), content_digest])
def test_storage_that_fails_is_no_bad_image(source, monkeypatch, read):
    def stale(self, index):
        raise OSError(errno.ESTALE, "Stale file handle", str(self.paths[index]))

    monkeypatch.setattr(FileSource, "__getitem__", stale)
    with pytest.raises(UnreadableError, match=r"000\d\.jpg: Stale file handle"):
        read(source)


def test_an_image_that_is_gone_is_a_bad_one(source, monkeypatch):
    whole = content_digest(source)
    source.paths[1].unlink()
    assert content_digest(source) != whole
    with pytest.raises(ImageError, match=r"0001\.jpg: No such file or directory"):
        load_photo(source, 1, 32)

    def gone(self, index):
        raise FileNotFoundError("photos/0001.jpg")  # as gcsfs has it

    monkeypatch.setattr(FileSource, "__getitem__", gone)
    with pytest.raises(ImageError, match=r"0001\.jpg: photos/0001\.jpg"):
        load_photo(source, 1, 32)
