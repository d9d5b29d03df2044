#!/bin/sh
# The steps of the stage that builds. TARGETARCH is Debian's name of the processor that the programs are for; where it is
# not this one's, a cross compiler builds, with the libraries of that processor.
set -eu

here=$(dpkg --print-architecture)
target=${TARGETARCH:-$here}
drivers=bus/pci,bus/vdev,mempool/ring,net/af_packet,net/memif,net/null,net/pcap,net/ring,net/vhost,net/virtio
without=bitratestats,cfgfile,flow_classify,gpudev,gro,gso,jobstats,kni,latencystats,metrics
without=$without,node,pdump,pipeline,port,power,table

case $target in
    amd64) machine=x86_64-linux-gnu compiler=gcc-x86-64-linux-gnu cpu=x86_64 ;;
    arm64) machine=aarch64-linux-gnu compiler=gcc-aarch64-linux-gnu cpu=armv8-a ;;
    *)
        echo "DPDK is not built for $target here" >&2
        exit 1
        ;;
esac

packages() {
    if [ "$target" = "$here" ]; then
        set -- gcc
    else
        dpkg --add-architecture "$target"
        set -- "$compiler"
    fi
    apt-get update
    # Nothing of this stage has to outlive a power cut.
    apt-get install -y --no-install-recommends -o Dpkg::Options::=--force-unsafe-io \
        ca-certificates dpkg-dev meson ninja-build patch pkgconf python3-pyelftools "$@" \
        "libc6-dev:$target" "libnuma-dev:$target" "libpcap-dev:$target"
}

# Debian 12's source package, with Debian's patches, from the mirrors that the base has for its own packages.
source_package() {
    cat /etc/apt/sources.list.d/*.sources | sed -e 's/^Types:.*/Types: deb-src/' -e 's/trixie/bookworm/g' \
        >/etc/apt/sources.list.d/dpdk-source.sources
    apt-get update
    apt-get source dpdk
    mv dpdk-22.11.* dpdk
    rm -r /var/lib/apt/lists
}

# What Meson has to know to build for another processor.
cross_file() {
    cat <<FILE
[binaries]
c = '$machine-gcc'
ar = '$machine-gcc-ar'
strip = '$machine-strip'
pkg-config = 'pkg-config'
pcap-config = ''

[host_machine]
system = 'linux'
cpu_family = '${machine%%-*}'
cpu = '$cpu'
endian = 'little'

[properties]
platform = 'generic'
pkg_config_libdir = '/usr/lib/$machine/pkgconfig'
FILE
}

dpdk() {
    for patch in hugetlbfs l3fwd; do
        patch -d dpdk -p1 <"$patch.patch"
    done
    set --
    if [ "$target" != "$here" ]; then
        cross_file >cross
        set -- --cross-file cross
    fi
    meson setup dpdk build "$@" -Dbuildtype=release -Dplatform=generic -Ddefault_library=static -Ddeveloper_mode=disabled \
        -Dtests=false -Denable_docs=false -Denable_kmods=false -Denable_apps=test-pmd -Dexamples=l2fwd,l3fwd \
        -Denable_drivers="$drivers" -Ddisable_libs="$without"
    ninja -C build app/dpdk-testpmd examples/dpdk-l2fwd examples/dpdk-l3fwd
}

gateway() {
    echo "sources = files('bng.c', 'bng_packet.c', 'bng_table.c')" >dpdk/examples/bng/meson.build
    meson configure build -Dexamples=l2fwd,l3fwd,bng
    ninja -C build examples/dpdk-bng
    mkdir -p programs
    for program in app/dpdk-testpmd examples/dpdk-l2fwd examples/dpdk-l3fwd examples/dpdk-bng; do
        "$machine-strip" -o "programs/${program##*/}" "build/$program"
    done
}

"$1"
