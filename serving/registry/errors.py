"""Errors of the model registry. The command line prints `title: message` and ends with `exit_code`."""


class RegistryError(RuntimeError):
    """A registry that cannot do what was asked."""

    title = "Registry"
    exit_code = 1


class RegistryUsageError(RegistryError):
    """What no registry could do, such as giving a stage that does not exist."""

    exit_code = 2
