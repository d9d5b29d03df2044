# shellcheck shell=sh
# For node.sh: changes of the links, addresses and routes of a node that runs (README.md, 'Changes'): of its own interfaces, and of
# the devices of its tunnels. A device that is not there, or goes, is its part's, which makes it and takes it away.

# network_lines FOLDER: the lines for `ip` of its data, in the order of a start.
network_lines() {
	for file in "$1"/node/links.batch "$1"/node/addresses.batch "$1"/node/routes.batch "$1"/node/devices/*.batch; do
		[ ! -e "$file" ] || cat "$file"
	done
}

# gather_lines FOLDER: a file for each kind, in the folder.
gather_lines() {
	network_lines "$1" >"$1/lines"
	grep '^link ' "$1/lines" >"$1/links"
	grep '^address ' "$1/lines" >"$1/addresses"
	grep -E '^(route|neighbour) ' "$1/lines" >"$1/routes"
	return 0
}

# are_same FROM TO links|addresses|routes
are_same() { cmp -s "$1/$3" "$2/$3"; }

# is_device_there FOLDER DEVICE: whether what the data say of a device can be applied to it.
is_device_there() { [ ! -e "$1/node/devices/$2.batch" ] || [ -e "/sys/class/net/$2" ]; }

# lines_there FOLDER: of the lines on stdin those whose device is there.
lines_there() {
	while IFS= read -r line; do
		device=${line##* dev }
		! is_device_there "$1" "${device%% *}" || printf '%s\n' "$line"
	done
}

# --- links --------------------------------------------------------------------------------------------------------------

# other_mtus FROM TO: each device that both have and whose MTU is another one: its name, that of before, the new one, `-` for none.
# The envelope gives an interface of which nothing is said 1500 bytes.
other_mtus() {
	for folder; do
		sed -n 's/^link set dev \([^ ]*\) mtu \([0-9]*\)$/\1 \2/p' "$folder/links" >"$folder/mtus"
	done
	sort "$1/mtus" "$2/mtus" | uniq -u | cut -d ' ' -f 1 | uniq | while read -r device; do
		before=$(sed -n "s/^$device //p" "$1/mtus") after=$(sed -n "s/^$device //p" "$2/mtus")
		set -- "$1" "$2" "$1/node/devices/$device.batch" "$2/node/devices/$device.batch"
		if [ -e "$3" ] && [ -e "$4" ]; then
			echo "$device ${before:--} ${after:--}"
		elif [ ! -e "$3" ] && [ ! -e "$4" ]; then
			echo "$device ${before:-1500} ${after:-1500}"
		fi
	done
}

# refuse_links FROM TO: what only a start gives: bridges and their ports; an MTU below that of IPv6, with which the kernel takes the
# addresses of IPv6 away (net/ipv6/addrconf.c, addrconf_notify), or that of a tunnel's device which its kind gives.
refuse_links() {
	! are_same "$1" "$2" links || return 0
	for folder; do
		grep -Ev ' (mtu [0-9]+|up|addrgenmode none)$' "$folder/links" >"$folder/links.other"
	done
	cmp -s "$1/links.other" "$2/links.other" || {
		needs_start 'its links'
		return 1
	}
	other_mtus "$1" "$2" >"$STATE/change/mtus"
	while read -r device before after; do
		case $before/$after in
		*-*) ;;
		*) [ "$before" -lt 1280 ] || [ "$after" -lt 1280 ] || continue ;;
		esac
		needs_start "the MTU of \`$device\`"
		return 1
	done <"$STATE/change/mtus"
}

# change_mtus FROM TO
change_mtus() {
	! are_same "$1" "$2" links || return 0
	other_mtus "$1" "$2" | while read -r device _ mtu; do
		[ ! -e "/sys/class/net/$device" ] || echo "link set dev $device mtu $mtu"
	done >"$STATE/change/mtus.batch"
	try_batch "$STATE/change/mtus.batch" 'an MTU'
}

# --- addresses --------------------------------------------------------------------------------------------------------
# The kernel prefers addresses by the order in which they came (net/ipv4/devinet.c, net/ipv6/addrconf.c), so that this has to
# be that of the data. IPv4: a second one of a prefix goes with the first.

# addresses_of FOLDER DEVICE FAMILY
addresses_of() {
	while IFS= read -r line; do
		case $line in *" dev $2" | *" dev $2 nodad") ;; *) continue ;; esac
		case $3$line in
		6*:*) printf '%s\n' "$line" ;;
		4*:*) ;;
		4*) printf '%s\n' "$line" ;;
		esac
	done <"$1/addresses"
}

# The devices whose addresses differ, with the family.
address_groups() {
	cat "$1/addresses" "$2/addresses" | while read -r _ _ address _ device _; do
		is_device_there "$1" "$device" && is_device_there "$2" "$device" || continue
		case $address in *:*) echo "$device 6" ;; *) echo "$device 4" ;; esac
	done | sort -u
}

# Sets $gone, $added (files) and $is_simple: new ones can be added before those that are gone are deleted.
compare_addresses() {
	gone=$STATE/change/addresses.gone added=$STATE/change/addresses.added
	addresses_of "$1" "$3" "$4" >"$STATE/change/addresses.old"
	addresses_of "$2" "$3" "$4" >"$STATE/change/addresses.new"
	grep -Fxv -f "$STATE/change/addresses.new" "$STATE/change/addresses.old" >"$gone"
	grep -Fxv -f "$STATE/change/addresses.old" "$STATE/change/addresses.new" >"$added"
	grep -Fx -f "$STATE/change/addresses.new" "$STATE/change/addresses.old" >"$STATE/change/addresses.both"
	is_simple=yes
	head -n "$(wc -l <"$STATE/change/addresses.both")" "$STATE/change/addresses.new" | cmp -s - "$STATE/change/addresses.both" || is_simple=no
	[ -s "$gone" ] || return 0
	if [ "$4" = 4 ]; then
		if [ -s "$added" ] || ip -4 -o address show dev "$3" secondary | grep -q .; then is_simple=no; fi
	else # one address with another length
		while read -r _ _ address _; do
			! grep -qF " ${address%/*}/" "$added" || is_simple=no
		done <"$gone"
	fi
}

# as_deleted: lines that add addresses, as lines that delete them, the last one first. (`tac` makes a file for a pipe.)
as_deleted() { sed -e 's/^address add/address delete/' -e 's/ nodad$//' | sed -n -e '1!G' -e h -e '$p'; }

# Sets $common: how many lines two files begin with alike.
count_common() {
	common=0
	while IFS= read -r line <&3 && IFS= read -r other <&4 && [ "$line" = "$other" ]; do
		common=$((common + 1))
	done 3<"$1" 4<"$2"
}

# change_addresses FROM TO: adds what is new; where the order needs it, from the first that differs on all anew.
change_addresses() {
	! are_same "$1" "$2" addresses || return 0
	address_groups "$1" "$2" >"$STATE/change/addresses.groups"
	while read -r device family; do
		compare_addresses "$1" "$2" "$device" "$family"
		[ -s "$gone" ] || [ -s "$added" ] || [ "$is_simple" = no ] || continue
		! grep -q '^address add fe80:' "$gone" "$added" || { # the script's own comes and goes with it
			needs_start "a link-local address of \`$device\`"
			return 1
		}
		if [ "$is_simple" = no ]; then
			count_common "$STATE/change/addresses.old" "$STATE/change/addresses.new"
			tail -n "+$((common + 1))" "$STATE/change/addresses.old" | as_deleted | ip -force -batch - >/dev/null 2>&1
			tail -n "+$((common + 1))" "$STATE/change/addresses.new" >"$added"
		fi
		sed 's/^address add/address replace/' "$added" >"$STATE/change/addresses.batch"
		try_batch "$STATE/change/addresses.batch" "an address of \`$device\`" || return
	done <"$STATE/change/addresses.groups"
}

# drop_addresses FROM TO
drop_addresses() {
	! are_same "$1" "$2" addresses || return 0
	while read -r device family; do
		compare_addresses "$1" "$2" "$device" "$family"
		as_deleted <"$gone" | ip -force -batch - >/dev/null 2>&1
	done <"$STATE/change/addresses.groups"
	set_routes "$1" "$2" # the kernel takes some along
}

# --- routes -----------------------------------------------------------------------------------------------------------

# route_key: for each line what no two lines have: the family and the prefix.
route_key() {
	while read -r object _ prefix rest; do
		case $object$prefix$rest in *:*) family=6 ;; *) family=4 ;; esac
		[ "$object" = route ] || family=$object$family # neighbour: its MAC address has colons as well
		echo "$family $prefix"
	done
}

# refuse_own_networks FROM TO: a route for a network of the node's own takes the kernel's for it away (IPv4: they differ in nothing
# that `replace` looks at, fib_table_insert), and nothing gives that back but a start.
refuse_own_networks() {
	! are_same "$1" "$2" routes || return 0
	cat "$1/routes" "$2/routes" | sort | uniq -u >"$STATE/change/routes.other"
	cat "$1/addresses" "$2/addresses" | while read -r _ _ address _; do
		case $address in *:*) continue ;; esac
		network=$(busybox ipcalc -n "$address")
		echo "route replace ${network#NETWORK=}/${address#*/} "
	done >"$STATE/change/routes.networks"
	! grep -qF -f "$STATE/change/routes.networks" "$STATE/change/routes.other" || {
		needs_start 'a route for a network of its own'
		return 1
	}
}

# set_routes FROM TO: `replace` is the kernel's word for it: nothing that has a route is without.
set_routes() {
	! are_same "$1" "$2" routes || ! are_same "$1" "$2" addresses || return 0
	lines_there "$2" <"$2/routes" >"$STATE/change/routes.batch"
	keep_uplink
	try_batch "$STATE/change/routes.batch" 'a route'
}

# The uplink's default route comes back where the node has none of its own in this family.
keep_uplink() {
	[ -e "$STATE/uplink.batch" ] || return 0
	route_key <"$STATE/change/routes.batch" >"$STATE/change/routes.own"
	while IFS= read -r line; do
		grep -Fxq "$(echo "$line" | route_key)" "$STATE/change/routes.own" || echo "$line"
	done <"$STATE/uplink.batch" | ip -force -batch - >/dev/null 2>&1
}

# drop_routes FROM TO
drop_routes() {
	! are_same "$1" "$2" routes || return 0
	lines_there "$2" <"$2/routes" | route_key >"$STATE/change/routes.keys"
	while IFS= read -r line; do
		! grep -Fxq "$(echo "$line" | route_key)" "$STATE/change/routes.keys" || continue
		case $line in
		'neighbour replace '*)
			line=${line#neighbour replace }
			address=${line%% *} line=${line##* dev }
			echo "neighbour delete $address dev ${line%% *}"
			;;
		*) echo "route delete ${line#route replace }" ;;
		esac
	done <"$1/routes" | ip -force -batch - >/dev/null 2>&1
}
