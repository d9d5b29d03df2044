# shellcheck shell=sh
# For node.sh: interfaces, addresses and routes.

# Sets $device: the interface with this MAC address, or with the engine's address that the envelope gave for this name,
# and then $is_carrier and $segment: all that share a parent have its MAC address, and it forwards by IP address alone.
find_device() {
	device='' is_carrier=no
	for pair in ${NETDSL_INTERFACES-}; do
		[ "${pair%%=*}" = "$2" ] || continue
		pair=${pair#*=}
		line=$(ip -o address show to "${pair%@*}")
		line=${line#*: }
		device=${line%% *} segment=${pair#*@} is_carrier=yes
		[ -n "$device" ]
		return
	done
	for folder in "/sys/class/net/$2" /sys/class/net/*; do
		{ read -r address <"$folder/address"; } 2>/dev/null || continue
		[ "$address" = "$1" ] || continue
		[ ! -e "$folder/bridge" ] || continue # a bridge has the address of a port
		device=${folder##*/}
		return 0
	done
	return 1
}

# In a virtual machine an interface may be later than the script: up to ten seconds.
wait_for_device() {
	tries=${NETDSL_TRIES:-100}
	until find_device "$1" "$2"; do
		tries=$((tries - 1))
		[ "$tries" -gt 0 ] || return 1
		sleep 0.1
	done
}

# The engine's default route is kept for the uplink alone; setting a link down loses it.
keep_default_route() {
	for family in -4 -6; do
		line=$(ip "$family" -o route show default dev "$1")
		case $line in *' via '*) ;; *) continue ;; esac
		line=${line#* via }
		printf '%s\n' "route replace default via ${line%% *} dev uplink" >>"$STATE/uplink.batch"
	done
}

# The link-local address by the lab's MAC address, without duplicate address detection: a router cannot ask for a
# neighbour before it has one, and the kernel's own takes up to two seconds. One that the lab gives is in addresses.batch, and
# stands alone. $1 name, $2 device, $3 MAC address.
settle_link_local() {
	read_sysctl "net.ipv6.conf.$2.disable_ipv6"
	[ "$value" = 0 ] || return 0
	printf 'link set dev %s addrgenmode none\n' "$1" >>"$STATE/2-names.batch"
	! grep -qs "^address add fe80:[^ ]* dev $1 " "$NODE/addresses.batch" || return 0
	IFS=: read -r a b c d e f <<-END
		$3
	END
	first=$(printf '%02x' $((0x$a ^ 2)))
	printf 'address replace fe80::%s%s:%sff:fe%s:%s%s/64 dev %s nodad\n' "$first" "$b" "$c" "$d" "$e" "$f" "$1" >>"$STATE/5-up.batch"
}

# lay_segment NUMBER DEVICE NAME MAC: $segment over an interface that only carries: the engine's address stays on that, under a name that the
# guard knows, and the lab's interface is a vxlan device with the lab's MAC address. Large enough that nothing is split.
lay_segment() {
	carrier=netdsl-c$1
	if [ "$2" != "$carrier" ]; then
		printf 'link set dev %s down\nlink set dev %s name %s\n' "$2" "$2" "$carrier" >>"$STATE/1-aside.batch"
	elif [ -e "/sys/class/net/$3" ]; then # started again in the same network namespace
		printf 'link delete dev %s\n' "$3" >>"$STATE/1-aside.batch"
	fi
	printf 'link set dev %s mtu 9300\n' "$carrier" >>"$STATE/1-aside.batch" # before: a vxlan device takes its own from it
	printf 'link add name %s address %s mtu 1500 type vxlan id %s group 239.110.100.1 dev %s dstport 4789 ttl 1\n' \
		"$3" "$4" "$segment" "$carrier" >>"$STATE/2-names.batch"
	printf 'link set dev %s up\nlink set dev %s up\n' "$carrier" "$3" >>"$STATE/5-up.batch"
	settle_link_local "$3" default "$4"
}

# Two passes, so that no new name meets an old one; every link is down until the filter and all names are in place.
rename_interfaces() {
	number=0
	while IFS=$TAB read -r mac name kind; do
		number=$((number + 1))
		wait_for_device "$mac" "$name" || fail "interface \`$name\`: none here has the MAC address $mac"
		if [ "$is_carrier" = yes ]; then
			lay_segment "$number" "$device" "$name" "$mac"
			continue
		fi
		[ "$kind" != uplink ] || keep_default_route "$device"
		printf 'link set dev %s down\n' "$device" >>"$STATE/1-aside.batch"
		[ "$kind" = uplink ] || printf 'address flush dev %s\n' "$name" >>"$STATE/3-bare.batch"
		printf 'link set dev %s up\n' "$name" >>"$STATE/5-up.batch"
		if [ "$device" != "$name" ]; then
			printf 'link set dev %s name netdsl%s\n' "$device" "$number" >>"$STATE/1-aside.batch"
			printf 'link set dev netdsl%s name %s\n' "$number" "$name" >>"$STATE/2-names.batch"
		fi
		[ "$kind" = uplink ] || settle_link_local "$name" "$device" "$mac"
	done <"$NODE/interfaces.tsv"
	apply_batch "$STATE/1-aside.batch" 'setting the interfaces aside'
	apply_batch "$STATE/2-names.batch" 'naming the interfaces'
	apply_batch "$STATE/3-bare.batch" "removing the engine's addresses"
}

# Removes what an earlier start of the same node made, and notes what to set up.
prepare_links() {
	[ -e "$NODE/links.batch" ] || return 0
	while read -r object verb name_word name _; do
		[ "$object $verb $name_word" = 'link add name' ] || continue
		[ ! -e "/sys/class/net/$name" ] || printf 'link delete dev %s\n' "$name" >>"$STATE/4-left.batch"
		printf 'link set dev %s up\n' "$name" >>"$STATE/5-up.batch"
	done <"$NODE/links.batch"
}

configure_network() {
	each_part filter
	printf 'link set dev lo up\n' >"$STATE/5-up.batch"
	[ ! -e "$NODE/interfaces.tsv" ] || rename_interfaces
	prepare_links
	apply_batch "$STATE/4-left.batch" 'removing earlier links'
	apply_batch "$NODE/links.batch" 'links.batch'
	apply_batch "$STATE/5-up.batch" 'setting the links up'
	apply_batch "$NODE/addresses.batch" 'addresses.batch'
	apply_batch "$STATE/uplink.batch" "the uplink's default route"
	apply_batch "$NODE/routes.batch" 'routes.batch'
}

# Says on stdout which port of a switch its spanning tree has not settled. Each has to come to the state in `ports.tsv` once; where
# other switches are missing it never does: 20 s after the start any that lasts will do.
ports_ready() {
	[ -e "$NODE/ports.tsv" ] || return 0
	read_clock
	read -r began <"$STATE/since"
	while IFS=$TAB read -r name wanted; do
		state=0
		{ read -r state <"/sys/class/net/$name/brport/state"; } 2>/dev/null
		case $state in # BR_STATE_… of linux/if_bridge.h
		1) state=listening ;;
		2) state=learning ;;
		3) state=forwarding ;;
		*) state=blocking ;;
		esac
		case $state in
		"$wanted") continue ;;
		forwarding | blocking)
			[ "$wanted" != - ] && [ ! -e "$STATE/spanned" ] && [ $((uptime - began)) -lt 2000 ] || continue
			;;
		esac
		echo "the spanning tree is not settled: port $name is $state"
		return 1
	done <"$NODE/ports.tsv"
	: >"$STATE/spanned"
}
