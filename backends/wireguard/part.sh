# shellcheck shell=sh
# The part `wireguard`: a device for each tunnel (wireguard.tsv: device, bytes of memory for its daemon or `-`), and its peers
# (wireguard-peers.tsv: child, device, `opens` or `waits`, seconds between keepalives). What is secret of both is in the node's
# credentials, as files for wg(8): DEVICE.conf, CHILD.peer.

# What a device and its peers have in the kernel and in user space alike.
WIREGUARD_FILES=$STATE/credentials/wireguard

# Seconds: a session older than this carries nothing (REJECT_AFTER_TIME, drivers/net/wireguard/messages.h).
WIREGUARD_LIFETIME=180

wireguard_start() {
	mkdir -p "$STATE/wireguard"
	while IFS=$TAB read -r device memory; do
		wireguard_make "$device" "$memory" || fail "$reason"
	done <"$NODE/wireguard.tsv"
}

# wireguard_make DEVICE MEMORY: in the kernel where it has the type, which only making one tells; else in user space. Sets $reason
# and returns 1 where it cannot be made.
wireguard_make() {
	wireguard_end_daemon "$1"
	ip link delete dev "$1" 2>/dev/null # of an earlier start
	space=kernel
	if ! ip link add name "$1" type wireguard 2>"$STATE/wireguard.log"; then
		read -r reason <"$STATE/wireguard.log"
		reason="tunnel $1: $reason"
		case $reason in *'nknown device type'* | *'not supported'*) ;; *) return 1 ;; esac
		space=user
		wireguard_in_user_space "$1" "$2" || return
	fi
	echo "$space" >"$STATE/space/wireguard"
	wg setconf "$1" "$WIREGUARD_FILES/$1.conf" || {
		reason="tunnel $1: its key or its port is refused"
		return 1
	}
	ip -batch "$NODE/devices/$1.batch" || {
		reason="tunnel $1: its device cannot be configured"
		return 1
	}
	while IFS=$TAB read -r child device opens _; do
		[ "$device" = "$1" ] && [ ! -e "$STATE/tunnel/$child/held" ] || continue
		wireguard_add "$child" "$device" "$opens" || {
			reason="tunnel $child: its peer is refused"
			return 1
		}
	done <"$NODE/wireguard-peers.tsv"
}

# wireguard_in_user_space DEVICE MEMORY. The daemon makes /var/run/wireguard, whose sockets wg(8) asks. Go keeps what it has freed, and
# a TCP run leaves it with 130 MiB and more; with a limit it collects garbage sooner.
wireguard_in_user_space() {
	[ -c /dev/net/tun ] || {
		reason="tunnel $1: this kernel has no such device, and there is no /dev/net/tun for one in user space"
		return 1
	}
	rm -f "/var/run/wireguard/$1.sock"
	set -- "$1" "$2" env LOG_LEVEL=error WG_PROCESS_FOREGROUND=1
	[ "$2" = - ] || set -- "$@" "GOMEMLIMIT=$2" GOGC=20
	device=$1
	shift 2
	"$@" wireguard-go -f "$device" </dev/null >&2 &
	keep_daemon $! "wireguard-$device" "tunnel $device"
	rounds=100
	until [ -S "/var/run/wireguard/$device.sock" ]; do
		rounds=$((rounds - 1))
		if [ "$rounds" -le 0 ] || ! kill -0 "$pid" 2>/dev/null; then
			reason="tunnel $device: wireguard-go makes no device"
			return 1
		fi
		sleep 0.05
	done
}

# wireguard_end_daemon DEVICE
wireguard_end_daemon() {
	[ -e "$STATE/daemon/wireguard-$1" ] || return 0
	read -r pid _ <"$STATE/daemon/wireguard-$1"
	rm -f "$STATE/daemon/wireguard-$1"
	kill "$pid" 2>/dev/null
	return 0
}

# wireguard_key CHILD: sets $key, the peer's public one.
wireguard_key() {
	while read -r name _ key; do
		[ "$name" != PublicKey ] || return 0
	done <"$WIREGUARD_FILES/$1.peer"
	return 1
}

# wireguard_add CHILD DEVICE opens|waits: where the daemon was killed, the peer's last place is remembered.
wireguard_add() {
	wg addconf "$2" "$WIREGUARD_FILES/$1.peer" || return 1
	wireguard_key "$1" || return 1
	if [ "$3" = waits ] && [ -e "$STATE/wireguard/$1.endpoint" ]; then
		read -r endpoint <"$STATE/wireguard/$1.endpoint"
		wg set "$2" peer "$key" endpoint "$endpoint"
	fi
	echo 0 >"$STATE/wireguard/$1.next"
}

# wireguard_knock DEVICE KEY KEEPALIVE: a keepalive is sent when it is switched on (netlink.c, set_peer; wireguard-go device/uapi.go),
# and without a session that begins a handshake.
wireguard_knock() {
	wg set "$1" peer "$2" persistent-keepalive 0 && wg set "$1" peer "$2" persistent-keepalive 5 &&
		wg set "$1" peer "$2" persistent-keepalive "$3"
}

# One round over all devices and peers.
wireguard_tend() {
	wake_in 5
	while IFS=$TAB read -r device memory; do
		wireguard_is_there "$device" || wireguard_make "$device" "$memory" || echo "$reason" >&2
		wg show "$device" dump >"$STATE/wireguard/$device.dump" 2>/dev/null || : >"$STATE/wireguard/$device.dump"
	done <"$NODE/wireguard.tsv"
	now=$(date +%s)
	while IFS=$TAB read -r child device opens keepalive; do
		wireguard_judge "$child" "$device" "$opens" "$keepalive"
	done <"$NODE/wireguard-peers.tsv"
}

# wireguard_is_there DEVICE: with its daemon, where it has one.
wireguard_is_there() {
	[ -e "/sys/class/net/$1" ] || return 1
	[ -e "$STATE/daemon/wireguard-$1" ] || return 0
	read -r pid _ <"$STATE/daemon/wireguard-$1"
	kill -0 "$pid" 2>/dev/null
}

# wireguard_judge CHILD DEVICE opens|waits KEEPALIVE: up since a handshake, until one is due that does not come: a session is old, and
# something has been sent since. One that is down and known where is asked again.
wireguard_judge() {
	place=$STATE/tunnel/$1
	[ ! -e "$place/held" ] && wireguard_key "$1" || return 0
	handshake=0 sent=0 endpoint='(none)'
	while IFS=$TAB read -r peer _ at _ last _ bytes _; do
		[ "$peer" != "$key" ] || handshake=$last sent=$bytes endpoint=$at
	done <"$STATE/wireguard/$2.dump"
	if [ "$handshake" -gt 0 ] && [ $((now - handshake)) -lt "$WIREGUARD_LIFETIME" ]; then
		echo "$sent" >"$STATE/wireguard/$1.sent"
		[ "$endpoint" = '(none)' ] || echo "$endpoint" >"$STATE/wireguard/$1.endpoint"
		[ -e "$place/up" ] || (lock_tunnels && [ ! -e "$place/held" ] && turn_child "$1" up)
		return 0
	fi
	before=0
	[ ! -e "$STATE/wireguard/$1.sent" ] || read -r before <"$STATE/wireguard/$1.sent"
	if [ -e "$place/up" ]; then
		[ "$handshake" -eq 0 ] || [ "$sent" -gt "$before" ] || return 0
		(lock_tunnels && turn_child "$1" down)
	fi
	[ "$3" = opens ] || [ "$endpoint" != '(none)' ] || return 0
	read_clock
	next=0
	[ ! -e "$STATE/wireguard/$1.next" ] || read -r next <"$STATE/wireguard/$1.next"
	[ "$uptime" -ge "$next" ] || return 0
	echo $((uptime + 100)) >"$STATE/wireguard/$1.next"
	wireguard_knock "$2" "$key" "$4"
}

# wireguard_up CHILD
wireguard_up() {
	while IFS=$TAB read -r child device opens _; do
		[ "$child" != "$1" ] || wireguard_add "$child" "$device" "$opens"
	done <"$NODE/wireguard-peers.tsv"
}

# wireguard_down CHILD: the device stays, with its addresses and routes, and has no peer for what they lead to it.
wireguard_down() {
	while IFS=$TAB read -r child device _; do
		[ "$child" = "$1" ] && wireguard_key "$child" || continue
		wg set "$device" peer "$key" remove
		rm -f "$STATE/wireguard/$child.endpoint"
		(lock_tunnels && turn_child "$child" down)
	done <"$NODE/wireguard-peers.tsv"
}

wireguard_status() {
	while IFS=$TAB read -r child device _; do
		wireguard_key "$child" || continue
		while IFS=$TAB read -r peer _ at _ last received bytes _; do
			[ "$peer" = "$key" ] || continue
			printf 'wireguard\t%s\t%s\t%s\t%s\t%s\n' "$child" "$at" "$last" "$received" "$bytes"
		done <"$STATE/wireguard/$device.dump"
	done <"$NODE/wireguard-peers.tsv"
}
