"""What `slipway init` writes, run as it is, against the script that one would write instead: accuracy in equal time.

On three sets of images (`benchmarks.starter_images`), each with three seeds. A whole pipeline is run by its command;
the script (`benchmarks.starter_script`) then gets as many parameters and as many seconds as Trainer took. Neither flips
images where a mirrored one means something else. Needs SLIPWAY_DATA_DIR with Fashion-MNIST and Omniglot, and npm.
What was measured lies in `output/benchmarks/starter`: the same command goes on where the last one was ended.
"""

import json
import statistics
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml

from benchmarks.figures import Figure, main
from benchmarks.run_results import newest_record
from benchmarks.starter_images import SETS, write

OUTPUT = Path("output") / "benchmarks" / "starter"
SEEDS = (0, 1, 2)
# What a person would change in the config: the size of the images, and whether a mirrored one is of the same class.
SIZES = {"fashion": (28, 1), "alphabets": (32, 1), "emoji": (32, 3)}
FLIPPED = {"fashion", "emoji"}


def starter(name: str, seed: int) -> dict[str, Any]:
    """Test accuracy, seconds of Trainer and parameters of what `slipway init` wrote."""
    project = OUTPUT / f"{name}-{seed}"
    if not project.exists():
        _slipway("init", project)
        write(name, project / "images")
    path = project / "pipeline.yaml"
    config = yaml.safe_load(path.read_text())
    size, channels = SIZES[name]
    config["seed"] = seed
    config["options"] |= {"height": size, "width": size, "channels": channels}
    if name not in FLIPPED:
        config["options"]["augment"]["flip"] = None
    path.write_text(yaml.safe_dump(config, sort_keys=False))
    root = project / "root"
    _slipway("run", path, "--root", root)
    record = newest_record(root)
    [trainer] = [node for node in record.nodes if node.name == "Trainer"]
    return {
        "accuracy": record.metrics["test_accuracy"],
        "secs": trainer.executor_secs,
        "parameters": record.metrics["parameters"],
    }


def script(name: str, seed: int, *, secs: float, parameters: int) -> dict[str, Any]:
    """The same of the script, in a process of its own as the starter's."""
    command = [sys.executable, "-m", "benchmarks.starter_script", name, str(seed), str(secs), str(parameters)]
    done = subprocess.run(
        [*command, *(["--flip"] if name in FLIPPED else [])], stdout=subprocess.PIPE, text=True, check=True
    )
    return json.loads(done.stdout.splitlines()[-1])


def compare(name: str, seed: int) -> dict[str, Any]:
    """Both results, measured one after the other unless they were."""
    path = OUTPUT / f"{name}-{seed}.json"
    if not path.exists():
        ours = starter(name, seed)
        theirs = script(name, seed, secs=ours["secs"], parameters=ours["parameters"])
        path.write_text(json.dumps({"starter": ours, "script": theirs}))
        print(name, seed, path.read_text(), flush=True)
    return json.loads(path.read_text())


def measure() -> Sequence[Figure]:
    """Three figures a set: the mean over the seeds, and the worst seed's lead."""
    OUTPUT.mkdir(parents=True, exist_ok=True)
    # One seed of each set before the next seed, so that a machine that gets busier slows no set alone.
    pairs = {(name, seed): compare(name, seed) for seed in SEEDS for name in SETS}
    figures = []
    for name in SETS:
        ours, theirs = ([pairs[name, seed][who]["accuracy"] for seed in SEEDS] for who in ("starter", "script"))
        leads = [mine - other for mine, other in zip(ours, theirs, strict=True)]
        secs = statistics.mean(pairs[name, seed]["starter"]["secs"] for seed in SEEDS)
        figures += [
            Figure(f"{name}: test accuracy after {secs:.0f} s", statistics.mean(ours), statistics.mean(theirs), ">="),
            Figure(f"{name}: the worst seed's lead over the script", min(leads), 0.0, ">="),
        ]
    return figures


def _slipway(*arguments: str | Path) -> None:
    subprocess.run([sys.executable, "-m", "pipeline.cli", *map(str, arguments)], check=True, stdout=subprocess.DEVNULL)


if __name__ == "__main__":
    main("starter", measure, seed=0)
