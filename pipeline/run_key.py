"""A key of a whole run. Needs no TFX, which imports TensorFlow."""

import dataclasses
import hashlib
import json
import sys
from pathlib import Path

from pipeline.config import PipelineConfig
from pipeline.places import Places
from pipeline.source_tree import SourceTree
from pipeline.step_code import step_code


def run_key(config: PipelineConfig, places: Places, sources: SourceTree) -> str:
    """Digest of all that the pipeline is made of and that its nodes run: of one key, nodes and properties are the same.

    It sees more than TFX's keys of the nodes do, such as the code of the launcher and every distribution that is
    installed, and so may differ where theirs do not; never the other way round.

    Args:
      config: checked.
      places: places of the run.
      sources: where the code is found.
    """
    # From here every node's executor is imported, by statements or by names; see `pipeline.step_code`.
    code = step_code("pipeline.local_run", config.task.rpartition(".")[0], tree=sources)
    made_of = {
        "config": config.model_dump(mode="json"),
        "task": config.task_spec().model_dump(mode="json"),
        "places": {**dataclasses.asdict(places), "start": places.start and places.start.model_dump(mode="json")},
        "code": code.model_dump(),
        "installed": _list_installed(),
    }
    return hashlib.sha256(json.dumps(made_of, sort_keys=True).encode()).hexdigest()


def _list_installed() -> list[str]:
    """Names and versions of all distributions, as their folders are called."""
    folders = [folder for place in sys.path for folder in Path(place).glob("*.dist-info")]
    return sorted(folder.stem for folder in folders)
