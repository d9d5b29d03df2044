#!/bin/sh
# lab.sh up|down|status|exec NODE COMMAND...: the lab of this folder in Linux namespaces, as root. lab.json says what is made,
# the folder runner how: Python, iproute2, and mmdebstrap for the first lab with its packages.
set -eu
cd -- "$(dirname -- "$0")"
exec python3 -BEs -m runner "$@"
