"""Addresses of served models."""

import re
from dataclasses import dataclass

from serving.client.errors import AddressError

_VERSION = r"(?:/versions/(?P<version>[1-9][0-9]*)|/labels/(?P<label>[A-Za-z0-9_]+))?"
_REST = re.compile(rf"(?P<host>https?://[^/]+(?:/.+)?)/v1/models/(?P<model>[^/:]+){_VERSION}/?")
_GRPC = re.compile(rf"grpc://(?P<host>[^/]+)/(?P<model>[^/:]+){_VERSION}/?")


@dataclass(frozen=True, kw_only=True)
class ModelAddress:
    """Where a model is served.

    Attributes:
      host: `http://host:port` with what a proxy has before the path, or `host:port` for gRPC.
      model: the model's name.
      is_grpc: whether gRPC is spoken there.
      version: the version that is asked; None, with no label, leaves the choice to the server.
      label: the label whose version is asked.
    """

    host: str
    model: str
    is_grpc: bool
    version: int | None = None
    label: str | None = None

    @property
    def path(self) -> str:
        """The path of REST (g3doc/api_rest.md), from `/v1`."""
        if self.version is not None:
            return f"/v1/models/{self.model}/versions/{self.version}"
        return f"/v1/models/{self.model}" + (f"/labels/{self.label}" if self.label else "")


def model_address(url: str) -> ModelAddress:
    """Reads `http://HOST:PORT/v1/models/MODEL` or `grpc://HOST:PORT/MODEL`, each with `/versions/N` or `/labels/LABEL`.

    Raises:
      AddressError: it is neither.
    """
    found = _REST.fullmatch(url) or _GRPC.fullmatch(url)
    if found is None:
        raise AddressError(
            "A served model is http://HOST:PORT/v1/models/MODEL or grpc://HOST:PORT/MODEL, and /versions/N or "
            f"/labels/LABEL may follow. Received: {url}."
        )
    version = found["version"]
    return ModelAddress(
        host=found["host"],
        model=found["model"],
        is_grpc=url.startswith("grpc://"),
        version=int(version) if version else None,
        label=found["label"],
    )
