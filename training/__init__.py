"""The custom training loop, without TFX.

`training.options` needs no TensorFlow; everything else is imported when it is asked for.
"""

import importlib
from typing import Any

_PUBLIC = {
    "CheckpointStore": "training.checkpoints",
    "EarlyStopping": "training.early_stopping",
    "EpochRecord": "training.records",
    "GapRatioGuard": "training.gap_ratio",
    "Hook": "training.hooks",
    "Loop": "training.loop",
    "Objective": "training.objective",
    "StepsRecord": "training.records",
    "SupervisedObjective": "training.objective",
}
__all__ = [*_PUBLIC]


def __getattr__(name: str) -> Any:
    if name not in _PUBLIC:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(_PUBLIC[name]), name)
