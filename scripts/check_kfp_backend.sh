#!/usr/bin/env bash
# Hands the shipped configs, compiled, to the code of Kubeflow Pipelines' API server: it parses both documents, compiles
# them to an Argo workflow and validates that, as it does when a run is created, with no cluster.
#
#   scripts/check_kfp_backend.sh CHECKOUT [CONFIG ...]
#
# CHECKOUT is a source tree of kubeflow/pipelines at the release to ask; it is left as it is. Needs Go at the version
# that its go.mod names, which fetches the modules that it lacks. SLIPWAY is the command to compile with.
set -euo pipefail

if [[ ! -f "${1-}/backend/src/apiserver/template/template.go" ]]; then
    echo "usage: $0 CHECKOUT [CONFIG ...]; CHECKOUT must be a source tree of kubeflow/pipelines 2.x. Received: ${1-}" >&2
    exit 2
fi
checkout=$(cd "$1" && pwd)
shift
here=$(cd "$(dirname "$0")/.." && pwd)
slipway=${SLIPWAY:-$here/.venv/bin/slipway}
(($#)) || set -- "$here"/pipeline/configs/*.yaml
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# Go takes the one file of ours for a part of the tree.
echo "{\"Replace\": {\"$checkout/backend/src/slipway_check/main.go\": \"$here/scripts/check_kfp_backend.go\"}}" \
    >"$work/overlay.json"
CGO_ENABLED=0 go build -C "$checkout" -buildvcs=false -overlay "$work/overlay.json" -o "$work/check" \
    ./backend/src/slipway_check

mkdir "$work/compiled" "$work/broken"
for config; do
    "$slipway" compile "$config" --set kubeflow.image=registry.example.com/slipway:0.1.0 \
        --set kubeflow.pipeline_root=gs://example-bucket/slipway --out "$work/compiled/$(basename "$config")" >/dev/null
done
echo "kubeflow/pipelines $(cat "$checkout/VERSION"), $(grep -o 'argo-workflows/v.*' "$checkout/go.mod" | head -1)"
"$work/check" "$work"/compiled/*.yaml

# A judge that accepts everything says nothing.
compiled=$(grep -l '^platforms:' "$work"/compiled/*.yaml | head -1)
sed 's/^schemaVersion: 2.1.0/schemaVersion: 2.0.0/' "$compiled" >"$work/broken/schema.yaml"
sed 's/^        - ExampleGen$/        - NoSuchStep/' "$compiled" >"$work/broken/dependency.yaml"
sed 's/nodeSelector:/nodeSelektor:/' "$compiled" >"$work/broken/platform.yaml"
for broken in "$work"/broken/*.yaml; do
    if "$work/check" "$broken"; then
        echo "$broken is broken, and was accepted" >&2
        exit 1
    fi
done
