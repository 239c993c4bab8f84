"""Steps in containers, under all that a hardened cluster holds against them."""

import os
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

# What a pod can write to where its root is read-only: the launcher's volumes (KFP 2.17.0's
# backend/src/v2/compiler/argocompiler/container.go:541), and /tmp, which whoever makes roots read-only has to add.
WRITABLE = ("gcs", "s3", "minio", ".local", ".cache", ".config", "tmp")
# One that no image knows, of group 0, as OpenShift gives them.
USER = "1000660000:0"
BYTES_PER_GB = 10**9  # Of ResourceSpec.memory_limit (pipeline_spec.proto).


@dataclass(frozen=True)
class HardenedContainers:
    """Starts each step's process in a container of its image, for `tests.e2e.kfp_emulator`.

    Args:
      engine: podman or docker.
      volume: folder that is mounted as the volume of the registry and the workspaces.
      mount_path: where steps see it.
    """

    engine: str
    volume: Path
    mount_path: str

    def __call__(self, container: Mapping[str, Any], command: list[str], pod: Path, log: IO[str]) -> subprocess.Popen:
        """A `Start`: the pod's folder holds what Kubernetes would make volumes of."""
        mounts = {pod / name: f"/{name}" for name in WRITABLE} | {self.volume: self.mount_path}
        for folder in mounts:
            folder.mkdir(parents=True, exist_ok=True)
        # As Kubernetes makes empty volumes: anyone writes to them.
        subprocess.run(["chmod", "--recursive", "a+rwX", *mounts], check=True)
        program, *arguments = (word.replace(f"{pod}/", "/") for word in command)
        limits = container["resources"]
        options = [
            f"--name={self.name(pod.name)}",
            "--network=none",
            "--read-only",
            "--cap-drop=ALL",
            "--security-opt=no-new-privileges",
            f"--user={USER}",
            # Docker refuses more than there are.
            f"--cpus={min(limits['cpuLimit'], os.cpu_count() or 1)}",
            f"--memory={int(limits['memoryLimit'] * BYTES_PER_GB)}b",
            *(f"--env={each['name']}={each['value']}" for each in container.get("env", [])),
            *(f"--volume={folder}:{path}" for folder, path in mounts.items()),
        ]
        return subprocess.Popen(
            [*run_command(self.engine), *options, f"--entrypoint={program}", container["image"], *arguments],
            stdout=log,
            stderr=subprocess.STDOUT,
        )

    def kill(self, step: str) -> None:
        """Sends SIGKILL to a step's process, as the kernel does where memory runs out."""
        subprocess.run([self.engine, "kill", "--signal=KILL", self.name(step)], check=True, capture_output=True)

    def name(self, step: str) -> str:
        """Of a step's container; of several test runs on a machine, each has its own."""
        return f"slipway-{os.getpid()}-{step.lower()}"


def run_command(engine: str) -> list[str]:
    """The engine's command to run a container that goes when it ends, with what this machine needs besides."""
    return [engine, "run", "--rm", *os.environ.get("SLIPWAY_RUN_FLAGS", "").split()]
