"""A backend that speaks Kubeflow Pipelines' API, for the tests of what talks to one."""

from collections.abc import Iterator

import pytest

from tests.pipeline.kubeflow.kfp_api import Kfp, serving


@pytest.fixture
def kfp(tmp_path, monkeypatch) -> Kfp:
    """A backend for one user; the SDK finds no settings of this machine's user."""
    from kfp import Client

    for variable in ("KFP_EXISTING_TOKEN", "KF_PIPELINES_ENDPOINT", "KF_PIPELINES_UI_ENDPOINT"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setattr(Client, "_LOCAL_KFP_CONTEXT", str(tmp_path / "context.json"))
    return Kfp()


@pytest.fixture
def host(kfp) -> Iterator[str]:
    """Address of the backend."""
    with serving(kfp) as address:
        yield address
