import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from pipeline.config import PipelineConfig, load_config
from pipeline.places import Places
from pipeline.run_key import run_key
from pipeline.source_tree import SourceTree
from tasks.start import Start

PROJECT = Path(__file__).resolve().parents[2]
DIGITS = PROJECT / "pipeline" / "configs" / "digits.yaml"
PLACES = {
    "pipeline_root": "/r/artifacts",
    "registry": "/r/registry",
    "workspaces": "/r/w",
    "passed_data": "/r/p",
    "fingerprint": "",
    "start": None,
}
START = Start(weights="/model.keras", digest="1", fresh=())


@pytest.fixture(scope="module")
def sources() -> SourceTree:
    """What has been read once."""
    return SourceTree()


@pytest.fixture(scope="module")
def key(sources) -> str:
    return run_key(load_config(DIGITS), Places(**PLACES), sources)


def test_it_is_the_same_for_the_same(key):
    assert run_key(load_config(DIGITS), Places(**PLACES), SourceTree()) == key


@pytest.mark.parametrize(
    "places",
    [
        {"fingerprint": "1"},
        {"registry": "/other"},
        {"pipeline_root": "/other"},
        {"workspaces": "/other"},
        {"passed_data": "/other"},
        {"logs_fingerprint": "1"},
        {"schema": 'feature { name: "x" }'},
        {"start": START},
    ],
)
def test_another_place_is_another_run(key, sources, places):
    assert run_key(load_config(DIGITS), Places(**{**PLACES, **places}), sources) != key


def test_other_weights_to_start_from_are_another_run(sources):
    starts = [START, START.model_copy(update={"digest": "2"})]
    keys = {run_key(load_config(DIGITS), Places(**{**PLACES, "start": start}), sources) for start in starts}
    assert len(keys) == 2


@pytest.mark.parametrize("change", [{"seed": 7}, {"train": {"epochs": 3}}, {"beam": {"mode": "multi_threading"}}])
def test_another_config_is_another_run(key, sources, change: dict[str, Any]):
    config = PipelineConfig.model_validate({**load_config(DIGITS).model_dump(mode="json"), **change})
    assert run_key(config, Places(**PLACES), sources) != key


def test_code_of_the_users_task_is_part_of_it(tmp_path):
    own = "from tasks.image_classification import ImageClassification\nclass Mine(ImageClassification):\n    {}\n"
    config = tmp_path / "pipeline.yaml"
    config.write_text(DIGITS.read_text().replace("tasks.image_classification.ImageClassification", "key_task.Mine"))
    keys = []
    for body in ("pass", "pass  # a comment", "label_key = 'label'"):
        (tmp_path / "key_task.py").write_text(own.format(body))
        keys.append(run_key(load_config(config), Places(**PLACES), SourceTree()))
    assert keys[0] == keys[1] != keys[2]


def test_another_version_of_what_is_installed_is_another_run(key, sources, tmp_path, monkeypatch):
    (tmp_path / "numpy-99.0.dist-info").mkdir()
    monkeypatch.syspath_prepend(tmp_path)
    assert run_key(load_config(DIGITS), Places(**PLACES), sources) != key


def test_it_takes_no_tensorflow():
    script = (
        "import sys\n"
        "from pathlib import Path\n"
        "import pipeline.repeated_run\n"
        "from pipeline.config import load_config\n"
        "from pipeline.places import Places\n"
        "from pipeline.run_key import run_key\n"
        "from pipeline.source_tree import SourceTree\n"
        f"run_key(load_config(Path({str(DIGITS)!r})), Places(**{PLACES!r}), SourceTree())\n"
        "assert not {'tensorflow', 'tfx', 'keras', 'apache_beam'} & set(sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, cwd=PROJECT)
    assert done.returncode == 0, done.stderr
