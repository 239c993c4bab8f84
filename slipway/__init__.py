"""Slipway from Python: for notebooks and scripts.

    import slipway

    run = slipway.run("pipeline.yaml", set={"train.epochs": 3})
    run.metrics["test_accuracy"]
    model = slipway.load("my-model", root=run.root)
    model.predict({"image": images})["class_name"]

Importing it takes no TensorFlow: a run has a process of its own, and a model brings TensorFlow along when it is loaded.
"""

import importlib
import sys
from pathlib import Path

# Ours first, as for the command: a folder `data` or a file `pipeline.py` where a notebook is would be taken for ours.
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
try:
    # Which imports all of our packages; see `pipeline.rooms`.
    importlib.import_module("pipeline")
finally:
    sys.path.pop(0)

from components.gates import GateRefused
from pipeline.errors import RunError, UsageError
from slipway.loading import load
from slipway.running import Run, run

__all__ = ["GateRefused", "Run", "RunError", "UsageError", "load", "run"]
