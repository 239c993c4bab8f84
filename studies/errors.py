"""Errors of the studies, with what the command line shows of them and ends with; see `pipeline.errors`."""


class StudyUsageError(ValueError):
    """What a study was asked for does not go together with the config, or was never pushed."""

    title = "Wrong usage"
    exit_code = 2


class GridError(StudyUsageError):
    """A grid that names no architectures."""

    title = "Wrong config"


class StudyError(RuntimeError):
    """A study that cannot have results."""

    title = "Run failed"
    exit_code = 1
