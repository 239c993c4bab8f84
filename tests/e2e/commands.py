"""Whole pipelines, run as a user runs them: the `slipway` command in a process of its own."""

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from pipeline.root import Root

PROJECT = Path(__file__).resolve().parents[2]
DIGITS = PROJECT / "pipeline" / "configs" / "digits.yaml"
SLIPWAY = [sys.executable, "-m", "pipeline.cli"]
# A search between two rates, of which one learns nothing in three epochs.
TWO_RATES = {
    "algorithm": "grid",
    "trials": 2,
    "metric": "accuracy",
    "direction": "max",
    "space": {"train.learning_rate": {"kind": "choice", "values": [1e-7, 0.005]}},
}


@dataclass(frozen=True)
class Ran:
    """A finished `slipway run`: what it said and the root it left."""

    exit_code: int
    output: str
    root: Root
    run_id: str

    def record(self) -> dict[str, Any]:
        """The run's record."""
        return json.loads((self.root.run(self.run_id) / "summary.json").read_text())

    def states(self) -> dict[str, str]:
        """{node: state}."""
        return {node["name"]: node["state"] for node in self.record()["nodes"]}

    def versions(self) -> list[Path]:
        """The pushed versions that a server would see."""
        return sorted(self.root.registry.glob("*/[0-9]*"))


def slipway(*arguments: str | Path, cwd: Path | None = None, timeout_secs: float = 600) -> subprocess.CompletedProcess:
    """Runs the command line; stdout and stderr come together."""
    return subprocess.run(
        [*SLIPWAY, *map(str, arguments)],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        cwd=cwd or PROJECT,
        timeout=timeout_secs,
    )


def run(config: Path, root: Path, *options: str) -> Ran:
    """`slipway run`."""
    done = slipway("run", config, "--root", root, *options)
    run_id = max((path.name for path in root.glob("runs/*")), default="")
    return Ran(done.returncode, done.stdout, Root(root), run_id)


def write_config(path: Path, **changes: Any) -> Path:
    """The digits config with three epochs and gates that any model passes; `changes` replace whole sections."""
    config = yaml.safe_load(DIGITS.read_text())
    config["train"] |= {"epochs": 3, "schedule": {"warmup_epochs": 1}}
    config["evaluate"]["gates"] = {"accuracy": {"min": 0.05, "max_worsening": 0.5}}
    config["compress"] = {"variants": ["float32", "int8"], "gates": {"accuracy": {"max_worsening": 0.2}}}
    path.write_text(yaml.safe_dump(config | changes))
    return path
