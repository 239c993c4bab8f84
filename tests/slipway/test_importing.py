"""`import slipway`, in processes of their own."""

import subprocess
import sys
from pathlib import Path

import pytest

HOME = Path(__file__).resolve().parents[2]


def _python(script: str, cwd: Path) -> subprocess.CompletedProcess:
    # Behind the working directory, as where the project is installed.
    script = f"import sys; sys.path.append({str(HOME)!r})\n{script}"
    return subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, cwd=cwd)


def test_importing_it_imports_no_tensorflow(tmp_path):
    heavy = {"tensorflow", "tfx", "keras", "apache_beam", "pandas", "sklearn"}
    done = _python(f"import slipway; print(*({heavy} & set(sys.modules)))", tmp_path)
    assert (done.returncode, done.stdout.strip()) == (0, ""), done.stderr


@pytest.mark.parametrize("name", ["data", "models", "pipeline.py", "tasks.py"])
def test_what_lies_beside_a_notebook_hides_nothing(tmp_path, name):
    path = tmp_path / name
    path.write_text("raise AssertionError") if path.suffix else path.mkdir()
    done = _python("import slipway; from pipeline.config import load_config; print(slipway.run.__name__)", tmp_path)
    assert (done.returncode, done.stdout.strip()) == (0, "run"), done.stderr
