"""Errors of sources of data."""


class DataError(ValueError):
    """Data that is not what the config says it is."""

    title = "Bad data"
    exit_code = 1


class SourceNotFoundError(DataError):
    """The config names data that is not there; found out before anything runs."""

    title = "No data"
    exit_code = 2
