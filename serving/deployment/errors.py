"""Errors of deployment files. The command line prints `title: message` and ends with `exit_code`."""


class DeploymentError(ValueError):
    """A registry, or options, for which no right files can be written."""

    title = "Deployment"
    exit_code = 2
