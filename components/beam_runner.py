"""The runner of Beam pipelines for which the config names none."""

from collections.abc import Sequence

# From 2.77 on the default, DirectRunner, downloads a program (Prism) and runs what it can in that. This is what it
# took before, and what it falls back to.
RUNNER = "--runner=apache_beam.runners.portability.fn_api_runner.FnApiRunner"
# For workers without an image TFX builds a package of itself, in each step. Here they have what this process has.
NO_PACKAGE = "--sdk_container_image=none"


def beam_arguments(given: Sequence[str]) -> list[str]:
    """Arguments of Beam's runner: those given, and the runner in this process unless they name one."""
    if any(word.partition("=")[0] == "--runner" for word in given):
        return [*given]
    return [RUNNER, NO_PACKAGE, *given]
