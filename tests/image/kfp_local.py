"""Runs a compiled file by KFP's own local executor, each step in a container; for KFP's environment, not the project's.

Usage: kfp_local.py FILE ROOT VOLUME MOUNT_PATH
  FILE: compiled by `slipway compile`; ROOT: folder for artifacts; VOLUME: folder that steps see at MOUNT_PATH.
"""

import sys

from docker.types import Mount
from kfp import components, local

if __name__ == "__main__":
    file, root, volume, mount_path = sys.argv[1:]
    # The executor gives a step's whole command to the image's entry point: `env` runs it as it is.
    runner = local.DockerRunner(
        entrypoint="env", network_mode="none", mounts=[Mount(target=mount_path, source=volume, type="bind")]
    )
    local.init(runner, pipeline_root=root)
    components.load_component_from_file(file)()
