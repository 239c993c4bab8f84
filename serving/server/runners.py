"""What calls a signature, as a server's options say."""

from concurrent.futures import Executor
from dataclasses import dataclass

from serving.server.batching import BatchingRunner, Runner
from serving.server.metrics import Metrics
from serving.server.options import BatchingOptions
from serving.server.request_log import LoggedRunner, RequestLog
from serving.server.servable import Signature


@dataclass(frozen=True)
class RunnerMaker:
    """Makes what calls the signatures that are loaded.

    Attributes:
      batching: None where each request is a call of its own.
      threads: whose threads call.
      figures: are told of batches.
      request_log: is offered what is answered; None where nothing is kept.
    """

    batching: BatchingOptions | None
    threads: Executor
    figures: Metrics
    request_log: RequestLog | None

    def __call__(self, model: str, version: int, signature: Signature) -> Runner:
        runner = Runner(signature, self.threads)
        if self.batching is not None and signature.mixes:
            runner = BatchingRunner(
                signature,
                self.threads,
                self.batching,
                lambda rows, waiting: self.figures.count_batch(model, signature.name, rows, waiting),
            )
        return runner if self.request_log is None else LoggedRunner(runner, self.request_log, model, version)
