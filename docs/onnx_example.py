"""Colors a photo with ONNX Runtime, NumPy and Pillow, and nothing of acolvit_jax.

python docs/onnx_example.py MODEL.onnx PHOTO OUT.png 0.5
"""

import json
import sys

import numpy as np
import onnxruntime
from PIL import Image

XYZ = [[0.412453, 0.35758, 0.180423], [0.212671, 0.71516, 0.072169], [0.019334, 0.119193, 0.950227]]
XYZ = (np.array(XYZ) / [[0.95047], [1.0], [1.08883]]).T  # over white (D65), of linear sRGB rows


def lightness(rgb):  # L* of 8-bit sRGB
    rgb = rgb / 255
    y = np.where(rgb > 0.04045, ((rgb + 0.055) / 1.055) ** 2.4, rgb / 12.92) @ XYZ[:, 1]
    return 116 * np.where(y > 0.008856, np.cbrt(y), 7.787 * y + 16 / 116) - 16


def lab_to_rgb(light, a, b):  # 8-bit sRGB
    fy = (light + 16) / 116
    f = np.stack([fy + a / 500, fy, np.maximum(fy - b / 200, 0)], axis=-1)
    rgb = (np.where(f > 0.2068966, f**3, (f - 16 / 116) / 7.787) @ np.linalg.inv(XYZ)).clip(0, 1)
    rgb = np.where(rgb > 0.0031308, 1.055 * rgb ** (1 / 2.4) - 0.055, 12.92 * rgb)
    return np.round(255 * rgb).astype(np.uint8)


session = onnxruntime.InferenceSession(sys.argv[1])
facts = json.loads(session.get_modelmeta().custom_metadata_map["acolvit"])
side, scale, cell = facts["image_size"], facts["normalisation"]["ab_scale"], facts["hint_size"]
photo = Image.open(sys.argv[2]).convert("RGB")
inputs = np.zeros((1, side, side, 4), np.float32)
small = [band.convert("F").resize((side, side), 2) for band in photo.split()]  # bilinear
small = np.floor(np.stack([*map(np.asarray, small)], axis=-1) + 0.501)  # rounded once, halves up
inputs[0, ..., 0] = (lightness(small) - 50) / 100
for row, column, a, b in []:  # hints: pixels of the photo, a* and b*
    top = row * side // photo.height // cell * cell
    left = column * side // photo.width // cell * cell
    inputs[0, top : top + cell, left : left + cell, 1:] = a / scale, b / scale, 1
budget = {"budget": np.array(sys.argv[4], np.float32)} if facts["budget"] else {}
ab, decisions = session.run(["ab", "decisions"], {"inputs": inputs} | budget)
ab = [Image.fromarray(ab[0, ..., i] * scale).resize(photo.size, 3) for i in range(2)]  # bicubic
Image.fromarray(lab_to_rgb(lightness(np.asarray(photo)), *map(np.asarray, ab))).save(sys.argv[3])
print(f"{int(decisions.sum())} of {decisions.size} sublayers computed")
