import json
import subprocess
import sys
from pathlib import Path

import pytest

from studies.all import STUDIES

PROJECT = Path(__file__).resolve().parents[2]


def test_no_two_share_a_folder_or_an_anchor_in_reports():
    assert len({study.folder for study in STUDIES}) == len({study.name for study in STUDIES}) == len(STUDIES)


def test_every_package_of_a_study_is_among_them():
    packages = {path.parent.name for path in (PROJECT / "studies").glob("*/study.py")}
    assert {study.name for study in STUDIES} == packages


@pytest.mark.parametrize("study", STUDIES, ids=lambda study: study.name)
def test_a_root_without_results_has_nothing_to_show(study, tmp_path):
    assert study.section(tmp_path) is None


def test_a_report_walks_them_without_tensorflow():
    script = "import studies.all, sys, json; print(json.dumps(sorted(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", script], cwd=PROJECT, capture_output=True, text=True, check=True)
    assert not {"tensorflow", "keras", "tfx"} & set(json.loads(done.stdout))
