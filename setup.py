"""Packaging: what `pip install -e .` and Beam workers (`--setup_file`) install the project from."""

from pathlib import Path

from setuptools import find_packages, setup

ROOMS = (
    "pipeline",
    "studies",
    "inspection",
    "components",
    "tasks",
    "serving",
    "training",
    "compression",
    "models",
    "data",
    "records",
    "slipway",
)
HOME = Path(__file__).parent
REQUIREMENTS = (HOME / "requirements" / "runtime.in").read_text().splitlines()
# Has the stubs of KServe's V2 over gRPC: the last version whose code protobuf 4 reads, and one for protobuf 6.
KSERVE = ['tritonclient==2.41.0; python_version < "3.12"', 'tritonclient==2.69.0; python_version >= "3.12"']
FILES = {
    "pipeline": ["configs/*.yaml", "templates/*/*"],
    "inspection": ["templates/*", "static/*", "app/templates/*", "app/static/*"],
    "studies": ["templates/*"],
}

setup(
    name="slipway",
    version="0.1.0",
    description="One YAML file and one command from raw data to a served, quantized, recorded TensorFlow model.",
    long_description=(HOME / "README.md").read_text(),
    long_description_content_type="text/markdown",
    license_expression="Apache-2.0",
    license_files=["LICENSE"],
    classifiers=[
        "Development Status :: 4 - Beta",
        "Environment :: Console",
        "Intended Audience :: Developers",
        "Intended Audience :: Science/Research",
        "Operating System :: POSIX :: Linux",
        "Programming Language :: Python :: 3.11",
        "Programming Language :: Python :: 3.12",
        "Programming Language :: Python :: 3.13",
        "Topic :: Scientific/Engineering :: Artificial Intelligence",
        "Typing :: Typed",
    ],
    python_requires=">=3.11,<3.14",
    packages=find_packages(include=[pattern for room in ROOMS for pattern in (room, f"{room}.*")]),
    package_data={room: ["py.typed", *FILES.get(room, [])] for room in ROOMS},
    install_requires=[line for line in REQUIREMENTS if line and not line.startswith("#")],
    extras_require={"s3": ["s3fs"], "kserve": KSERVE},
    entry_points={"console_scripts": ["slipway=pipeline.cli:main"]},
)
