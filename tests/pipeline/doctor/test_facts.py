import subprocess
import sys
from pathlib import Path

from pipeline.doctor.facts import collect_facts


def test_the_output_directory_need_not_exist_yet(tmp_path):
    facts = collect_facts(tmp_path / "deep" / "output")
    assert facts.output_parent == tmp_path
    assert facts.output_writable
    assert not (tmp_path / "deep").exists()


def test_without_deep_no_tensorflow_is_imported():
    program = (
        "import sys; from pathlib import Path; from pipeline.commands import doctor;"
        "doctor.examine(doctor.collect_facts(Path('output')));"
        "sys.exit('tensorflow' in sys.modules)"
    )
    root = Path(__file__).parents[3]
    assert subprocess.run([sys.executable, "-c", program], cwd=root).returncode == 0
