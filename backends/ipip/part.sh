# shellcheck shell=sh
# The part `ipip`: a device for each tunnel.

# shellcheck source=netdsl/payload/devices.sh
. "$LAB/devices.sh"

ipip_start() { devices_start ipip; }
ipip_tend() { devices_tend ipip; }
ipip_up() { :; } # by ipip_tend, in the main process
ipip_down() { devices_down ipip "$1"; }
