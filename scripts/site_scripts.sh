#!/usr/bin/env bash
# Puts what draws a site's diagrams and formulas (Mermaid, MathJax), by npm, into a folder that it takes static files from.
#
# Usage: scripts/site_scripts.sh FOLDER
set -euo pipefail
folder="${1:?Usage: scripts/site_scripts.sh FOLDER}"
MERMAID=11.12.1 # What sphinxcontrib-mermaid would take from the network.
MATHJAX=3.2.2   # Of the major version that Sphinx would take from there.
[[ -f "$folder/mermaid.esm.min.mjs" && -f "$folder/tex-svg-full.js" ]] && exit
if ! command -v npm >/dev/null; then
    echo "The site's diagrams and formulas are drawn by Mermaid and MathJax, which npm brings. Received: no npm on PATH." >&2
    echo "On Debian or Ubuntu: sudo apt-get install npm" >&2
    exit 1
fi
package="$(mktemp -d)"
trap 'rm -r "$package"' EXIT
npm install --silent --no-save --no-package-lock --ignore-scripts --prefix "$package" "mermaid@$MERMAID" "mathjax@$MATHJAX"
mkdir -p "$folder/chunks"
cp -r "$package/node_modules/mermaid/dist/chunks/mermaid.esm.min" "$folder/chunks/"
find "$folder" -name '*.map' -delete
# All of TeX and its glyphs in one file, which fetches nothing.
cp "$package/node_modules/mathjax/es5/tex-svg-full.js" "$folder/"
# Last: it stands for the whole.
cp "$package/node_modules/mermaid/dist/mermaid.esm.min.mjs" "$folder/"
