"""Launchers run as a person runs them."""

import os
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
TRAINING = ["--", "--config", "configs/tiny.py:0.5,imagenet", "--workdir", "my run"]


def launch(script, *arguments, env=None):
    done = subprocess.run(
        ["bash", str(ROOT / "launch" / f"{script}.sh"), *arguments],
        capture_output=True,
        text=True,
        timeout=240,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT), **(env or {})},
    )
    return done.returncode, done.stdout, done.stderr
