#!/bin/sh
# Called by openvpn when a session comes or goes, which waits for it. `up CHILD`, `down CHILD`: of a client, or of one of two ends;
# what openvpn adds is not asked. `connect DEVICE`, `disconnect DEVICE`: of a server, with the client's name in its environment.
set -u
PATH=/usr/sbin:/usr/bin:/sbin:/bin
LAB=${0%/*/*}
STATE=$1
NODE=$STATE/now/node
TAB='	'

# shellcheck source=netdsl/payload/parts.sh
. "$LAB/parts.sh"
# shellcheck source=netdsl/payload/tunnels.sh
. "$LAB/tunnels.sh"
load_parts

# Sets $child: of the client whose certificate has this name.
find_child() {
	while IFS=$TAB read -r child device name _; do
		[ "$device" != "$1" ] || [ "$name" != "${common_name-}" ] || return 0
	done <"$NODE/openvpn-peers.tsv"
	return 1
}

case $2 in
connect | disconnect) find_child "$3" || exit 1 ;;
*) child=$3 ;;
esac
case $2 in
connect | up) state=up ;;
*) state=down ;;
esac
lock_tunnels
[ "$state" = down ] || [ ! -e "$STATE/tunnel/$child/held" ] || exit 1
turn_child "$child" "$state"
