"""Runs a step's module as its container would, with a folder in place of the root of the container's file system.

Usage: python -m tests.e2e.kfp_emulator.pod FOLDER MODULE [ARGUMENT …]
"""

import runpy
import sys

from pipeline.kubeflow import staging

if __name__ == "__main__":
    folder, module, *arguments = sys.argv[1:]
    staging.DIRECTORIES = {scheme: f"{folder}{directory}" for scheme, directory in staging.DIRECTORIES.items()}
    sys.argv = [module, *arguments]
    runpy.run_module(module, run_name="__main__", alter_sys=True)
