"""Calls of `acolvit_jax.evaluate` and what they write, for tests through the command line."""

import csv

# 16 pixels a patch and 224 a side, as the protocol has them, but next to no width.
SHAPE = {"patch_size": 16, "image_size": 224, "width": 64, "depth": 2}


def arguments(setting, output, *more):
    folder, models = setting
    return [
        *("--checkpoint", *models),
        "--budgets=1,0.3",
        "--baselines=grey,nearest",
        f"--images={folder / 'photos'}",
        "--hints=1,10",
        "--dtype=float32",  # as tests in this process compute
        f"--output={output}",
        *more,
    ]


def per_image(folder):
    return list(csv.DictReader((folder / "per_image.csv").read_text().splitlines()))
