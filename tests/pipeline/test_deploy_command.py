"""`slipway deploy render`."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from pipeline.commands.deploy import command
from pipeline.errors import UsageError
from serving.deployment.errors import DeploymentError
from serving.registry import Registry
from tests.serving.registry_sample import sample_push


@pytest.fixture
def root(tmp_path: Path) -> Path:
    registry = Registry(tmp_path / "root" / "registry")
    registry.push("digits", **sample_push(tmp_path, "a"), stage="production")
    registry.push("digits", **sample_push(tmp_path, "b"), stage="canary")
    return tmp_path / "root"


def render(place: Path | str, out: Path, *words: str) -> str:
    result = CliRunner().invoke(command, ["render", str(place), "--out", str(out), *words])
    if result.exception:
        raise result.exception
    return result.output


def names(out: Path) -> set[str]:
    return {path.name for path in out.iterdir() if not path.name.startswith(".")}


def test_a_root_and_its_registry_give_the_same_files(root, tmp_path):
    render(root, tmp_path / "one", "--target", "compose")
    render(root / "registry", tmp_path / "two", "--target", "compose")
    for name in names(tmp_path / "one") | names(tmp_path / "two"):
        assert (tmp_path / "one" / name).read_text() == (tmp_path / "two" / name).read_text()


def test_what_is_to_be_done_next_is_said(root, tmp_path):
    out = tmp_path / "out"
    assert f"--model_config_file={out}/models.config" in render(root, out, "--target", "tensorflow-serving")


def test_rendered_again_the_file_of_a_canary_that_is_gone_is_gone(root, tmp_path):
    out = tmp_path / "out"
    render(root, out, "--target", "kserve", "--claim", "models/a")
    assert names(out) == {"digits.production.yaml", "digits.canary.yaml"}
    Registry(root / "registry").label("digits", 2, "production")
    render(root, out, "--target", "kserve", "--claim", "models/a")
    assert names(out) == {"digits.production.yaml"}


def test_a_directory_of_something_else_is_left_alone(root, tmp_path):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "mine").touch()
    with pytest.raises(DeploymentError, match="holds other files"):
        render(root, tmp_path / "out", "--target", "compose")
    assert names(tmp_path / "out") == {"mine"}


def test_an_option_that_would_change_nothing_is_refused(root, tmp_path):
    with pytest.raises(UsageError, match="--canary-percent is for --target kserve"):
        render(root, tmp_path / "out", "--target", "compose", "--canary-percent", "5")


def test_a_place_that_is_none_is_refused(tmp_path):
    with pytest.raises(UsageError, match="a root or a registry that a model was pushed to"):
        render(tmp_path / "none", tmp_path / "out", "--target", "compose")


def test_no_image_is_that_of_the_release_whose_api_is_installed(root, tmp_path):
    import importlib.metadata

    render(root, tmp_path / "out", "--target", "compose")
    image = f"tensorflow/serving:{importlib.metadata.version('tensorflow-serving-api')}"
    assert f"image: {image}\n" in (tmp_path / "out" / "compose.yaml").read_text()
