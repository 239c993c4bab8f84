#!/usr/bin/env bash
# Installs what is missing: a pinned uv into .uv/, then Python and the pinned distributions of one stack into .venv/.
# `make` calls it. Interrupted at any point, the same command mends what was left and goes on.
#
# Usage: [SLIPWAY_STACK=tfx-1.21 | tfx-1.16] scripts/setup.sh uv | runtime | dev
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

UV_VERSION=0.13.8 # The Dockerfile's ARG of the same name follows it.
CURRENT=tfx-1.21 # TensorFlow 2.21.
OLDER=tfx-1.16   # TensorFlow 2.16.
# What the wheels of ml-metadata and tensorflow-data-validation 1.21 are built against.
CURRENT_GLIBC=2.39
declare -A PYTHON=(["$CURRENT"]=">=3.12,<3.14" ["$OLDER"]="==3.11.*")
# Where the machine has none that fits.
declare -A FETCHED=(["$CURRENT"]=3.12 ["$OLDER"]=3.11)

has_uv() {
    [[ "$(.uv/bin/uv --version 2>/dev/null)" == "uv $UV_VERSION"* ]]
}

uv_by_venv() {
    "$1" -m venv .uv && .uv/bin/python -m pip install --quiet "uv==$UV_VERSION"
}

uv_by_pip() {
    "$1" -m pip install --quiet --target .uv "uv==$UV_VERSION"
}

# For a Python with neither venv nor pip, as Debian's package has it. The variable is that of uv's own installer.
uv_by_download() {
    "$1" - "${UV_INSTALLER_GITHUB_BASE_URL:-https://github.com}/astral-sh/uv/releases/download/$UV_VERSION" <<-'PYTHON'
		import io, sys, tarfile, urllib.request

		name = "uv-x86_64-unknown-linux-gnu"
		with urllib.request.urlopen(f"{sys.argv[1]}/{name}.tar.gz", timeout=60) as answer:
		    archive = tarfile.open(fileobj=io.BytesIO(answer.read()))
		member = archive.getmember(f"{name}/uv")
		member.name = "uv"
		archive.extract(member, ".uv/bin")
	PYTHON
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
    # python3 may be a pyenv shim that refuses; the system's own python3 still bootstraps uv.
    for python in python3 /usr/bin/python3; do
        for way in uv_by_venv uv_by_pip uv_by_download; do
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

		uv $UV_VERSION could not be installed: it takes Python 3, curl or wget, and the network.
		On Debian or Ubuntu: sudo apt-get install python3 ca-certificates
		Then give the same command again.
	MESSAGE
    exit 1
}

check_chosen_stack() {
    if [[ -n "${SLIPWAY_STACK:-}" && -z "${PYTHON[$SLIPWAY_STACK]:-}" ]]; then
        echo "SLIPWAY_STACK must be $CURRENT or $OLDER. Received: $SLIPWAY_STACK. Unset it to have the newest that fits." >&2
        exit 2
    fi
}

# Sets STACK and REASON.
choose_stack() {
    local glibc
    if [[ -n "${SLIPWAY_STACK:-}" ]]; then
        STACK="$SLIPWAY_STACK" REASON="SLIPWAY_STACK says so"
        return
    fi
    # Other C libraries know no such variable.
    glibc="$(getconf GNU_LIBC_VERSION 2>/dev/null | cut -d ' ' -f 2)" || glibc=
    if [[ -z "$glibc" || "$(printf '%s\n' "$CURRENT_GLIBC" "$glibc" | sort -V | head -n 1)" != "$CURRENT_GLIBC" ]]; then
        STACK="$OLDER" REASON="$CURRENT needs glibc $CURRENT_GLIBC or newer, here is ${glibc:-none}"
    elif ! has_python "$CURRENT"; then
        STACK="$OLDER" REASON="$CURRENT needs Python ${PYTHON[$CURRENT]}; none was found, and ${FETCHED[$CURRENT]} could not be fetched"
    else
        STACK="$CURRENT" REASON="the current one, and this machine has what it needs"
    fi
}

# Whether the stack's Python is installed, or uv could fetch it.
has_python() {
    .uv/bin/uv python find --quiet --system "${PYTHON[$1]}" >/dev/null || .uv/bin/uv python install --quiet "${FETCHED[$1]}"
}

install() {
    # An install that was cut short can leave a distribution that looks installed and lacks files, so start afresh;
    # what had been downloaded comes from uv's cache.
    if [[ -e .venv/.incomplete ]]; then
        echo "The last set-up was interrupted: making .venv anew"
        rm -rf .venv
    fi
    if [[ -x .venv/bin/python && "$(cat .venv/.stack 2>/dev/null)" != "$STACK" ]]; then
        echo "Making .venv anew: what it held was not of $STACK"
        rm -rf .venv
    fi
    mkdir -p .venv
    touch .venv/.incomplete
    [[ -x .venv/bin/python ]] || .uv/bin/uv venv --quiet --allow-existing --python "${PYTHON[$STACK]}" .venv
    echo "$STACK" >.venv/.stack
    # The locks are whole, so that nothing is left to resolve.
    local pip=(.uv/bin/uv pip install --python .venv/bin/python --no-deps)
    "${pip[@]}" "$@"
    # As a path entry (compat), so that a room added later is found without another install.
    "${pip[@]}" --quiet --config-settings editable_mode=compat --editable .
    rm .venv/.incomplete
}

check_chosen_stack

# Two makes at once wait for each other.
exec {lock}<scripts/setup.sh
flock "$lock"

bootstrap_uv
# pyenv's shims of other Pythons than its global one run only under their names.
if command -v pyenv >/dev/null; then
    fitting="$(pyenv versions --bare | grep -E '^3\.1[123]\.[0-9]+$' | paste -s -d :)" || fitting=
    [[ -z "$fitting" ]] || export PYENV_VERSION="$fitting"
fi
case "${1:-}" in
    uv) exit ;;
    runtime | dev) ;;
    *)
        echo "Usage: scripts/setup.sh uv | runtime | dev. Received: ${1:-nothing}" >&2
        exit 2
        ;;
esac
choose_stack
echo "Stack $STACK: $REASON"
locks=(-r "requirements/$STACK.txt")
[[ "$1" == runtime ]] || locks+=(-r "requirements/$STACK-dev.txt")
install --compile-bytecode "${locks[@]}"
