"""Status and metadata of models, as both protocols tell them."""

from google.protobuf import json_format, wrappers_pb2
from tensorflow_serving.apis import get_model_metadata_pb2, get_model_status_pb2, model_pb2

from serving.server.catalog import Catalog, Version
from serving.server.errors import Code, invalid

SIGNATURE_DEF = "signature_def"


def target(spec: model_pb2.ModelSpec) -> tuple[str, int | None, str | None]:
    """Model, version and label that a request names."""
    choice = spec.WhichOneof("version_choice")
    number = spec.version.value if choice == "version" else None
    return spec.name, number, spec.version_label if choice == "version_label" else None


def spec_of(version: Version, signature: str = "") -> model_pb2.ModelSpec:
    """What an answer says of who answered."""
    number = wrappers_pb2.Int64Value(value=version.number)
    return model_pb2.ModelSpec(name=version.model, version=number, signature_name=signature)


def model_status(
    catalog: Catalog, model: str, number: int | None, label: str | None
) -> get_model_status_pb2.GetModelStatusResponse:
    """State of each version, or of the one that is named. Raises RequestError if there is none."""
    response = get_model_status_pb2.GetModelStatusResponse()
    for version in catalog.statuses(model, number, label):
        status = response.model_version_status.add(
            version=version.number, state=get_model_status_pb2.ModelVersionStatus.State.Value(version.state)
        )
        status.status.error_code = (Code.UNKNOWN if version.error else Code.OK).value[0]
        status.status.error_message = version.error
    return response


def model_metadata(
    catalog: Catalog, model: str, number: int | None, label: str | None
) -> get_model_metadata_pb2.GetModelMetadataResponse:
    """The signatures of a version. Raises RequestError if it is not served."""
    version = catalog.find(model, number, label)
    signatures = get_model_metadata_pb2.SignatureDefMap()
    for name, runner in version.runners.items():
        signatures.signature_def[name].CopyFrom(runner.signature.definition)
    response = get_model_metadata_pb2.GetModelMetadataResponse(model_spec=spec_of(version))
    response.metadata[SIGNATURE_DEF].Pack(signatures)
    return response


def metadata_json(response: get_model_metadata_pb2.GetModelMetadataResponse) -> dict:
    """As http_rest_api_util.cc writes it: model_spec, and the signatures without their envelope."""
    signatures = get_model_metadata_pb2.SignatureDefMap()
    response.metadata[SIGNATURE_DEF].Unpack(signatures)
    return {
        "model_spec": to_dict(response.model_spec),
        "metadata": {SIGNATURE_DEF: to_dict(signatures)},
    }


def to_dict(message: object) -> dict:
    """A message as JSON with the fields' own names, and those that are not set."""
    return json_format.MessageToDict(message, preserving_proto_field_name=True, **_WITH_DEFAULTS)


def _defaults_option() -> dict[str, bool]:
    """protobuf renamed the option in version 26."""
    import inspect

    known = inspect.signature(json_format.MessageToDict).parameters
    new = "always_print_fields_with_no_presence"
    return {new if new in known else "including_default_value_fields": True}


_WITH_DEFAULTS = _defaults_option()


def check_metadata_fields(fields: list[str]) -> None:
    """Raises RequestError where anything but the signatures is asked for; get_model_metadata_impl.cc has the rules."""
    if not fields:
        raise invalid("GetModelMetadataRequest must specify at least one metadata_field")
    for field in fields:
        if field != SIGNATURE_DEF:
            raise invalid(f"Metadata field {field} is not supported")
