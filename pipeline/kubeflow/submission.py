"""What `slipway submit` asks of Kubeflow Pipelines."""

import datetime
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from pipeline.errors import ConfigError
from pipeline.kubeflow_options import KubeflowConfig

# The grammar of references to images, https://github.com/distribution/reference, with a tag or a digest.
_DOMAIN = r"(?:[a-zA-Z0-9.-]+(?::[0-9]+)?/)?"
_PATH = r"[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*"
_TAG, _DIGEST = r":\w[\w.-]{0,127}", r"@sha256:[0-9a-f]{64}"
_IMAGE = re.compile(rf"{_DOMAIN}{_PATH}(?:/{_PATH})*(?:{_TAG}(?:{_DIGEST})?|{_DIGEST})", re.ASCII)


@dataclass(frozen=True, kw_only=True)
class Submission:
    """A run to create.

    Attributes:
      experiment: the run's experiment, which is made where there is none of that name.
      run: display name of the run.
      namespace: Kubernetes namespace of the experiment; None where the backend serves one user.
      pipeline_root: where the run's artifacts go.
      service_account: the Kubernetes ServiceAccount of its pods; None: the backend's.
      parameters: of the run; a compiled pipeline has its own as constants.
      documents: the pipeline spec and, if any, the platform spec.
    """

    experiment: str
    run: str
    namespace: str | None
    pipeline_root: str
    service_account: str | None
    parameters: Mapping[str, Any] = field(default_factory=dict)
    documents: Sequence[Mapping[str, Any]]

    def as_documents(self) -> list[Mapping[str, Any]]:
        """The request, for a reader: all but the documents in one, and these after it."""
        asked = {name: value for name, value in asdict(self).items() if name != "documents" and value is not None}
        return [asked, *self.documents]


def submission(
    name: str, kubeflow: KubeflowConfig, documents: Sequence[Mapping[str, Any]], *, now: datetime.datetime
) -> Submission:
    """The run of a compiled pipeline, in an experiment that gathers the runs of that pipeline.

    Args:
      name: of the pipeline.
      kubeflow: the config's section of that name.
      documents: what the pipeline was compiled to.
      now: what tells the run from others of the pipeline.
    """
    return Submission(
        experiment=name,
        run=f"{name}-{now:%Y%m%d-%H%M%S}",
        namespace=kubeflow.namespace,
        pipeline_root=kubeflow.pipeline_root,
        service_account=kubeflow.service_account,
        documents=documents,
    )


def check_image(image: str) -> None:
    """Raises ConfigError where no cluster could pull the image, or would pull another one on another day."""
    if not _IMAGE.fullmatch(image):
        raise ConfigError(
            f"kubeflow.image must be an image with its tag or digest, as a cluster pulls it, such as "
            f"registry.example.com/slipway:0.1.0. Received: {image!r}."
        )
