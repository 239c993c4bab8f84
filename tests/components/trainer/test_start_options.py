import hashlib

import pytest
from pydantic import ValidationError

from components.trainer.start_options import StartNotFoundError, StartOptions
from serving.registry import Registry


@pytest.fixture
def registry(tmp_path):
    """Two versions of `digits`, the first in production; their trained models are two different files."""
    for number, stage in ((1, "production"), (2, "candidate")):
        saved_model = tmp_path / f"saved-{number}"
        (saved_model / "assets.extra").mkdir(parents=True)
        (saved_model / "saved_model.pb").write_bytes(b"graph")
        (saved_model / "assets.extra" / "model.keras").write_bytes(b"%d" % number)
        Registry(tmp_path / "registry").push("digits", push_key=str(number), saved_model=saved_model, stage=stage)
    return tmp_path / "registry"


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def test_the_version_in_production_or_the_one_asked_for(registry):
    options = StartOptions(registry=str(registry), model="digits", fresh=("logits",))
    start = options.resolve()
    assert (start.weights, start.digest) == (str(registry / "digits/1/assets.extra/model.keras"), _digest(b"1"))
    assert start.fresh == ("logits",)
    assert options.model_copy(update={"version": 2}).resolve().digest == _digest(b"2")


def test_a_file(tmp_path):
    (tmp_path / "model.keras").write_bytes(b"weights")
    assert StartOptions(weights=str(tmp_path / "model.keras")).resolve().digest == _digest(b"weights")


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(StartNotFoundError, match=r"trained Keras model\. Received: .*none\.keras, which does not"):
        StartOptions(weights=str(tmp_path / "none.keras")).resolve()


def test_a_version_and_a_model_that_are_not_there(registry):
    with pytest.raises(StartNotFoundError, match=r"digits has \(1, 2\)\. Received: 3"):
        StartOptions(registry=str(registry), model="digits", version=3).resolve()
    with pytest.raises(StartNotFoundError, match=r"must have been pushed first \(digits.*Received: letters"):
        StartOptions(registry=str(registry), model="letters").resolve()


def test_a_model_without_production(tmp_path):
    (tmp_path / "saved").mkdir()
    (tmp_path / "saved" / "saved_model.pb").write_bytes(b"graph")
    Registry(tmp_path / "registry").push("digits", push_key="1", saved_model=tmp_path / "saved", stage="candidate")
    with pytest.raises(StartNotFoundError, match=r"none there\. Name a version"):
        StartOptions(registry=str(tmp_path / "registry"), model="digits").resolve()


@pytest.mark.parametrize("given", [{}, {"registry": "r"}, {"model": "m"}, {"weights": "w", "registry": "r"}])
def test_one_place_and_only_one(given):
    with pytest.raises(ValidationError, match="start takes weights, or registry and model"):
        StartOptions.model_validate(given)
