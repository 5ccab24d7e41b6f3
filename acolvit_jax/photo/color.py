"""sRGB and CIELab (D65), and the model's units of color.

The formulas are the reference's ("Color"): CIE's, with white (0.95047, 1, 1.08883). Functions
with an `xp` argument work alike on NumPy and on JAX arrays; the input pipeline needs no JAX.
"""

from __future__ import annotations

from collections.abc import Sequence
from types import ModuleType
from typing import Any

import numpy as np

_RGB_TO_XYZ = np.array(
    [
        [0.412453, 0.357580, 0.180423],
        [0.212671, 0.715160, 0.072169],
        [0.019334, 0.119193, 0.950227],
    ]
)
_WHITE = np.array([0.95047, 1.0, 1.08883])
# Row vectors times these: linear RGB -> XYZ over white, and back.
_TO_XYZ = (_RGB_TO_XYZ / _WHITE[:, None]).T.astype(np.float32)
_FROM_XYZ = np.linalg.inv(_RGB_TO_XYZ / _WHITE[:, None]).T.astype(np.float32)

CUBE_ROOT_FROM = 0.008856
CUBE_FROM = 0.2068966
AB_SCALE = 110.0  # a* and b* are divided by this


def _linearize(rgb: Any, xp: ModuleType) -> Any:
    """Removes sRGB's transfer curve; the low branch is kept off the power's domain."""
    high = xp.exp(xp.log((xp.maximum(rgb, 0.04045) + 0.055) / 1.055) * 2.4)
    return xp.where(rgb > 0.04045, high, rgb / 12.92)


def _f(t: Any, xp: ModuleType) -> Any:
    """CIE's cube root with a straight foot."""
    # exp(log/3) vectorizes where cbrt does not; both are exact to float32 here.
    root = xp.exp(xp.log(xp.maximum(t, CUBE_ROOT_FROM)) * np.float32(1 / 3))
    return xp.where(t > CUBE_ROOT_FROM, root, straight_foot(t))


def straight_foot(t: Any) -> Any:
    """CIE's f below `CUBE_ROOT_FROM`."""
    return np.float32(7.787) * t + np.float32(16 / 116)


_LINEAR = _linearize(np.arange(256) / 255.0, np).astype(np.float32)
_AT_ONCE = 8192  # pixels whose planes stay in the cache


def uint8_to_lab(rgb: np.ndarray) -> np.ndarray:
    """Converts 8-bit sRGB to CIELab.

    Args:
        rgb: uint8 `[..., 3]`.

    Returns:
        float32 `[..., 3]`: L* in [0, 100], a*, b*.

    Raises:
        TypeError: if the array is not uint8.
    """
    return np.ascontiguousarray(np.moveaxis(uint8_to_planes(rgb), 0, -1))


def uint8_to_planes(rgb: np.ndarray) -> np.ndarray:
    """The same as `uint8_to_lab`, a plane each; the fast path of the input pipeline.

    Args:
        rgb: uint8 `[..., 3]`.

    Returns:
        float32 `[3, ...]`: L* in [0, 100], a*, b*.

    Raises:
        TypeError: if the array is not uint8.
    """
    if rgb.dtype != np.uint8:
        raise TypeError(f"expected 8-bit colors, got {rgb.dtype}")
    flat = rgb.reshape(-1, 3)
    planes = np.empty((3, len(flat)), np.float32)
    for start in range(0, len(flat), _AT_ONCE):
        part = slice(start, start + _AT_ONCE)
        # "clip" because bytes are in range anyway, and it is quicker than to look.
        xyz = _TO_XYZ.T @ _LINEAR.take(flat[part].T, mode="clip")
        f = np.cbrt(xyz)
        foot = np.flatnonzero(xyz <= np.float32(CUBE_ROOT_FROM))
        f.flat[foot] = straight_foot(xyz.flat[foot])
        lightness, a, b = planes[:, part]
        np.multiply(f[1], np.float32(116), out=lightness)
        lightness -= np.float32(16)
        np.subtract(f[0], f[1], out=a)
        a *= np.float32(500)
        np.subtract(f[1], f[2], out=b)
        b *= np.float32(200)
    return planes.reshape(3, *rgb.shape[:-1])


def rgb_to_planes(rgb: Sequence[Any], xp: ModuleType) -> list[Any]:
    """Converts sRGB to CIELab, a plane each, without a product of matrices (see `linear_planes`).

    Args:
        rgb: red, green and blue, float32 `[...]` in [0, 1] each.
        xp: `numpy` or `jax.numpy`.

    Returns:
        L* in [0, 100], a* and b*, float32 `[...]` each.
    """
    linear = [_linearize(plane, xp) for plane in rgb]
    x, y, z = (_f(sum(float(_TO_XYZ[i, j]) * linear[i] for i in range(3)), xp) for j in range(3))
    return [116.0 * y - 16.0, 500.0 * (x - y), 200.0 * (y - z)]


def uint8_to_lightness(rgb: np.ndarray) -> np.ndarray:
    """L* of 8-bit sRGB: the first plane of `uint8_to_planes`, in a third of the time.

    Args:
        rgb: uint8 `[..., 3]`.

    Returns:
        float32 `[...]` in [0, 100].
    """
    y = luminance([_LINEAR.take(rgb[..., i], mode="clip") for i in range(3)])
    f = np.where(y > np.float32(CUBE_ROOT_FROM), np.cbrt(y), straight_foot(y))
    lightness: np.ndarray = np.float32(116) * f - np.float32(16)
    return lightness


def linear_planes(x: Any, y: Any, z: Any) -> list[Any]:
    """Linear red, green and blue.

    A plane at a time, without a product of matrices: XLA makes one loop of it, five times as fast
    on CPU, and no accelerator rounds it to bfloat16.

    Args:
        x: CIE's X over white's, float32 `[...]`.
        y: CIE's Y.
        z: CIE's Z over white's.

    Returns:
        Three arrays `[...]`; outside [0, 1] where sRGB cannot show the color.
    """
    return [sum(np.float32(_FROM_XYZ[i, j]) * v for i, v in enumerate((x, y, z))) for j in range(3)]


def _colored(fy: Any, a: Any, b: Any, xp: ModuleType) -> list[Any]:
    """Linear red, green and blue of f(Y) and the colors."""
    neighbors = fy + a / 500.0, fy, xp.maximum(fy - b / 200.0, 0.0)
    return linear_planes(*(_f_inverse(f, xp) for f in neighbors))


def _f_inverse(f: Any, xp: ModuleType) -> Any:
    """Inverse of `_f`."""
    return xp.where(f > CUBE_FROM, f * f * f, (f - np.float32(16 / 116)) / np.float32(7.787))


def _encode(linear: Any, xp: ModuleType) -> Any:
    """Applies sRGB's transfer curve and clips to [0, 1]."""
    # exp and log vectorize where a power does not.
    power = xp.exp(xp.log(xp.maximum(linear, 0.0031308)) * np.float32(1 / 2.4))
    rgb = xp.where(linear > 0.0031308, 1.055 * power - 0.055, 12.92 * linear)
    return xp.clip(rgb, 0.0, 1.0)


def lab_to_rgb(lab: Any, xp: ModuleType = np) -> Any:
    """Converts CIELab to sRGB; colors outside sRGB are clipped.

    Args:
        lab: float32 `[..., 3]`: L* in [0, 100], a*, b*.
        xp: `numpy` or `jax.numpy`.

    Returns:
        float32 `[..., 3]`, sRGB in [0, 1].
    """
    lab = xp.asarray(lab, dtype=np.float32)
    fy = (lab[..., 0] + 16.0) / 116.0
    return _encode(xp.stack(_colored(fy, lab[..., 1], lab[..., 2], xp), axis=-1), xp)


def recolor(rgb: Any, a: Any, b: Any, xp: ModuleType = np) -> Any:
    """Gives colors other a* and b* and leaves their lightness: `lab_to_rgb` of L*, a, b.

    Args:
        rgb: float32 `[..., 3]`, sRGB in [0, 1], for the lightness.
        a: float32 `[...]`, a*.
        b: float32 `[...]`, b*.
        xp: `numpy` or `jax.numpy`.

    Returns:
        float32 `[..., 3]`, sRGB in [0, 1], clipped.
    """
    linear = [_linearize(rgb[..., i], xp) for i in range(3)]
    planes = _colored(_f(luminance(linear), xp), a, b, xp)
    return xp.stack([_encode(plane, xp) for plane in planes], axis=-1)


def luminance(linear: Sequence[Any]) -> Any:
    """CIE's Y of linear red, green and blue, float32 `[...]` each, in [0, 1]."""
    return sum(float(_TO_XYZ[i, 1]) * linear[i] for i in range(3))


def lab_to_uint8(lab: np.ndarray) -> np.ndarray:
    """Converts CIELab `[..., 3]` to 8-bit sRGB, rounded; colors outside sRGB are clipped."""
    return np.round(lab_to_rgb(lab) * 255.0).astype(np.uint8)


def normalize_l(lightness: Any) -> Any:
    """L* in [0, 100] to the model's units, [-0.5, 0.5]."""
    return (lightness - 50.0) / 100.0


def denormalize_l(l_norm: Any) -> Any:
    """The model's units of lightness to L* in [0, 100]."""
    return l_norm * 100.0 + 50.0


def normalize_ab(ab: Any) -> Any:
    """a*, b* to the model's units, about [-1, 1]."""
    return ab / AB_SCALE


def denormalize_ab(ab_norm: Any) -> Any:
    """The model's units of color to a*, b*."""
    return ab_norm * AB_SCALE
