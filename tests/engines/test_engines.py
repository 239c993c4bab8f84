"""Each step leaves on another engine what it leaves on the direct runner: of a task and a metric of the user's own."""

from pathlib import Path

import pytest

from benchmarks.beam_engines import ENGINES, MissingEngineError
from benchmarks.beam_runs import run_on_both
from benchmarks.engine_outputs import OUTPUTS, Output, outputs_of
from data.source import SPLITS
from pipeline.beam.section import BEAM_NODES

pytestmark = pytest.mark.engine


@pytest.fixture(scope="module", params=ENGINES)
def ran(request, tmp_path_factory) -> tuple[Path, dict[str, Output]]:
    """The root of one pipeline that ran on the direct runner and then on the engine, and what is there to compare."""
    folder = tmp_path_factory.mktemp(request.param)
    try:
        with ENGINES[request.param](folder, folder) as section:
            return run_on_both(folder, section), outputs_of(section.get("nodes", BEAM_NODES))
    except MissingEngineError as missing:
        pytest.skip(str(missing))


@pytest.mark.parametrize("what", OUTPUTS)
def test_the_same_outputs(ran, what):
    root, outputs = ran
    if what not in outputs:
        pytest.skip(f"{OUTPUTS[what].node} did not run on this engine; see benchmarks/beam_engines.py")
    direct, other = (outputs[what].read(root, number) for number in (0, 1))
    assert direct == other
    assert direct


def test_what_is_compared_is_all(ran):
    root, outputs = ran
    counts = outputs["rows"].read(root, 1)
    for split in SPLITS:
        assert sum(outputs[f"examples of ExampleGen, {split}"].read(root, 1).values()) == counts[split] > 0
    assert sum(len(lines) for lines in outputs["predictions"].read(root, 1).values()) == sum(counts.values())
    [metrics] = OUTPUTS["metrics of the model"].read(root, 0).values()
    assert {"accuracy", "largest_error", "example_count"} <= metrics.keys()
    assert OUTPUTS["metrics of each file"].read(root, 0).keys() == {"float32", "int8"}
