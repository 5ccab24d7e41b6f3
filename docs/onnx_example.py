"""Colors a photo with an ONNX file: python docs/onnx_example.py MODEL.onnx PHOTO OUT.png 0.5.

ONNX Runtime and NumPy; Pillow reads, resizes and writes. Nothing of acolvit_jax.
"""

import json
import sys

import numpy as np
import onnxruntime
from PIL import Image

M = np.array(
    [[0.412453, 0.35758, 0.180423], [0.212671, 0.71516, 0.072169], [0.019334, 0.119193, 0.950227]]
)
M = (M / [[0.95047], [1.0], [1.08883]]).T  # linear sRGB to XYZ over white (D65), for row vectors


def rgb_to_lab(rgb):
    linear = np.where(rgb > 0.04045, ((rgb + 0.055) / 1.055) ** 2.4, rgb / 12.92) @ M
    fx, fy, fz = np.moveaxis(
        np.where(linear > 0.008856, np.cbrt(linear), 7.787 * linear + 16 / 116), -1, 0
    )
    return np.stack([116 * fy - 16, 500 * (fx - fy), 200 * (fy - fz)], axis=-1)


def lab_to_rgb(lab):
    fy = (lab[..., 0] + 16) / 116
    f = np.stack([fy + lab[..., 1] / 500, fy, np.maximum(fy - lab[..., 2] / 200, 0)], axis=-1)
    linear = np.where(f > 0.2068966, f**3, (f - 16 / 116) / 7.787) @ np.linalg.inv(M)
    rgb = np.where(
        linear > 0.0031308, 1.055 * np.maximum(linear, 0) ** (1 / 2.4) - 0.055, 12.92 * linear
    )
    return rgb.clip(0, 1)


session = onnxruntime.InferenceSession(sys.argv[1])
facts = json.loads(session.get_modelmeta().custom_metadata_map["acolvit"])
side, scale, cell = facts["image_size"], facts["normalisation"]["ab_scale"], facts["hint_size"]
photo = Image.open(sys.argv[2]).convert("RGB")
inputs = np.zeros((1, side, side, 4), np.float32)
small = [band.convert("F").resize((side, side), 2) for band in photo.split()]  # bilinear
small = np.floor(np.stack([*map(np.asarray, small)], axis=-1) + 0.501)  # rounded once, halves up
inputs[0, ..., 0] = (rgb_to_lab(small / 255)[..., 0] - 50) / 100
for row, column, a, b in []:  # hints: pixels of the photo, a* and b*
    top, left = (
        int(p * side // n // cell * cell)
        for p, n in zip((row, column), photo.size[::-1], strict=True)
    )
    inputs[0, top : top + cell, left : left + cell, 1:] = a / scale, b / scale, 1
feed = {"inputs": inputs} | (
    {"budget": np.array(float(sys.argv[4]), np.float32)} if facts["budget"] else {}
)
ab, decisions = session.run(["ab", "decisions"], feed)
planes = [Image.fromarray(ab[0, ..., i] * scale).resize(photo.size, 3) for i in range(2)]  # bicubic
lab = np.stack([rgb_to_lab(np.asarray(photo) / 255)[..., 0], *map(np.asarray, planes)], axis=-1)
Image.fromarray(np.round(255 * lab_to_rgb(lab)).astype(np.uint8)).save(sys.argv[3])
print(f"{int(decisions.sum())} of {decisions.size} sublayers computed")
