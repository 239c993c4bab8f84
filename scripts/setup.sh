#!/usr/bin/env bash
# Installs what is missing: a pinned uv into .uv/, then Python and the pinned distributions into .venv/.
# `make` calls it. Interrupted at any point, the same command mends what was left and goes on.
#
# Usage: scripts/setup.sh uv | runtime | dev
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

UV_VERSION=0.13.8 # The Dockerfile's ARG of the same name follows it.

has_uv() {
    [[ "$(.uv/bin/uv --version 2>/dev/null)" == "uv $UV_VERSION"* ]]
}

uv_by_venv() {
    "$1" -m venv .uv && .uv/bin/python -m pip install --quiet "uv==$UV_VERSION"
}

uv_by_pip() {
    "$1" -m pip install --quiet --target .uv "uv==$UV_VERSION"
}

uv_by_installer() {
    local url="https://astral.sh/uv/$UV_VERSION/install.sh" script
    # Read whole before it runs, so that a connection that breaks off runs nothing.
    script="$(curl -LsSf "$url" || wget -qO- "$url")" && UV_UNMANAGED_INSTALL="$PWD/.uv/bin" sh <<<"$script"
}

bootstrap_uv() {
    has_uv && return
    echo "Setting up uv $UV_VERSION in .uv/"
    local attempts log python way
    log="$(mktemp)"
    # python3 may be a pyenv shim that refuses when it has no 3.10; the system's own python3 still bootstraps uv.
    for python in python3 /usr/bin/python3; do
        for way in uv_by_venv uv_by_pip; do
            attempts+=("$way $python")
        done
    done
    attempts+=(uv_by_installer)
    for way in "${attempts[@]}"; do
        rm -rf .uv
        # A failed attempt is expected (Debian splits venv off its python3), so its output is shown only if all fail.
        if { echo "--- $way"; $way; } >>"$log" 2>&1 && has_uv; then
            rm -f "$log"
            return
        fi
    done
    cat "$log" >&2
    rm -rf .uv "$log"
    cat >&2 <<-MESSAGE

		uv $UV_VERSION could not be installed: it takes Python 3 with venv or pip, or else curl or wget, and the network.
		On Debian or Ubuntu: sudo apt-get install python3-venv curl ca-certificates
		Then give the same command again.
	MESSAGE
    exit 1
}

install() {
    # An install that was cut short can leave a distribution that looks installed and lacks files, so start afresh;
    # what had been downloaded comes from uv's cache.
    if [[ -e .venv/.incomplete ]]; then
        echo "The last set-up was interrupted: making .venv anew"
        rm -rf .venv
    fi
    mkdir -p .venv
    touch .venv/.incomplete
    [[ -x .venv/bin/python ]] || .uv/bin/uv venv --quiet --allow-existing .venv
    local pip=(.uv/bin/uv pip install --python .venv/bin/python)
    "${pip[@]}" "$@"
    # As a path entry (compat), so that a room added later is found without another install.
    "${pip[@]}" --quiet --no-deps --config-settings editable_mode=compat --editable .
    rm .venv/.incomplete
}

# Two makes at once wait for each other.
exec {lock}<scripts/setup.sh
flock "$lock"

bootstrap_uv
case "${1:-}" in
    uv) ;;
    runtime) install --compile-bytecode -r requirements/runtime.txt ;;
    dev) install --compile-bytecode -r requirements/runtime.txt -r requirements/dev.txt ;;
    *)
        echo "Usage: scripts/setup.sh uv | runtime | dev. Received: ${1:-nothing}" >&2
        exit 2
        ;;
esac
