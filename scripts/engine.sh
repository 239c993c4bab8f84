# What runs and builds containers on this machine; sourced by the scripts that need it.

# Prints podman or docker, whichever runs containers here; fails where neither does.
container_engine() {
    local name
    for name in podman docker; do
        # A docker client without an engine answers to `--version` alone.
        if "$name" info >/dev/null 2>&1; then
            echo "$name"
            return
        fi
    done
    return 1
}

# Prints what builds images here: the engine, or else buildah, which runs none; fails where there is neither.
image_builder() {
    container_engine || { command -v buildah >/dev/null && echo buildah; }
}
