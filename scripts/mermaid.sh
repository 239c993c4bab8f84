#!/usr/bin/env bash
# Puts Mermaid, by npm, into a folder that a site takes its static files from.
#
# Usage: scripts/mermaid.sh FOLDER
set -euo pipefail
folder="${1:?Usage: scripts/mermaid.sh FOLDER}"
VERSION=11.12.1 # What sphinxcontrib-mermaid would take from the network.
[[ -f "$folder/mermaid.esm.min.mjs" ]] && exit
if ! command -v npm >/dev/null; then
    echo "The diagrams of the site are drawn by Mermaid, which npm brings. Received: no npm on PATH." >&2
    echo "On Debian or Ubuntu: sudo apt-get install npm" >&2
    exit 1
fi
package="$(mktemp -d)"
trap 'rm -r "$package"' EXIT
npm install --silent --no-save --no-package-lock --ignore-scripts --prefix "$package" "mermaid@$VERSION"
mkdir -p "$folder/chunks"
cp -r "$package/node_modules/mermaid/dist/chunks/mermaid.esm.min" "$folder/chunks/"
find "$folder" -name '*.map' -delete
# Last: it stands for the whole.
cp "$package/node_modules/mermaid/dist/mermaid.esm.min.mjs" "$folder/"
