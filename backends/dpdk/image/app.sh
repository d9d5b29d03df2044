#!/bin/sh
# Builds the program of an image made from netdsl-dpdk-app: C files of one folder, as an example of DPDK's is built.
# A meson.build of the program's own says more (`sources`, `deps`), as those in examples/ do.
set -eu

cd /netdsl
app=dpdk/examples/app
if [ ! -e "$app/meson.build" ]; then
    (
        cd "$app"
        set -- *.c
        [ -e "$1" ] || { echo 'no C file is there' >&2; exit 1; }
        printf 'allow_experimental_apis = true\nsources = files(\n'
        printf "    '%s',\n" "$@"
        printf ')\n'
    ) >sources
    mv sources "$app/meson.build"
fi
meson configure build -Dexamples=app
ninja -C build examples/dpdk-app
strip='strip'
[ ! -e cross ] || strip=$(sed -n "s/^strip = '\(.*\)'/\1/p" cross)
"$strip" -o programs/dpdk-app build/examples/dpdk-app
