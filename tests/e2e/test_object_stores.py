"""Whole pipelines whose source, artifacts and registry are at object stores, on servers that the environment names."""

import json

import pytest
import yaml

from inspection.store import RunStore
from records.stores import path_at
from serving.registry import Registry
from tests.e2e.commands import DIGITS, run, slipway, write_config
from tests.object_stores.digits import write_digits
from tests.object_stores.places import contents, fresh_folder, upload

pytestmark = [pytest.mark.stores, pytest.mark.timeout(900)]


@pytest.fixture(scope="module", params=["gs", "s3"])
def place(request, tmp_path_factory) -> str:
    """A folder of a store, with the digits in `images`."""
    folder = tmp_path_factory.mktemp("digits")
    place = fresh_folder(request.param)
    write_digits(folder)
    upload(folder, f"{place}/images")
    return place


def _write_config(path, place):
    source = {"kind": "image_folder", "directory": f"{place}/images"}
    options = yaml.safe_load(DIGITS.read_text())["options"] | {"source": source}
    push = {"registry": f"{place}/registry", "stage": "production"}
    # At s3:// TensorFlow could not write them: that is refused, see tests/pipeline/test_config.py.
    artifacts = {"artifacts": f"{place}/artifacts"} if place.startswith("gs://") else {}
    return write_config(path, options=options, push=push, **artifacts)


def test_from_images_to_a_pushed_model_and_back(place, tmp_path):
    config = _write_config(tmp_path / "pipeline.yaml", place)
    done = run(config, tmp_path / "root")
    assert done.exit_code == 0, done.output
    [push] = done.record()["pushes"]
    assert push["destination"] == f"{place}/registry/digits/1"
    assert f"version 1 as production: {place}/registry/digits/1" in done.output
    names = set(contents(push["destination"]))
    assert {"saved_model.pb", "model.keras", "tflite/int8.tflite", "tflite/labels.txt", "slipway.json"} <= names
    assert Registry(f"{place}/registry").at_stage("digits", "production").number == 1

    artifacts = yaml.safe_load(config.read_text()).get("artifacts")
    uris = [a.uri for e in RunStore(done.root.path).run(done.run_id) for found in e.outputs.values() for a in found]
    where = done.root.artifacts_at(artifacts) if artifacts else str(done.root.artifacts)
    assert {uri.startswith(f"{where}/") for uri in uris} == {True}
    assert not (artifacts and done.root.artifacts.exists())

    lineage = slipway("inspect", "lineage", "digits/1", "--root", done.root.path)
    assert lineage.returncode == 0, lineage.stdout
    assert "ExampleGen" in lineage.stdout
    assert "production" in lineage.stdout
    report = slipway("report", "--root", done.root.path)
    assert report.returncode == 0, report.stdout
    page = (done.root.run(done.run_id) / "report.html").read_text()
    assert where in page
    assert "confusion" in page.lower()
    listed = slipway("registry", "list", "--registry", f"{place}/registry", "--json")
    assert [version["stage"] for version in json.loads(listed.stdout)] == ["production"]

    # A change of the data there is seen, and the version that is in production there is what the new model must match.
    image = path_at(f"{place}/images/0/0.png")
    image.unlink()
    again = run(config, tmp_path / "root", "--set", "seed=1")
    assert again.exit_code == 0, again.output
    assert again.states()["ExampleGen"] == "done"
    assert again.record()["pushes"][0]["destination"] == f"{place}/registry/digits/2"
    repeated = run(config, tmp_path / "root", "--set", "seed=1")
    assert set(repeated.states().values()) == {"cached"}, repeated.output
    assert Registry(f"{place}/registry").at_stage("digits", "production").number == 2


@pytest.mark.parametrize("scheme", ["gs", "s3"])
def test_a_bucket_that_is_not_there_is_told_before_anything_runs(scheme, tmp_path):
    fresh_folder(scheme)
    config = write_config(tmp_path / "pipeline.yaml", push={"registry": f"{scheme}://no-such-bucket/registry"})
    done = run(config, tmp_path / "root")
    assert done.exit_code == 2, done.output
    assert f"push.registry must be a folder that can be written. Received: {scheme}://no-such-bucket" in done.output
    assert "Traceback" not in done.output
    assert not done.root.artifacts.exists()
