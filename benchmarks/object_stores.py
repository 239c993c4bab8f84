"""The digits pipeline with source, artifacts and registry at object stores: `python -m benchmarks.object_stores`.

Against servers on this machine, whose environment comes from `scripts/object_stores.sh`. Nine runs, twelve minutes.
"""

import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml

from benchmarks.figures import Figure, main
from tests.object_stores.digits import write_digits
from tests.object_stores.places import VARIABLES, fresh_folder, upload

CONFIG = Path("pipeline/configs/digits.yaml")
TURNS = 2


def measure() -> Sequence[Figure]:
    """Runs in turns, each on a root of its own; the first turn, which fills the disk's cache, is not counted."""
    with tempfile.TemporaryDirectory() as directory:
        folder = Path(directory)
        write_digits(folder / "images")
        places = {"this machine": str(folder), **{scheme: fresh_folder(scheme) for scheme in VARIABLES}}
        for scheme in VARIABLES:
            upload(folder / "images", f"{places[scheme]}/images")
        secs: dict[str, list[float]] = {name: [] for name in places}
        for turn in range(TURNS + 1):
            for name, place in places.items():
                taken_secs = _run(
                    _write_config(folder, f"{place}/images", f"{place}/{turn}"), folder / f"{name} {turn}"
                )
                print(f"{name}: {taken_secs:.1f} s", flush=True)
                if turn:
                    secs[name].append(taken_secs)
    local_secs = statistics.median(secs.pop("this machine"))
    return [
        Figure(f"digits, first run: time at {name}://, times that on this machine", value / local_secs, 1.5, "<=")
        for name, value in ((name, statistics.median(taken)) for name, taken in secs.items())
    ]


def _write_config(folder: Path, images: str, place: str) -> Path:
    config: dict[str, Any] = yaml.safe_load(CONFIG.read_text())
    config["options"]["source"] = {"kind": "image_folder", "directory": images}
    config["push"] = {"registry": f"{place}/registry"}
    # TensorFlow, which writes them, has no file system for s3://.
    if place.startswith("gs://"):
        config["artifacts"] = f"{place}/artifacts"
    path = folder / "pipeline.yaml"
    path.write_text(yaml.safe_dump(config))
    return path


def _run(config: Path, root: Path) -> float:
    """The seconds of the whole process."""
    command = [sys.executable, "-m", "pipeline.cli", "run", str(config), "--root", str(root)]
    start_secs = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - start_secs


if __name__ == "__main__":
    main("object_stores", measure, seed=0)
