"""Errors of the client. The command line prints `title: message` and ends with `exit_code`."""


class ClientError(RuntimeError):
    """A request that a server did not answer, or answered with an error."""

    title = "Model server"
    exit_code = 1


class ServerBusyError(ClientError):
    """A server that does not answer now, and may do so soon: what is tried again."""


class AddressError(ClientError):
    """An address that names no model."""

    title = "Wrong usage"
    exit_code = 2
