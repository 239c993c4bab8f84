"""Compose files and the image, read by tools that run them."""

import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

from serving.deployment.errors import DeploymentError
from serving.deployment.render import render
from tests.serving.deployment.conftest import OPTIONS
from tests.serving.deployment.stores import at_store


def write(directory: Path, files: dict[str, str]) -> Path:
    directory.mkdir()
    for name, text in files.items():
        (directory / name).write_text(text)
    return directory


def config_commands() -> list[list[str]]:
    """What reads compose files here: `docker compose` and podman-compose, or its reader, compose-go, alone."""
    return [
        command
        for command in (
            ["docker-compose", "-f", "compose.yaml", "config"],
            ["podman-compose", "-f", "compose.yaml", "config"],
            ["compose-check", "compose.yaml"],
        )
        if shutil.which(command[0])
    ]


def test_tools_of_compose_take_the_file(registry, tmp_path):
    if not config_commands():
        pytest.skip("needs docker-compose, podman-compose or compose-check on the path")
    directory = write(tmp_path / "out", render(registry, "compose", OPTIONS))
    for command in config_commands():
        done = subprocess.run(command, cwd=directory, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        assert set(yaml.safe_load(done.stdout)["services"]) == {"serving", "prometheus"}


def test_the_server_gets_its_files_and_the_registry_of_this_machine(registry):
    files = render(registry, "compose", OPTIONS)
    serving = yaml.safe_load(files["compose.yaml"])["services"]["serving"]
    mounts = {mount["target"]: mount["source"] for mount in serving["volumes"]}
    assert mounts == {"/etc/serving": ".", "/models": str(registry.root)}
    assert 'base_path: "/models/digits"' in files["models.config"]


def test_a_registry_at_gs_is_read_by_its_address_and_nothing_is_mounted(registry):
    files = render(at_store(registry, "gs://bucket/r"), "compose", OPTIONS)
    assert 'base_path: "gs://bucket/r/digits"' in files["models.config"]
    serving = yaml.safe_load(files["compose.yaml"])["services"]["serving"]
    assert [mount["target"] for mount in serving["volumes"]] == ["/etc/serving"]
    assert "COPY --from" not in files["Dockerfile"]


@pytest.mark.parametrize("target", ["tensorflow-serving", "compose", "kubernetes"])
def test_a_registry_at_s3_is_refused_where_the_server_would_read_it(registry, target):
    with pytest.raises(DeploymentError, match="no file system for s3://"):
        render(at_store(registry, "s3://bucket/r"), target, OPTIONS)


def test_a_bare_server_is_told_absolute_paths(registry, monkeypatch, tmp_path):
    from serving.registry import Registry

    monkeypatch.chdir(tmp_path)
    files = render(Registry("registry"), "tensorflow-serving", OPTIONS)
    assert f'base_path: "{tmp_path}/registry/digits"' in files["models.config"]


@pytest.mark.image
def test_the_image_holds_the_served_versions_and_the_files(registry, tmp_path):
    if shutil.which("podman") is None:
        pytest.skip("needs podman")
    directory = write(tmp_path / "out", render(registry, "compose", OPTIONS))
    (directory / ".base").write_text("FROM scratch\nCOPY compose.yaml /base\n")

    def build(*words: str) -> str:
        done = subprocess.run(["podman", "build", "-q", *words, "."], cwd=directory, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        return done.stdout.strip().splitlines()[-1]

    base = build("-f", ".base")
    image = build("--build-context", f"registry={registry.root}", "--build-arg", f"IMAGE={base}", "-f", "Dockerfile")
    try:
        saved = tmp_path / "image"
        subprocess.run(["podman", "save", "--format=docker-dir", "-o", str(saved), image], check=True)
        names: set[str] = set()
        for layer in saved.iterdir():
            done = subprocess.run(["tar", "-tf", str(layer)], capture_output=True, text=True)
            names |= set(done.stdout.split()) if done.returncode == 0 else set()
        assert {
            "etc/serving/models.config",
            "models/digits/2/saved_model.pb",
            "models/digits/1/saved_model.pb",
        } <= names
        assert not {name for name in names if name.startswith("models/waiting")}
    finally:
        subprocess.run(["podman", "rmi", "-f", image, base], capture_output=True)
