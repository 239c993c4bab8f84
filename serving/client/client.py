"""A client of one served model.

with ServingClient("http://localhost:8501/v1/models/digits/labels/production") as client:
    client.predict({"image": images}, signature="predict")["class_id"]
"""

from collections.abc import Mapping
from types import TracebackType
from typing import Protocol

import numpy as np

from serving.client.address import model_address
from serving.client.answers import SignatureInfo, VersionStatus
from serving.client.errors import ClientError
from serving.client.rest import RestTransport
from serving.client.retries import Retries

DEFAULT_SIGNATURE = "serving_default"


class Transport(Protocol):
    """A way to ask; each call takes the seconds that are left for it, and raises ClientError."""

    def status(self, timeout_secs: float) -> list[VersionStatus]: ...

    def signatures(self, timeout_secs: float) -> dict[str, SignatureInfo]: ...

    def predict(
        self, inputs: Mapping[str, np.ndarray], signature: str, info: SignatureInfo, timeout_secs: float
    ) -> dict[str, np.ndarray]: ...

    def close(self) -> None: ...


class ServingClient:
    """Asks a model at any server that speaks TensorFlow Serving's REST or gRPC.

    Predictions change nothing, so that whatever a server was too busy for is asked again.

    Args:
      url: see `model_address`; gRPC imports TensorFlow, REST does not.
      retries: deadline of a call, and the waits between its attempts.

    Raises:
      AddressError: `url` names no model.
    """

    def __init__(self, url: str, *, retries: Retries | None = None) -> None:
        address = model_address(url)
        self._url = url
        self._retries = retries or Retries()
        self._transport: Transport
        if address.is_grpc:
            from serving.client.grpc_transport import GrpcTransport

            self._transport = GrpcTransport(address)
        else:
            self._transport = RestTransport(address)
        self._signatures: dict[str, SignatureInfo] | None = None

    def status(self) -> list[VersionStatus]:
        """The versions that the server knows of the model, or of the address's version or label.

        Raises:
          ClientError: there is no such model, or no answer within the deadline.
        """
        return self._retries.call(self._transport.status)

    def signatures(self) -> dict[str, SignatureInfo]:
        """The model's signatures by name, asked once.

        Raises:
          ClientError: as in `status`.
        """
        if self._signatures is None:
            self._signatures = self._retries.call(self._transport.signatures)
        return self._signatures

    def signature(self, name: str = DEFAULT_SIGNATURE) -> SignatureInfo:
        """A signature.

        Raises:
          ClientError: as in `status`, or the model has no such signature.
        """
        found = self.signatures()
        if name not in found:
            raise ClientError(
                f"A signature must be one of {', '.join(sorted(found))}. Received: {name}, of {self._url}."
            )
        return found[name]

    def predict(self, inputs: Mapping[str, np.ndarray], *, signature: str = DEFAULT_SIGNATURE) -> dict[str, np.ndarray]:
        """What the model says.

        Args:
          inputs: `{name: [batch, ...]}`; strings as bytes or text.
          signature: which of the model's signatures.

        Returns:
          `{name: [batch, ...]}`; strings as bytes.

        Raises:
          ClientError: the server refused the request, or did not answer within the deadline.
        """
        info = self.signature(signature)
        return self._retries.call(lambda left_secs: self._transport.predict(inputs, signature, info, left_secs))

    def close(self) -> None:
        """Ends the connections."""
        self._transport.close()

    def __enter__(self) -> "ServingClient":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
