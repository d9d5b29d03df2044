# shellcheck shell=sh
# The part `tinc`: a TUN device and a daemon for each tunnel (tinc.tsv: device), and the daemons that it finds (tinc-peers.tsv:
# child, device, name of the other daemon). The daemons' configuration is in the node's credentials: a folder for each device.

# Of each device $STATE/tinc/DEVICE: `up/NAME` while the daemon reaches the daemon NAME, `held/NAME` the files of those that it
# may not know.

tinc_start() {
	while IFS=$TAB read -r device; do
		tinc_make "$device" || fail "$reason"
	done <"$NODE/tinc.tsv"
	echo user >"$STATE/space/tinc"
}

# tinc_make DEVICE: the device stays when the daemon ends, and takes what its routes lead to it. No one owns it, so that the
# daemon needs no right to have it (drivers/net/tun.c, tun_not_capable). Sets $reason and returns 1 where it cannot be made.
tinc_make() {
	mkdir -p "$STATE/tinc/$1/up" "$STATE/tinc/$1/held"
	has_tun "tunnel $1" || return
	ip link delete dev "$1" 2>/dev/null # of an earlier start
	ip tuntap add dev "$1" mode tun || {
		reason="tunnel $1: its device cannot be made"
		return 1
	}
	ip link set dev "$1" addrgenmode none 2>/dev/null # as a device of the kernel's has it; fails where the kernel has no IPv6
	ip -batch "$NODE/devices/$1.batch" || {
		reason="tunnel $1: its device cannot be configured"
		return 1
	}
	for script in host-up host-down; do
		cp "$LAB/tinc/$script.sh" "$STATE/credentials/tinc/$1/$script"
	done
	tinc_run "$1"
}

# tinc_run DEVICE: the daemon, which knows of no other one yet. It needs no capability, but where ports below 1024 are not free.
tinc_run() {
	rm -f "$STATE/tinc/$1/up"/*
	(
		export NETDSL_TINC="$STATE/tinc/$1/up"
		with_rights "$(tinc_rights)" "$(command -v tincd)" --config="$STATE/credentials/tinc/$1" --no-detach \
			--pidfile="$STATE/tinc/$1/pid"
	) </dev/null >&2 &
	keep_daemon $! "tinc-$1" "tunnel $1"
}

tinc_rights() {
	first=1024
	read -r first </proc/sys/net/ipv4/ip_unprivileged_port_start
	[ "$first" -le 655 ] || echo cap_net_bind_service
}

# One round over all daemons and those that they reach.
tinc_tend() {
	wake_in 5
	while IFS=$TAB read -r device; do
		read -r pid _ <"$STATE/daemon/tinc-$device"
		kill -0 "$pid" 2>/dev/null || tinc_run "$device"
	done <"$NODE/tinc.tsv"
	while IFS=$TAB read -r child device name; do
		tinc_judge "$child" "$device" "$name"
	done <"$NODE/tinc-peers.tsv"
}

# tinc_judge CHILD DEVICE NAME
tinc_judge() {
	place=$STATE/tunnel/$1
	[ ! -e "$place/held" ] || return 0
	if [ -e "$STATE/tinc/$2/up/$3" ]; then
		[ -e "$place/up" ] || (lock_tunnels && [ ! -e "$place/held" ] && turn_child "$1" up)
	elif [ -e "$place/up" ]; then
		(lock_tunnels && turn_child "$1" down)
	fi
	return 0
}

# tinc_up CHILD
tinc_up() {
	while IFS=$TAB read -r child device name; do
		[ "$child" = "$1" ] || continue
		tinc_move "$STATE/tinc/$device/held" "$STATE/credentials/tinc/$device/hosts" "$name" "$device"
	done <"$NODE/tinc-peers.tsv"
}

# tinc_down CHILD: the daemon closes its connection with one whose file is gone, and takes none from it (src/net.c, main_loop;
# protocol_auth.c, id_h). The device stays, with its addresses and routes.
tinc_down() {
	while IFS=$TAB read -r child device name; do
		[ "$child" = "$1" ] || continue
		tinc_move "$STATE/credentials/tinc/$device/hosts" "$STATE/tinc/$device/held" "$name" "$device"
		(lock_tunnels && turn_child "$child" down)
	done <"$NODE/tinc-peers.tsv"
}

# tinc_move FROM TO NAME DEVICE: the file of a daemon; then the one of the device reads its configuration again.
tinc_move() {
	[ ! -e "$1/$3" ] || mv "$1/$3" "$2/$3"
	read -r pid _ <"$STATE/daemon/tinc-$4"
	kill -HUP "$pid" 2>/dev/null
	return 0
}
