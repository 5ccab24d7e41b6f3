"""The demo as a folder of static files: the same page, with the model in the browser.

The page's files are copied, not written again; `index.html` is told another engine. ONNX Runtime
comes from npm when the folder is built, one version, whose sum is checked.
"""

from __future__ import annotations

import base64
import contextlib
import dataclasses
import hashlib
import io
import json
import subprocess
import tarfile
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

import acolvit_jax
from acolvit_jax.checkpoint.load import load
from acolvit_jax.checkpoint.onnx import describe, export_onnx, require_exporter
from acolvit_jax.common.errors import UserError
from acolvit_jax.common.files import write_bytes, write_text
from acolvit_jax.common.places import copy_folder, is_remote, make_folder
from acolvit_jax.config import ModelConfig
from acolvit_jax.demo.server.limits import Limits
from acolvit_jax.demo.server.samples import samples
from acolvit_jax.demo.server.static_files import FOLDER, PAGE, list_files
from acolvit_jax.demo.server.studio import THUMBNAIL_QUALITY, THUMBNAIL_SIDE
from acolvit_jax.hints import HINT_SIZE, HINT_SIZES, REACHES
from acolvit_jax.inference import finish
from acolvit_jax.inference.compilation import cache_folder
from acolvit_jax.inference.reach import USUAL
from acolvit_jax.photo import images

RUNTIME = "onnxruntime-web@1.30.0"
RUNTIME_SUM = (  # SHA-512 of the package, as npm states it
    "q0y+JrrtukXSzsBWEMccVfqX25LRmosXHF+CaRJmg8pZClzcV7svNc4rKY3jL02Vb7QmRMDs1SigqR4CXAfKYQ=="
)
RUNTIME_FILES = (
    "ort.wasm.min.mjs",
    "ort-wasm-simd-threaded.mjs",
    "ort-wasm-simd-threaded.wasm",
)
SCRIPTS = "static"  # where index.html finds the page's files
WORKER = "service_worker.js"  # stands at the root: it serves what lies below it
POLICY = (
    "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self' blob:; "
    "style-src 'self'; img-src 'self' blob: data:; connect-src 'self'; manifest-src 'self'; "
    "base-uri 'none'; form-action 'none'"
)
CHANGES = {
    '<meta name="engine" content="./engine_http.js">': (
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">\n'
        '<meta name="engine" content="./engine_local.js">\n'
        '<link rel="manifest" href="manifest.webmanifest">'
    ),
    "It goes only to the server that gave you this page, which soon forgets it; this browser keeps "
    "it until you put it away.": (
        "It never leaves this browser, which keeps it until you put it away."
    ),
}
ICON_SIDES = (192, 512)
ICON_COLORS = ((196, 92, 62), (62, 108, 164))  # from one corner to the other


def build(source: str, target: Path, dtype: str = "float16") -> str:
    """Builds the site.

    Args:
        source: a model, what `load` takes.
        target: folder to write; what stands there under the same names is replaced.
        dtype: of the stored weights.

    Returns:
        What was written, for the person.

    Raises:
        UserError: if ONNX Runtime cannot be had.
        CheckpointError: if the model cannot be read or exported.
        OSError: if the folder cannot be written.
    """
    require_exporter()
    model = load(source)
    runtime = _runtime()
    make_folder(target.parent)
    beside = None if is_remote(target) else target.parent
    with tempfile.TemporaryDirectory(dir=beside, prefix=f".{target.name}.") as made:
        folder = Path(made) / "site"
        export_onnx(
            folder / "model.onnx", model.config, model.params, model.provenance, dtype=dtype
        )
        facts = _facts(source, model.config, model.provenance, folder / "model.onnx", dtype)
        write_text(folder / "info.json", json.dumps(facts))
        _copy_page(folder)
        for name, content in runtime.items():
            write_bytes(folder / SCRIPTS / "ort" / name, content)
        _write_samples(folder)
        _write_manifest(folder)
        _write_list(folder)
        size = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) / 1e6
        copy_folder(folder, target)
    return f"{size:.1f} MB -> {target}; look at it: python3 -m http.server 8080 -d {target}"


def _facts(
    name: str, config: ModelConfig, provenance: dict[str, Any], model: Path, dtype: str
) -> dict[str, Any]:
    """What the engine says of itself, and what it needs to know of the model's file."""
    described = describe(config, provenance, dtype)
    content, limits, budget = model.read_bytes(), Limits(), described["budget"] or {}
    macs = described["macs"]
    full = macs["fixed"] + config.depth * (macs["attention"] + macs["ffn"])
    return {
        "version": acolvit_jax.__version__,
        "model": {
            "name": Path(name).name,
            "image_size": config.image_size,
            "depth": config.depth,
            "any_budget": config.any_budget,
            **{f"budget_{key}": budget.get(key) for key in ("min", "max", "default")},
            "full_macs": float(full),
        },
        "hint_sizes": list(HINT_SIZES),
        "hint_size_default": HINT_SIZE,
        "reach_min": REACHES[0],
        "reach_max": REACHES[1],
        "finishing": finish.describe_finishing(),
        "limits": {
            "upload_bytes": limits.upload_bytes,
            "pixels": limits.pixels,
            "hints": limits.hints,
        },
        "formats": {"read": [".jpg", ".jpeg", ".png", ".webp"], "write": ["png", "jpeg"]},
        "local": {
            "bytes": len(content),
            "sha256": hashlib.sha256(content).hexdigest(),
            "format_version": described["format_version"],
            "macs": macs,
            "hint_size": config.hint_size,
            "likeness": dataclasses.asdict(USUAL),
        },
    }


def _runtime() -> dict[str, bytes]:
    """ONNX Runtime's files by name, from npm's package, which is kept where it can be.

    Raises:
        UserError: without npm, or with a package of another sum.
    """
    name, version = RUNTIME.split("@")
    kept = cache_folder() / f"{name}-{version}.tgz"
    was_kept = kept.is_file()
    if was_kept:
        package = kept.read_bytes()
    else:
        with tempfile.TemporaryDirectory() as folder:
            try:
                command = ["npm", "pack", RUNTIME, "--pack-destination", folder]
                subprocess.run(command, check=True, capture_output=True, text=True, timeout=300)
            except FileNotFoundError:
                raise UserError(f"npm is needed to get {RUNTIME}; install it") from None
            except (subprocess.CalledProcessError, subprocess.TimeoutExpired) as error:
                raise UserError(f"npm could not get {RUNTIME}: {error}") from None
            package = (Path(folder) / kept.name).read_bytes()
    if base64.b64encode(hashlib.sha512(package).digest()).decode() != RUNTIME_SUM:
        if was_kept:
            kept.unlink()
        raise UserError(f"the package {RUNTIME} has another sum than expected; try again")
    if not was_kept:
        with contextlib.suppress(OSError):
            write_bytes(kept, package)
    with tarfile.open(fileobj=io.BytesIO(package)) as archive:
        members = {file: archive.extractfile(f"package/dist/{file}") for file in RUNTIME_FILES}
        return {file: member.read() for file, member in members.items() if member is not None}


def _copy_page(folder: Path) -> None:
    """The page's files, and `index.html` with its changes."""
    for name, path in list_files(FOLDER).items():
        if name == PAGE:
            text = path.read_text()
            for old, new in CHANGES.items():
                if text.count(old) != 1:
                    raise AssertionError(f"{PAGE} has not one {old!r}")
                text = text.replace(old, new)
            write_text(folder / PAGE, text)
        elif name == WORKER:
            write_bytes(folder / WORKER, path.read_bytes())
        else:
            write_bytes(folder / SCRIPTS / name, path.read_bytes())


def _write_samples(folder: Path) -> None:
    """The gallery: its list, the photos, and grey thumbnails."""
    listed = []
    for sample in samples().values():
        write_bytes(folder / "samples" / f"{sample.name}.jpg", sample.path.read_bytes())
        thumbnail = f"samples/{sample.name}_grey.jpg"
        write_bytes(folder / thumbnail, _thumbnail(images.read_image(sample.path)))
        listed.append(
            {
                "name": sample.name,
                "title": sample.title,
                "width": sample.width,
                "height": sample.height,
                "thumbnail": thumbnail,
            }
        )
    write_text(folder / "samples.json", json.dumps(listed))


def _thumbnail(rgb: np.ndarray) -> bytes:
    """A small grey JPEG of a photo, uint8 `[H, W, 3]`."""
    scale = min(1.0, THUMBNAIL_SIDE / max(rgb.shape[:2]))
    small = images.resize(rgb, (round(rgb.shape[0] * scale), round(rgb.shape[1] * scale)))
    grey = finish.color_photo(small, np.zeros((2, 2, 2), np.float32))[..., 1]
    return images.encode_image(grey, ".jpg", quality=THUMBNAIL_QUALITY)


def _write_manifest(folder: Path) -> None:
    """What a browser needs to install the page."""
    icons = []
    for side in ICON_SIDES:
        name = f"icon-{side}.png"
        icon = Image.linear_gradient("L").rotate(45).resize((side, side))
        start, end = (Image.new("RGB", (side, side), color) for color in ICON_COLORS)
        path = folder / name
        Image.composite(start, end, icon).save(path)
        icons.append({"src": name, "sizes": f"{side}x{side}", "type": "image/png"})
    manifest = {
        "name": "A-ColViT",
        "description": "Click on a grey photo, pick a color, and the whole image follows.",
        "start_url": "./",
        "display": "standalone",
        "background_color": "#16181c",
        "theme_color": "#16181c",
        "icons": icons,
    }
    write_text(folder / "manifest.webmanifest", json.dumps(manifest))


def _write_list(folder: Path) -> None:
    """What the service worker answers for: files, kept at the first visit, samples when opened."""
    total = hashlib.sha256()
    names: dict[str, list[str]] = {"files": ["./"], "samples": []}
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        name = path.relative_to(folder).as_posix()
        total.update(name.encode() + path.read_bytes())
        is_sample = name.startswith("samples/") and not name.endswith("_grey.jpg")
        names["samples" if is_sample else "files"].append(name)
    site = {"build": total.hexdigest()[:16], **names, "policy": POLICY}
    write_text(folder / "site.js", f"self.SITE = {json.dumps(site)};\n")
