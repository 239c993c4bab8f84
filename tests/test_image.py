"""How the image is asked for, and the image of a task of one's own as docs/kubeflow.md makes it; without an engine."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from pipeline.commands.init import command

PROJECT = Path(__file__).resolve().parents[1]
OWN_DOCKERFILE = re.search(r"```dockerfile\n(.*?)```", (PROJECT / "docs" / "kubeflow.md").read_text(), re.DOTALL)


def test_a_step_finds_the_task_beside_the_config_behind_the_project_s_own_modules(tmp_path):
    context, modules, site = tmp_path / "mine", tmp_path / "modules", tmp_path / "site"
    assert CliRunner().invoke(command, [str(context)]).exit_code == 0
    (context / "data.py").write_text("raise ImportError('hides the package of that name')")
    assert not (context / ".dockerignore").exists()

    copies = re.findall(r"^COPY --chown=1000:0 (\S+) (\S+)/$", OWN_DOCKERFILE[1], re.MULTILINE)
    assert [source for source, _ in copies] == ["*.py", "pipeline.yaml", "images"]
    [(pattern, target), *_] = copies
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


def _image_script(path: Path, engines: dict[str, bool], *arguments: str) -> subprocess.CompletedProcess[str]:
    """Runs scripts/image.sh where there are only these commands; False: a client whose engine does not answer."""
    path.mkdir(exist_ok=True)
    for name in ("bash", "dirname", "sed", "cat"):
        (path / name).symlink_to(shutil.which(name))
    for name, answers in engines.items():
        (path / name).write_text(f'#!{path}/bash\n[[ "$1" != info ]] || exit {int(not answers)}\necho "{name} $*"\n')
        (path / name).chmod(0o755)
    return subprocess.run(
        [path / "bash", PROJECT / "scripts" / "image.sh", *arguments],
        capture_output=True,
        text=True,
        env={"PATH": str(path), "SLIPWAY_BUILD_FLAGS": "--network=host --pull=never"},
    )


@pytest.mark.parametrize(
    ("engines", "builder"),
    [
        ({"podman": True, "docker": True, "buildah": True}, "podman"),
        ({"docker": True}, "docker"),
        ({"podman": False, "docker": True}, "docker"),
        ({"docker": False, "buildah": True}, "buildah"),
    ],
)
def test_the_image_is_built_by_what_works_here(engines, builder, tmp_path):
    done = _image_script(tmp_path / "bin", engines, "cpu", "registry.example.com/slipway:1")
    assert done.returncode == 0, done.stderr
    words = "--network=host --pull=never --tag registry.example.com/slipway:1 --build-arg VARIANT=cpu ."
    assert f"{builder} build {words}" in done.stdout.splitlines()


def test_a_variant_has_the_version_and_its_own_name_for_a_tag(tmp_path):
    done = _image_script(tmp_path / "bin", {"docker": True}, "cuda")
    assert "--tag slipway:0.1.0-cuda --build-arg VARIANT=cuda ." in done.stdout


@pytest.mark.parametrize("engines", [{}, {"docker": False}])
def test_without_an_engine_it_says_what_builds_an_image(engines, tmp_path):
    done = _image_script(tmp_path / "bin", engines, "cpu")
    assert done.returncode == 1
    assert done.stderr.startswith(
        "An image is built by podman, docker or buildah. Received: a machine with none of them"
    )


@pytest.mark.parametrize(("variant", "why"), [("tpu", "tensorflow-tpu"), ("gpu", ""), ("", "")])
def test_a_variant_that_there_is_not_is_refused(variant, why, tmp_path):
    done = _image_script(tmp_path / "bin", {"docker": True}, *filter(None, [variant]))
    assert done.returncode == 2
    assert done.stderr.startswith(f"VARIANT must be cpu or cuda. Received: {variant or 'nothing'}.")
    assert why in done.stderr
    assert done.stdout == ""


def _pins(lock: str) -> dict[str, str]:
    return dict(re.findall(r"^([\w.-]+)==(\S+)", (PROJECT / "requirements" / f"{lock}.txt").read_text(), re.MULTILINE))


def test_the_image_for_gpus_has_nvidia_s_libraries_besides_and_nothing_in_another_version():
    stack, cuda = _pins("tfx-1.21"), _pins("tfx-1.21-cuda")
    added = {name for name in cuda if cuda[name] != stack.get(name)}
    assert {"nvidia-cudnn-cu12", "nvidia-cublas-cu12"} <= added
    assert all(name.startswith("nvidia-") for name in added)
