"""By what the backend knows a step again: KFP 2.17.0's backend/src/v2/cacheutils/cache.go and driver/cache.go."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any


def cache_key(
    inputs: Mapping[str, Any],
    outputs: Mapping[str, Any],
    *,
    output_parameters: Mapping[str, str],
    command: Sequence[str],
    image: str,
    claims: Sequence[str] = (),
) -> dict[str, Any]:
    """GenerateCacheKey (cache.go:173).

    Args:
      inputs: ExecutorInput.inputs, before default values are put in.
      outputs: ExecutorInput.outputs.
      output_parameters: {output parameter: its type}.
      command: the container's command and arguments, before placeholders are filled in.
      image: of the container.
      claims: names of the volumes' claims.
    """
    return {
        "inputArtifactNames": {
            # The branch without ML Metadata has ids beside names (cache.go:55 there).
            key: {"artifactNames": [each.get("artifactId") or each["name"] for each in listed["artifacts"]]}
            for key, listed in inputs.get("artifacts", {}).items()
        },
        "inputParameterValues": dict(inputs.get("parameterValues", {})),
        "outputArtifactsSpec": {
            key: {name: value for name, value in listed["artifacts"][0].items() if name in ("name", "type", "metadata")}
            for key, listed in outputs.get("artifacts", {}).items()
        },
        "outputParametersSpec": dict(output_parameters),
        "containerSpec": {"image": image, "cmdArgs": list(command), "pvcNames": sorted(set(claims))},
    }


def fingerprint(key: Mapping[str, Any]) -> str:
    """GenerateFingerPrint (cache.go:151): SHA-256 of the key as Go's encoding/json writes it."""
    text = json.dumps(_as_go_has_it(key), sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    for sign in "<>&\u2028\u2029":
        text = text.replace(sign, f"\\u{ord(sign):04x}")
    return hashlib.sha256(text.encode()).hexdigest()


def _as_go_has_it(value: Any) -> Any:
    """Without what protojson leaves out, empty fields of messages, and with whole numbers that have no fraction."""
    if isinstance(value, Mapping):
        return {key: _as_go_has_it(each) for key, each in value.items() if each not in ({}, [])}
    if isinstance(value, list):
        return [_as_go_has_it(each) for each in value]
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value
