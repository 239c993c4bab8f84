"""A pipeline that runs on the direct runner, and then on another engine.

To be imported before TensorFlow Model Analysis, by way of which IPython puts a package `tests` of its own on the path.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from pipeline.beam.section import BEAM_NODES
from tests.e2e.commands import run
from tests.e2e.own_task import write_own_task


def run_on_both(folder: Path, section: Mapping[str, Any]) -> Path:
    """The root of a pipeline of a task and a metric of a user's own: first all of it ran on the direct runner, then
    each node on Beam on an engine, or those that the section names.

    Args:
      folder: gets the modules, which the engine's workers find, the config and the root.
      section: the config's section `beam` for the engine.

    Raises:
      RuntimeError: a run failed, or a node did not run.
    """
    config, root = write_own_task(folder, predict={"variant": "chosen"}), folder / "root"
    ran: set[str] = set()
    # On the engine the second part first: it goes on from the last run of the whole.
    for beam, *part in (({},), (section, "--from", "Evaluator"), (section, "--to", "Transform")):
        config.write_text(yaml.safe_dump({**yaml.safe_load(config.read_text()), "beam": dict(beam)}))
        done = run(config, root, *part)
        if done.exit_code:
            raise RuntimeError(done.output)
        ran |= {node for node, state in done.states().items() if beam and state == "done"}
    if missing := {*section.get("nodes", BEAM_NODES)} - ran:
        raise RuntimeError(f"each node on Beam must have run. Received: {', '.join(sorted(missing))}, which did not.")
    return root
