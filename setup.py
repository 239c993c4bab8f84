"""Packaging: what `pip install -e .` and Beam workers (`--setup_file`) install the project from."""

from pathlib import Path

from setuptools import find_packages, setup

ROOMS = (
    "pipeline",
    "inspection",
    "components",
    "tasks",
    "serving",
    "training",
    "compression",
    "models",
    "data",
    "slipway",
)
REQUIREMENTS = (Path(__file__).parent / "requirements" / "runtime.in").read_text().splitlines()

setup(
    name="slipway",
    version="0.1.0",
    description="One YAML file and one command from raw data to a served, quantized, recorded TensorFlow model.",
    python_requires=">=3.10,<3.11",
    packages=find_packages(include=[pattern for room in ROOMS for pattern in (room, f"{room}.*")]),
    package_data={"pipeline": ["configs/*.yaml", "templates/*"], "inspection": ["templates/*"]},
    install_requires=[line for line in REQUIREMENTS if line and not line.startswith("#")],
    entry_points={"console_scripts": ["slipway=pipeline.cli:main"]},
)
