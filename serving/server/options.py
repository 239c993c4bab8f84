"""What a server is started with."""

from dataclasses import dataclass, field


@dataclass(frozen=True, kw_only=True)
class BatchingOptions:
    """Requests that wait go through the model together; names as in TensorFlow Serving's batching parameters.

    Attributes:
      max_batch_size: rows of one call.
      batch_timeout_micros: how long a batch that is not full waits for more rows while a thread is free.
      max_enqueued_batches: batches of one signature that may wait; a request beyond them is answered UNAVAILABLE.
      num_batch_threads: calls of one signature at the same time.
      allowed_batch_sizes: sizes that batches are padded to, ascending, the last one `max_batch_size`; empty for any.
    """

    max_batch_size: int = 64
    batch_timeout_micros: int = 0
    max_enqueued_batches: int = 16
    num_batch_threads: int = 1
    allowed_batch_sizes: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        sizes = self.allowed_batch_sizes
        if sizes and (list(sizes) != sorted(set(sizes)) or sizes[-1] != self.max_batch_size):
            raise ValueError(
                f"allowed_batch_sizes must ascend to max_batch_size, {self.max_batch_size}. Received: "
                f"{', '.join(map(str, sizes))}. Add {self.max_batch_size} as the last, or leave them out."
            )


@dataclass(frozen=True, kw_only=True)
class RequestLogOptions:
    """A sample of the requests that is kept.

    Attributes:
      directory: where its files go.
      rate: share of the requests.
      file_bytes: after how much another file begins.
      files: how many are kept; then the oldest goes.
    """

    directory: str
    rate: float = 0.01
    file_bytes: int = 64 * 2**20
    files: int = 16


@dataclass(frozen=True, kw_only=True)
class ServerOptions:
    """All of a server's options.

    Attributes:
      registry: directory or URL of the registry.
      models: names of the models that are served; empty for all of the registry.
      policy: see `serving.server.policy`.
      variant: name of the TFLite file that is served in place of the SavedModel.
      host: address that both ports listen at.
      rest_port: port of HTTP; 0 for any free one.
      grpc_port: port of gRPC; 0 for any free one.
      poll_secs: seconds between two looks at the registry.
      batching: None where each request is a call of its own.
      threads: calls of TensorFlow at the same time.
      max_body_bytes: of a request.
      max_requests: requests under way; further ones are answered UNAVAILABLE.
      timeout_secs: of a request; then it is answered DEADLINE_EXCEEDED.
      drain_secs: how long requests under way may take to end after SIGTERM.
      token: what clients must send as a bearer token; empty where anyone may ask.
      tls_certificate: PEM file of the certificate chain; empty for no TLS.
      tls_key: PEM file of its key.
      request_log: the sample of requests that is kept; None for none.
      access_log: whether each request is written to stderr as a line of JSON.
    """

    registry: str
    models: tuple[str, ...] = ()
    policy: str = "production"
    variant: str | None = None
    host: str = "127.0.0.1"
    rest_port: int = 8501
    grpc_port: int = 8500
    poll_secs: float = 0.5
    batching: BatchingOptions | None = field(default_factory=BatchingOptions)
    threads: int = 2
    max_body_bytes: int = 64 * 2**20
    max_requests: int = 1000
    timeout_secs: float = 60
    drain_secs: float = 30
    token: str = ""
    tls_certificate: str = ""
    tls_key: str = ""
    request_log: RequestLogOptions | None = None
    access_log: bool = False
