"""Schemathesis on a server's description: requests as it says, and requests that are wrong in the ways that it finds.

Schemathesis is no part of the project's environment: `uv tool run` brings it into one of its own.
"""

import json
import os
import shutil
import subprocess
import tempfile
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests

_VERSION = "4.32.5"
_SEED = 0
# Of an operation, besides those of the coverage phase.
_EXAMPLES = 350
# Whether a body suits the signature the description cannot say, so that right ones may be refused; other methods
# TensorFlow Serving answers 400.
_CHECKS = "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance"
# It would end what is asked.
_LEFT_OUT = "/v2/repository/models/{model}/unload"


@dataclass(frozen=True)
class Outcome:
    """What a server answered.

    Attributes:
      statuses: how often each.
      failures: answers that are not as the description says, and those of 5xx, each told once.
    """

    statuses: Counter[int]
    failures: tuple[str, ...]


def outcome(port: int, *, tag: str, known: dict[str, Any]) -> Outcome:
    """Runs it on the operations of a tag.

    Args:
      port: the server's.
      tag: the operations'.
      known: values of parameters of paths, by name, that lead to a model; others are made up in negative requests.
    """
    with tempfile.TemporaryDirectory() as folder:
        description = Path(folder) / "openapi.json"
        description.write_text(json.dumps(_leading(port, known)))
        command = [_uv(), "tool", "run", "--from", f"schemathesis=={_VERSION}", "schemathesis", "--no-color", "run"]
        command += [str(description), "--url", f"http://127.0.0.1:{port}", "--include-tag", tag]
        command += ["--exclude-path", _LEFT_OUT, "--checks", _CHECKS, "--phases", "examples,coverage,fuzzing"]
        command += ["--max-examples", str(_EXAMPLES), "--seed", str(_SEED), "--continue-on-failure", "--no-shrink"]
        command += ["--report-har-path", f"{folder}/har.json", "--report-json-path", f"{folder}/run.json"]
        # Its own modules, not those of this environment.
        environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
        # It leaves a folder of its own where it runs.
        ended = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)
        run = json.loads(Path(folder, "run.json").read_text())
        if ended.returncode not in (0, 1) or not run["complete"] or run["errors"]:
            raise RuntimeError(f"schemathesis must run to its end. Received: {ended.stdout[-2000:]}{ended.stderr}")
        entries = json.loads(Path(folder, "har.json").read_text())["log"]["entries"]
    if run["failures"]:
        print(ended.stdout)
    statuses = Counter(entry["response"]["status"] for entry in entries)
    return Outcome(statuses, tuple(json.dumps(failure) for failure in run["failures"]))


def _uv() -> str:
    """The program that `make setup` brings, or one on the path."""
    found = shutil.which("uv", path=os.pathsep.join((".uv/bin", os.environ["PATH"])))
    if found is None:
        raise RuntimeError("uv must be there, which brings schemathesis. Received: none. Type `make setup`.")
    return str(Path(found).resolve())


def _leading(port: int, known: dict[str, Any]) -> dict[str, Any]:
    """The description, whose paths lead to a model that is served."""
    description = requests.get(f"http://127.0.0.1:{port}/openapi.json", timeout=30).json()
    for operations in description["paths"].values():
        for operation in operations.values():
            for parameter in operation["parameters"]:
                if parameter["name"] in known:
                    parameter["schema"]["enum"] = [known[parameter["name"]]]
    return description
