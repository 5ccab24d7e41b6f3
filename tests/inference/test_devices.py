"""The device that computes is named."""

from types import SimpleNamespace

import pytest

from acolvit_jax.inference import devices, measurement


@pytest.mark.parametrize(
    ("kind", "platform", "name"),
    [("NVIDIA H100 80GB HBM3", "gpu", "NVIDIA H100 80GB HBM3 (gpu)"), ("cpu", "cpu", "cpu")],
)
def test_kind_and_platform(monkeypatch, kind, platform, name):
    device = SimpleNamespace(device_kind=kind, platform=platform)
    monkeypatch.setattr(devices.jax, "local_devices", lambda: [device])
    assert devices.device_name() == name
    assert measurement.describe_machine(1)["device"] == name
