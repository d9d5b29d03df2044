# shellcheck shell=sh
# The part `gre`: a device for each tunnel.

# shellcheck source=netdsl/payload/devices.sh
. "$LAB/devices.sh"

gre_start() { devices_start gre; }
gre_tend() { devices_tend gre; }
gre_up() { :; } # by gre_tend, in the main process
gre_down() { devices_down gre "$1"; }
