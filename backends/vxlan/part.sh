# shellcheck shell=sh
# The part `vxlan`: a device for each segment (vxlan.tsv: device, words for `ip link add`), and for each other end the place of its
# MAC address and an entry that floods broadcast and what has no known place (vxlan-peers.tsv: child, device, address, MAC).

vxlan_start() {
	echo kernel >"$STATE/space/vxlan"
	while IFS=$TAB read -r device link; do
		ip link delete dev "$device" 2>/dev/null # of an earlier start
		# shellcheck disable=SC2086 # the words are the compiler's
		ip link add name "$device" $link || fail "interface $device: this kernel makes no such VXLAN device"
		apply_batch "$NODE/devices/$device.batch" "device $device"
	done <"$NODE/vxlan.tsv"
	while IFS=$TAB read -r child _; do
		vxlan_up "$child" || fail "tunnel $child: its other end cannot be entered"
	done <"$NODE/vxlan-peers.tsv"
}

# vxlan_up CHILD
vxlan_up() {
	while IFS=$TAB read -r child device peer mac; do
		[ "$child" = "$1" ] || continue
		bridge fdb append 00:00:00:00:00:00 dev "$device" dst "$peer" || return 1
		bridge fdb replace "$mac" dev "$device" dst "$peer" || return 1
		(lock_tunnels && turn_child "$child" up)
	done <"$NODE/vxlan-peers.tsv"
}

# vxlan_down CHILD: nothing goes to that end.
vxlan_down() {
	while IFS=$TAB read -r child device peer _; do
		[ "$child" = "$1" ] || continue
		bridge fdb show dev "$device" | while read -r mac rest; do
			case "$rest " in *"dst $peer "*) bridge fdb delete "$mac" dev "$device" dst "$peer" ;; esac
		done
		(lock_tunnels && turn_child "$child" down)
	done <"$NODE/vxlan-peers.tsv"
}
