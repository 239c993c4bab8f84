#!/usr/bin/env bash
# Runs the test suite in an image of the stack that .venv does not hold, by podman or docker, so that neither stack rots.
# Delete when TFX 1.16 goes, with tests/Dockerfile and the Makefile's `test-container`.
#
# Usage: scripts/test_container.sh [COMMAND…]   In the container; `make test` if none is given.
#   SLIPWAY_BUILD_FLAGS, SLIPWAY_RUN_FLAGS: what this machine's engine needs besides, such as --network=host.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
source scripts/engine.sh

if ! engine="$(container_engine)"; then
    echo "Skipped: neither podman nor docker runs containers on this machine, and the other stack's tests need one."
    exit
fi
case "$(cat .venv/.stack 2>/dev/null)" in
    tfx-1.21) stack=tfx-1.16 python=3.11 debian=bookworm ;;
    *) stack=tfx-1.21 python=3.12 debian=trixie ;;
esac
base="docker.io/library/python:$python-slim-$debian" image="slipway-tests:$stack"
if ! "$engine" image inspect "$base" >/dev/null 2>&1 && ! "$engine" pull --quiet "$base" >/dev/null 2>&1; then
    echo "Skipped: $engine has no image $base and cannot pull it, which the other stack's tests are made from."
    exit
fi
echo "Building $image with $engine"
context="$(mktemp -d)"
trap 'rm -rf "$context"' EXIT
# What git knows or would know, and nothing that this machine has made; below the context's root, where the project's
# own .dockerignore does not hold.
mkdir "$context/source"
git ls-files -z --cached --others --exclude-standard | tar --create --null --files-from - --ignore-failed-read |
    tar --extract --directory "$context/source"
read -ra build_flags <<<"${SLIPWAY_BUILD_FLAGS:-}"
read -ra run_flags <<<"${SLIPWAY_RUN_FLAGS:-}"
"$engine" build "${build_flags[@]}" --tag "$image" --file tests/Dockerfile \
    --build-arg "STACK=$stack" --build-arg "PYTHON_VERSION=$python" --build-arg "DEBIAN=$debian" "$context"
[[ $# -gt 0 ]] || set -- make test
"$engine" run --rm "${run_flags[@]}" "$image" "$@"
