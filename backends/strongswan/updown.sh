#!/bin/sh
# Called by charon for every pair of selectors of a child that comes or goes (never for rekeying). Counts them, because
# reauthentication builds the new one before it deletes the old, and puts the routes into tunnels, and the rules that hold
# `while` one is up, in place or away. Charon waits for it.
set -u
LAB=${0%/*/*}
STATE=${NETDSL_STATE:-/run/netdsl}
NODE=$STATE/now/node
TAB='	'

# shellcheck source=netdsl/payload/parts.sh
. "$LAB/parts.sh"
# shellcheck source=netdsl/payload/tunnels.sh
. "$LAB/tunnels.sh"
load_parts

# --- routes into tunnels, in a table that is asked before charon's (220) -------------------------------------------------
# Charon's route to a remote prefix has the source that the child which came up last says, or none, and goes with the first
# child that goes. Here it is the first address of the node, in the order of its data, that lies inside a local selector of
# any child that is up; and the route stays as long as one of them does. With the kernel's ESP charon makes no route for
# selectors of a protocol (kernel_netlink_ipsec.c, add_policy_internal), and neither does this: other packets would have
# the source of the tunnel's.

# count_pair REMOTE LOCAL STEP: how often each child has each pair of selectors up, and by which way. Sets $inner, what goes with this
# remote prefix, and $way, that of the last child, in the order of the data, of those that are left: when one goes, charon's route still
# is its own, by a gateway that may be another tunnel's, and while several are up it is that of the one which came last.
count_pair() {
	inner='' last='' best=-1 own='' sum=$3
	find_rank
	if [ -e "$STATE/pairs" ]; then
		while read -r far near child count place words; do
			if [ "$far $near $child" = "$1 $2 $PLUTO_CONNECTION" ]; then
				sum=$((sum + count)) own=$words
				continue
			fi
			[ "$far" != "$1" ] || consider "$near" "$place" "$words"
			echo "$far $near $child $count $place $words"
		done <"$STATE/pairs" >"$STATE/pairs.new"
	fi
	if [ "$sum" -gt 0 ]; then
		if [ "$3" -gt 0 ] && find_way "$1"; then own=$way; fi
		consider "$2" "$rank" "$own"
		echo "$1 $2 $PLUTO_CONNECTION $sum $rank $own" >>"$STATE/pairs.new"
	fi
	way=$last
	mv "$STATE/pairs.new" "$STATE/pairs" 2>/dev/null || : >"$STATE/pairs"
}

# consider LOCAL RANK WAY: of a child with the same remote prefix.
consider() {
	inner="$inner $1"
	if [ -n "$3" ] && [ "$2" -ge "$best" ]; then last=$3 best=$2; fi
}

# Sets $rank: the line of this child in the data.
find_rank() {
	rank=$(cut -f 3 "$NODE/tunnels.tsv" | grep -Fnx -- "$PLUTO_CONNECTION")
	rank=${rank%%:*}
	rank=${rank:-0}
}

# Sets $source, for a packet of $family that goes to what $inner goes with. An address that is not the data's is a virtual
# one. With none inside, the kernel's ESP has no route, and user space the node's first address: its packets are for nobody,
# but which they are must not depend on the order in which interfaces were made.
choose_source() {
	source='' first='' inside=' '
	for selector in $inner; do
		inside="$inside$(ip "$family" -o address show to "$selector" | while read -r _ _ _ address _; do
			printf '%s ' "${address%/*}"
		done)"
	done
	if [ -e "$NODE/addresses.batch" ]; then
		while read -r _ _ address _; do
			case $family$address in -4*:*) continue ;; -6*:*) ;; -6*) continue ;; esac
			address=${address%/*}
			first=${first:-$address}
			case $inside in *" $address "*)
				source=$address
				return 0
				;;
			esac
		done <"$NODE/addresses.batch"
	fi
	source=${inside# }
	source=${source%% *}
	[ -n "$source$kernel" ] || source=$first
}

# find_way REMOTE: sets $way, `via` and `dev` of charon's route; 1 where it has none.
# The kernel looks for an IPv6 gateway by all rules, and refuses one that charon's own route reaches by a gateway
# (net/ipv6/route.c, ip6_route_check_nh); `onlink`, it does not look there.
find_way() {
	way=''
	# shellcheck disable=SC2046
	set -- $(ip "$family" route show table 220 exact "$1")
	while [ $# -gt 1 ]; do
		case $1 in via | dev) way="${way:+$way }$1 $2" ;; esac
		if [ "$1" = dev ]; then
			case "$family $way" in '-6 via '*) way="$way onlink" ;; esac
			return 0
		fi
		shift
	done
	return 1
}

# lead REMOTE LOCAL STEP: the route for this pair, which is in `routes` as a line for `ip -batch`.
lead() {
	kernel=
	[ "$(cat "$STATE/space/strongswan")" != kernel ] || kernel=yes
	[ -z "$kernel" ] || [ "${PLUTO_MY_PROTOCOL:-0}" = 0 ] || return 0
	case $1 in *:*) family=-6 ;; *) family=-4 ;; esac
	count_pair "$@"
	file=$STATE/routes/${1%/*}_${1#*/}
	mkdir -p "$STATE/routes"
	choose_source
	if [ -n "$inner" ] && [ -n "$source" ] && [ -n "$way" ]; then
		echo "route replace $1 $way src $source table 219" >"$file"
		ip -batch "$file"
	elif [ -e "$file" ]; then
		rm "$file"
		ip "$family" route del "$1" table 219
	fi
}

# --- devices of tunnels, which are there while the tunnel is up ------------------------------------------------------------

# find_device CHILD: sets $device and $number; 1 where the child has none.
find_device() {
	[ -e "$NODE/devices.tsv" ] || return 1
	while IFS=$TAB read -r child device number; do
		[ "$child" != "$1" ] || return 0
	done <"$NODE/devices.tsv"
	return 1
}

# turn_device up|down: its addresses and routes come and go with it; its default route has replaced the uplink's.
turn_device() {
	if [ "$1" = up ]; then
		[ ! -e "/sys/class/net/$device" ] || return 0
		ip link add name "$device" type xfrm if_id "$number" && ip -batch "$NODE/devices/$device.batch"
		return
	fi
	ip link delete dev "$device" 2>/dev/null
	if [ -e "$STATE/uplink.batch" ] && grep -q '^route replace default ' "$NODE/devices/$device.batch"; then
		ip -batch "$STATE/uplink.batch"
	fi
}

# --- the event ------------------------------------------------------------------------------------------------------------

case ${PLUTO_VERB-} in
up-*) step=1 ;;
down-*) step=-1 ;;
*) exit 0 ;;
esac
place=$STATE/tunnel/$PLUTO_CONNECTION
[ -d "$place" ] || exit 0
lock_tunnels
count=0
[ ! -e "$place/count" ] || read -r count <"$place/count"
count=$((count + step))
[ "$count" -ge 0 ] || count=0
echo "$count" >"$place/count"
if [ "$count" -gt 0 ]; then set -- up; else set -- down; fi
if find_device "$PLUTO_CONNECTION"; then
	turn_device "$1"
elif [ -n "${PLUTO_PEER_CLIENT-}" ]; then
	lead "$PLUTO_PEER_CLIENT" "$PLUTO_MY_CLIENT" "$step"
fi
turn_child "$PLUTO_CONNECTION" "$1"
