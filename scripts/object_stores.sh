#!/usr/bin/env bash
# Servers that speak the protocols of Google Cloud Storage and of S3, on this machine, for the tests marked `stores`:
#
#   scripts/object_stores.sh up     builds them the first time (needs go, some minutes), starts them
#   source <(scripts/object_stores.sh env)
#   .venv/bin/python -m pytest -m stores --timeout 900
#   scripts/object_stores.sh down   ends them and removes what they held
#
# fake-gcs-server and Versity's gateway over a folder, both from the Go module proxy. What Google's clients and TensorFlow
# send to Google comes to the first by a proxy, see scripts/gcs_proxy.py.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

PLACE="${SLIPWAY_STORES:-${XDG_CACHE_HOME:-$HOME/.cache}/slipway/object_stores}"
GCS_SERVER=github.com/fsouza/fake-gcs-server@v1.56.1
S3_SERVER=github.com/versity/versitygw/cmd/versitygw@v1.8.0
GCS_PORT=19443 PROXY_PORT=19080 S3_PORT=19000
KEY=slipway SECRET=slipway-secret
PYTHON=.venv/bin/python
[ -x "$PYTHON" ] || PYTHON=python3

build() {
    mkdir -p "$PLACE/bin"
    [ -x "$PLACE/bin/fake-gcs-server" ] || GOBIN="$PLACE/bin" go install "$GCS_SERVER"
    [ -x "$PLACE/bin/versitygw" ] || GOBIN="$PLACE/bin" go install "$S3_SERVER"
}

# A certificate of Google's names, and the authority that signed it.
certify() {
    mkdir -p "$PLACE/tls"
    (
        cd "$PLACE/tls"
        openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 30 -subj "/CN=object stores of tests" \
            -keyout ca.key -out ca.pem
        openssl req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj "/CN=googleapis.com" -keyout server.key -out server.csr
        openssl x509 -req -in server.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 30 -out server.pem \
            -extfile <(echo "subjectAltName=DNS:*.googleapis.com,DNS:*.storage.googleapis.com")
    ) >"$PLACE/tls.log" 2>&1
    # Without any, Beam asks for 20 seconds whether there are some.
    echo '{"type": "authorized_user", "client_id": "a", "client_secret": "b", "refresh_token": "c"}' \
        >"$PLACE/tls/credentials.json"
}

start() {
    local name=$1
    shift
    "$@" >"$PLACE/$name.log" 2>&1 &
    echo $! >"$PLACE/$name.pid"
}

wait_for() {
    for _ in $(seq 100); do
        if (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; then return; fi
        sleep 0.1
    done
    echo "nothing answers at port $1; the logs are in $PLACE" >&2
    exit 1
}

down() {
    local file
    for file in "$PLACE"/*.pid; do
        [ -e "$file" ] || continue
        kill "$(cat "$file")" 2>/dev/null || true
        rm "$file"
    done
    rm -rf "$PLACE/gcs" "$PLACE/s3" "$PLACE/tls"
}

up() {
    down
    build
    certify
    mkdir -p "$PLACE/gcs/slipway" "$PLACE/s3/slipway"
    start gcs "$PLACE/bin/fake-gcs-server" -scheme http -host 127.0.0.1 -port "$GCS_PORT" -backend memory \
        -data "$PLACE/gcs" -public-host storage.googleapis.com -log-level warn
    start proxy "$PYTHON" scripts/gcs_proxy.py "$PROXY_PORT" "$GCS_PORT" "$PLACE/tls"
    start s3 env ROOT_ACCESS_KEY="$KEY" ROOT_SECRET_KEY="$SECRET" "$PLACE/bin/versitygw" \
        --port "127.0.0.1:$S3_PORT" --quiet posix "$PLACE/s3"
    for port in "$GCS_PORT" "$PROXY_PORT" "$S3_PORT"; do wait_for "$port"; done
}

# TensorFlow takes the authority from CURL_CA_BUNDLE, Google's clients from REQUESTS_CA_BUNDLE.
environment() {
    cat <<END
export SLIPWAY_TEST_GCS=gs://slipway/tests SLIPWAY_TEST_S3=s3://slipway/tests
export https_proxy=http://127.0.0.1:$PROXY_PORT
export CURL_CA_BUNDLE=$PLACE/tls/ca.pem REQUESTS_CA_BUNDLE=$PLACE/tls/ca.pem
export GOOGLE_AUTH_TOKEN_FOR_TESTING=test NO_GCE_CHECK=true GOOGLE_CLOUD_PROJECT=slipway
export GOOGLE_APPLICATION_CREDENTIALS=$PLACE/tls/credentials.json
export AWS_ENDPOINT_URL_S3=http://127.0.0.1:$S3_PORT AWS_ACCESS_KEY_ID=$KEY AWS_SECRET_ACCESS_KEY=$SECRET
export AWS_REGION=us-east-1 AWS_DEFAULT_REGION=us-east-1
END
}

case "${1:-}" in
up) up ;;
down) down ;;
env) environment ;;
*)
    echo "Usage: $0 up|down|env" >&2
    exit 2
    ;;
esac
