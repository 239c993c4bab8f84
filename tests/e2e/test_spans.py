"""Data that comes in spans: each run takes the new one, compares it, and goes on from the model in production."""

import random
from pathlib import Path

import pytest
import yaml

from inspection.store import RunStore
from tests.e2e.commands import run, slipway

pytestmark = pytest.mark.e2e
ROWS = 600


def _write_span(folder: Path, span: int, *, version: int = 1, largest: float = 10.0) -> None:
    """Sizes, and whether they are large."""
    draw = random.Random(f"{span} {version}")
    sizes = [draw.uniform(0, largest) for _ in range(ROWS)]
    file = folder / f"span-{span}" / f"v{version}" / "rows.csv"
    file.parent.mkdir(parents=True)
    file.write_text("\n".join(["size,large", *(f"{size:.3f},{'yes' if size > 5 else 'no'}" for size in sizes)]) + "\n")


@pytest.fixture
def config(tmp_path) -> Path:
    """A first pipeline, and beside it one that goes on from what is in production."""
    first = {
        "name": "sizes",
        "task": "tasks.tabular.Tabular",
        "options": {
            "source": {"kind": "csv", "file": "span-{SPAN}/v{VERSION}/rows.csv"},
            "label": {"column": "large", "kind": "binary", "classes": ["no", "yes"]},
            "columns": {"numeric": {"size": {}}},
            "model": {"kind": "linear"},
        },
        "data_gate": {"drift": {}},
        "train": {"batch_size": 32, "epochs": 8, "learning_rate": 0.05},
        "evaluate": {"gates": {"accuracy": {"min": 0.9, "max_worsening": 0.05}}},
        "compress": {"variants": ["float32", "int8"], "gates": {"accuracy": {"max_worsening": 0.05}}},
    }
    path = tmp_path / "first.yaml"
    path.write_text(yaml.safe_dump(first))
    start = {"extends": "first.yaml", "start": {"registry": "root/registry", "model": "sizes"}}
    (tmp_path / "next.yaml").write_text(yaml.safe_dump(start))
    return path


@pytest.mark.timeout(600)
def test_a_new_span_is_taken_compared_and_gone_on_with(config, tmp_path):
    later, root = tmp_path / "next.yaml", tmp_path / "root"
    _write_span(tmp_path, 1)
    first = run(config, root)
    assert first.exit_code == 0, first.output
    assert "span 1 (version 1)" in first.output
    assert first.record()["spans"] == {"1": 1}

    _write_span(tmp_path, 2)
    _write_span(tmp_path, 2, version=2)
    checked = slipway("config", "check", later)
    assert "span     2 (version 2)" in checked.stdout, checked.stdout
    second = run(later, root)
    assert second.exit_code == 0, second.output
    assert "the data changed" in second.output
    assert [push["version"] for push in second.record()["pushes"]] == [2]
    # It began where the first had ended.
    [model_run] = root.glob(f"runs/{second.run_id}")
    assert "root/registry/sizes/1" in (model_run / "run.log").read_text()
    [examples] = RunStore(root).run(second.run_id)[0].outputs["examples"]
    assert {name: examples.properties[name] for name in ("span", "version", "spans")} == {
        "span": 2,
        "version": 2,
        "spans": '{"2": 2}',
    }
    assert len(list((root / "passed_data" / "sizes").iterdir())) == 2
    lineage = slipway("inspect", "lineage", "sizes/2", "--root", root)
    assert "span 2 (version 2)" in lineage.stdout, lineage.stdout
    report = slipway("report", second.run_id, "--root", root, "--out", tmp_path / "report.html")
    assert report.returncode == 0, report.stdout
    assert "data of span 2 (version 2)" in (tmp_path / "report.html").read_text()

    # One that drifted is held against the span that passed last; an earlier one can be asked for.
    _write_span(tmp_path, 3, largest=30.0)
    refused = run(later, root, "--to", "DataGate")
    assert refused.exit_code == 3, refused.output
    assert "drift of size (split train) must be <= 0.1 + 0." in refused.output
    assert run(later, root, "--to", "DataGate", "--span", "2").exit_code == 0
    missing = run(later, root, "--span", "4")
    assert missing.exit_code == 2
    assert "must be a span that is there. Received: 4, and" in missing.output
