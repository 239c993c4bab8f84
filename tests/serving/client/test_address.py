import pytest

from serving.client.address import ModelAddress, model_address
from serving.client.errors import AddressError


@pytest.mark.parametrize(
    ("url", "path"),
    [
        ("http://h:8501/v1/models/digits", "/v1/models/digits"),
        ("http://h:8501/v1/models/digits/", "/v1/models/digits"),
        ("https://h/v1/models/digits/versions/12", "/v1/models/digits/versions/12"),
        ("http://h:8501/v1/models/my_model.v2/labels/production", "/v1/models/my_model.v2/labels/production"),
    ],
)
def test_paths_of_rest_are_those_of_its_documentation(url, path):
    address = model_address(url)
    assert (address.path, address.is_grpc) == (path, False)


def test_a_proxys_own_path_stays_before():
    address = model_address("https://gateway/team/serving/v1/models/digits")
    assert (address.host, address.path) == ("https://gateway/team/serving", "/v1/models/digits")


def test_grpc_names_host_model_and_version():
    assert model_address("grpc://h:8500/digits/versions/3") == ModelAddress(
        host="h:8500", model="digits", is_grpc=True, version=3
    )
    assert model_address("grpc://h:8500/digits/labels/canary").label == "canary"


@pytest.mark.parametrize(
    "url",
    ["digits", "http://h:8501", "http://h/v1/models/", "http://h/v1/models/a:predict", "grpc://h:8500", "ftp://h/v1/models/a",
     "http://h/v1/models/a/versions/x", "http://h/v1/models/a/versions/0"],
)  # fmt: skip
def test_what_names_no_model_is_refused(url):
    with pytest.raises(AddressError, match="Received"):
        model_address(url)
