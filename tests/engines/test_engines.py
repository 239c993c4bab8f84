"""Each step leaves on another engine what it leaves on the direct runner: of a task and a metric of the user's own."""

from pathlib import Path

import pytest

from benchmarks.beam_engines import ENGINES, MissingEngineError
from benchmarks.beam_runs import run_on_both
from benchmarks.engine_outputs import OUTPUTS
from data.source import SPLITS

pytestmark = pytest.mark.engine


@pytest.fixture(scope="module", params=ENGINES)
def root(request, tmp_path_factory) -> Path:
    """The root of one pipeline: first all of it on the direct runner, then the nodes on Beam on the engine."""
    folder = tmp_path_factory.mktemp(request.param)
    try:
        with ENGINES[request.param](folder, folder) as section:
            return run_on_both(folder, section)
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
