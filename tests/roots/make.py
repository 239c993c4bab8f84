"""Makes the archive of a stack: `python -m tests.roots.make`, in an environment of that stack.

The run is as small as a run gets: one epoch of a network of a hundred or so parameters. The archive holds what another
stack reads of a root, and leaves out what only the cache would: most artifacts.
"""

import sqlite3
import sys
import tarfile
import tempfile
from pathlib import Path

import numpy as np
import yaml

import slipway
from pipeline.doctor.stacks import stack_of
from records.root import REGISTRY, STORE_FILE
from tests.roots.unpack import FOLDER

# What stays of the artifacts: the trained model, as Keras wrote it.
KEPT = "*.keras"
IMAGES = np.random.default_rng(0).integers(0, 17, (3, 8, 8, 1)).astype(np.float32)


def config(root: Path) -> dict:
    """The run's config."""
    return {
        "name": "digits",
        "root": str(root),
        "task": "tasks.image_classification.ImageClassification",
        "options": {
            "source": {"kind": "digits"},
            "height": 8,
            "width": 8,
            "model": {"widths": [2], "blocks_per_stage": 1, "dropout": 0.0},
        },
        "train": {"batch_size": 64, "epochs": 1, "learning_rate": 0.004},
        "evaluate": {"slices": [], "gates": {"accuracy": {"min": 0.0, "max_worsening": 0.5}}},
        "compress": {"variants": ["float32", "int8"], "budgets": {"max_metric_drop": 1.0}},
        "push": {"stage": "production"},
    }


def main() -> None:
    stack = stack_of(sys.version_info[:2])
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder) / "root"
        path = Path(folder) / "digits.yaml"
        path.write_text(yaml.safe_dump(config(root)))
        slipway.run(path)
        model = slipway.load("digits", registry=root / REGISTRY)
        np.savez(root / "predictions.npz", images=IMAGES, logits=model.predict({"image": IMAGES})["logits"])
        with sqlite3.connect(root / STORE_FILE) as database:
            database.execute("VACUUM")
        with tarfile.open(FOLDER / f"{stack.name}.tar.xz", "w:xz") as archive:
            for name in (STORE_FILE, REGISTRY, "runs", "predictions.npz"):
                archive.add(root / name, name)
            for kept in sorted((root / "artifacts").rglob(KEPT)):
                archive.add(kept, kept.relative_to(root))


if __name__ == "__main__":
    main()
