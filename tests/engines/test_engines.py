"""Each step leaves on another engine what it leaves on the direct runner: of a task and a metric of the user's own."""

from pathlib import Path

import pytest
import yaml

from benchmarks.beam_engines import ENGINES, MissingEngineError
from benchmarks.engine_outputs import OUTPUTS
from data.source import SPLITS
from pipeline.beam.section import BEAM_NODES
from tests.e2e.commands import run
from tests.e2e.own_task import write_own_task

pytestmark = pytest.mark.engine


@pytest.fixture(scope="module", params=ENGINES)
def root(request, tmp_path_factory) -> Path:
    """The root of one pipeline: first all of it on the direct runner, then the nodes on Beam on the engine."""
    folder = tmp_path_factory.mktemp(request.param)
    config, root = write_own_task(folder, predict={"variant": "chosen"}), folder / "root"
    try:
        with ENGINES[request.param](folder, folder) as section:
            done = run(config, root)
            assert done.exit_code == 0, done.output
            config.write_text(yaml.safe_dump({**yaml.safe_load(config.read_text()), "beam": section}))
            states: dict[str, str] = {}
            # The second part first: it goes on from the last run of the whole.
            for part in (("--from", "Evaluator"), ("--to", "Transform")):
                done = run(config, root, *part)
                assert done.exit_code == 0, done.output
                states |= {node: state for node, state in done.states().items() if state == "done"}
            assert set(BEAM_NODES) <= states.keys()
            return root
    except MissingEngineError as missing:
        pytest.skip(str(missing))


@pytest.mark.parametrize("what", OUTPUTS)
def test_the_same_outputs(root, what):
    direct, other = (OUTPUTS[what](root, number) for number in (0, 1))
    assert direct == other
    assert direct


def test_what_is_compared_is_all(root):
    counts = OUTPUTS["rows"](root, 1)
    for split in SPLITS:
        assert sum(OUTPUTS[f"examples of ExampleGen, {split}"](root, 1).values()) == counts[split] > 0
    [metrics] = OUTPUTS["metrics of the model"](root, 1).values()
    assert {"accuracy", "largest_error", "example_count"} <= metrics.keys()
    assert OUTPUTS["metrics of each file"](root, 1).keys() == {"float32", "int8"}
    assert sum(len(lines) for lines in OUTPUTS["predictions"](root, 1).values()) == sum(counts.values())
