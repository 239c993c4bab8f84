#!/usr/bin/env bash
# Builds the image that Kubeflow steps run in, by podman, docker or buildah, whichever is there.
#
# Usage: scripts/image.sh cpu | cuda [IMAGE]   Its name; slipway:VERSION, or slipway:VERSION-cuda, if none is given.
#   SLIPWAY_BUILD_FLAGS: what this machine's engine needs besides, such as --network=host.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
source scripts/engine.sh

variant="${1:-}"
case "$variant" in
    cpu) suffix= ;;
    cuda) suffix=-cuda ;;
    tpu)
        cat >&2 <<-MESSAGE
			VARIANT must be cpu or cuda. Received: tpu. TensorFlow for TPUs is the distribution tensorflow-tpu, whose newest
			release on PyPI is 2.20.0, and this stack is TFX 1.21, which asks for TensorFlow 2.21 and for that alone.
			Train on an image of cpu or cuda; a node pool of TPUs needs an image of your own with a TensorFlow 2.21 that was
			built for TPUs.
		MESSAGE
        exit 2
        ;;
    *)
        echo "VARIANT must be cpu or cuda. Received: ${variant:-nothing}." >&2
        exit 2
        ;;
esac
image="${2:-slipway:$(sed -n 's/^ *version="\(.*\)",$/\1/p' setup.py)$suffix}"
if ! builder="$(image_builder)"; then
    cat >&2 <<-MESSAGE
		An image is built by podman, docker or buildah. Received: a machine with none of them, or with a docker client alone.
		On Debian or Ubuntu: sudo apt-get install podman
	MESSAGE
    exit 1
fi
echo "Building $image ($variant) with $builder"
read -ra build_flags <<<"${SLIPWAY_BUILD_FLAGS:-}"
"$builder" build "${build_flags[@]}" --tag "$image" --build-arg "VARIANT=$variant" .
echo "Built $image: $("$builder" images --format '{{.Size}}' "$image")"
