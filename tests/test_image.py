"""The image of a task of one's own, as docs/kubeflow.md makes it; whole images are not built here."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

from click.testing import CliRunner

from pipeline.commands.init import command

PROJECT = Path(__file__).resolve().parents[1]
OWN_DOCKERFILE = re.search(r"```dockerfile\n(.*?)```", (PROJECT / "docs" / "kubeflow.md").read_text(), re.DOTALL)


def test_a_step_finds_the_task_beside_the_config_behind_the_project_s_own_modules(tmp_path):
    context, modules, site = tmp_path / "mine", tmp_path / "modules", tmp_path / "site"
    assert CliRunner().invoke(command, [str(context)]).exit_code == 0
    (context / "data.py").write_text("raise ImportError('hides the package of that name')")
    assert not (context / ".dockerignore").exists()

    [(pattern, target)] = re.findall(r"^COPY --chown=1000 (\S+) (\S+)/$", OWN_DOCKERFILE[1], re.MULTILINE)
    assert re.search(rf"^RUN echo {target} > .*\.pth\"$", (PROJECT / "Dockerfile").read_text(), re.MULTILINE)
    modules.mkdir()
    for path in context.glob(pattern):
        shutil.copy(path, modules)
    site.mkdir()
    (site / "modules.pth").write_text(str(modules))

    script = f"import site; site.addsitedir({str(site)!r})\nfrom tasks.loading import task_class; import data.errors\n"
    done = subprocess.run(
        [sys.executable, "-c", script + "print(task_class('my_task.MyTask').__name__)"],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        env={"PYTHONPATH": str(PROJECT)},
    )
    assert done.stdout == "MyTask\n", done.stderr
