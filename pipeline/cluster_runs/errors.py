"""Why nothing can be brought."""


class ClusterRunsError(ValueError):
    """A place without records of runs, or with such as no run of ours leaves."""

    title = "Runs on a cluster"
    exit_code = 2
