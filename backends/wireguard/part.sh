# shellcheck shell=sh
# The part `wireguard`: a device for each tunnel (wireguard.tsv: device, bytes of memory for its daemon or `-`, port), and its peers
# (wireguard-peers.tsv: child, device, `leads`, `opens` or `waits`, seconds between keepalives, place or `-`, allowed prefixes). The keys
# of both are in the node's credentials, as files for wg(8): DEVICE.conf, CHILD.peer.

# What a device and its peers have in the kernel and in user space alike.
WIREGUARD_FILES=$STATE/credentials/wireguard

# Hundredths of a second: a session older than this carries nothing (REJECT_AFTER_TIME, drivers/net/wireguard/messages.h).
WIREGUARD_LIFETIME=18000

# Hundredths of a second: so long after it went down a tunnel is looked at more often, and handshakes begin anew.
WIREGUARD_SOON=3000

# Hundredths of a second: a peer gets no second message that begins a handshake before (REKEY_TIMEOUT, messages.h).
WIREGUARD_AGAIN=500

wireguard_start() {
	mkdir -p "$STATE/wireguard"
	while IFS=$TAB read -r device memory port; do
		wireguard_make "$device" "$memory" "$port" || fail "$reason"
	done <"$NODE/wireguard.tsv"
}

# wireguard_make DEVICE MEMORY PORT [NODE]: in the kernel where it has the type, which only making one tells; else in user space. NODE: data
# that are not the node's yet. Sets $reason and returns 1 where it cannot be made.
wireguard_make() {
	wireguard_data=${4-$NODE}
	end_daemon "wireguard-$1"
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
	wg setconf "$1" "$WIREGUARD_FILES/$1.conf" && wg set "$1" listen-port "$3" || {
		reason="tunnel $1: its key or its port is refused"
		return 1
	}
	ip -batch "$wireguard_data/devices/$1.batch" || {
		reason="tunnel $1: its device cannot be configured"
		return 1
	}
	wireguard_fill "$1" "$wireguard_data"
}

# wireguard_fill DEVICE NODE: all its peers.
wireguard_fill() {
	while IFS=$TAB read -r child device opens keepalive at prefixes; do
		[ "$device" = "$1" ] && [ ! -e "$STATE/tunnel/$child/held" ] || continue
		wireguard_add "$child" "$device" "$opens" "$keepalive" "$at" "$prefixes" || {
			reason="tunnel $child: its peer is refused"
			return 1
		}
	done <"$2/wireguard-peers.tsv"
}

# wireguard_in_user_space DEVICE MEMORY. The daemon makes /var/run/wireguard, whose sockets wg(8) asks. Go keeps what it has freed, and
# a TCP run leaves it with 130 MiB and more; with a limit it collects garbage sooner.
wireguard_in_user_space() {
	has_tun "tunnel $1" || return
	rm -f "/var/run/wireguard/$1.sock"
	set -- "$1" "$2" env LOG_LEVEL=error WG_PROCESS_FOREGROUND=1
	[ "$2" = - ] || set -- "$@" "GOMEMLIMIT=$2" GOGC=20
	device=$1
	shift 2
	"$@" wireguard-go -f "$device" </dev/null >&2 &
	keep_daemon $! "wireguard-$device" "tunnel $device"
	await_daemon "tunnel $device" 'wireguard-go makes no device' wireguard_listens "$device"
}

# wireguard_listens DEVICE: whether its daemon can be asked. wg(8) deletes the file of a socket that is there and does not listen yet
# (ipc-uapi-unix.h, userspace_has_wireguard_interface), and with it the daemon gives up.
wireguard_listens() {
	while read -r _ _ _ flags _ _ _ path; do
		[ "$path" = "/var/run/wireguard/$1.sock" ] && [ "$flags" = 00010000 ] && return 0 # __SO_ACCEPTCON
	done </proc/net/unix
	return 1
}

# wireguard_key CHILD [FOLDER]: sets $key, the peer's public one.
wireguard_key() {
	while read -r name _ key; do
		[ "$name" != PublicKey ] || return 0
	done <"${2-$WIREGUARD_FILES}/$1.peer"
	return 1
}

# wireguard_add CHILD DEVICE leads|opens|waits KEEPALIVE PLACE PREFIXES: where the daemon was killed, the peer's last place is
# remembered.
wireguard_add() {
	wg addconf "$2" "$WIREGUARD_FILES/$1.peer" && wireguard_adjust "$1" "$2" "$4" "$5" "$6" || return 1
	if [ "$3" = waits ] && [ -e "$STATE/wireguard/$1.endpoint" ]; then
		read -r endpoint <"$STATE/wireguard/$1.endpoint"
		wg set "$2" peer "$key" endpoint "$endpoint"
	fi
	echo 0 >"$STATE/wireguard/$1.next"
}

# wireguard_adjust CHILD DEVICE KEEPALIVE PLACE PREFIXES: of a peer that is there; no place leaves it where it was last.
wireguard_adjust() {
	wireguard_key "$1" || return 1
	if [ "$4" = - ]; then set -- "$2" "$3" "$5"; else set -- "$2" "$3" "$5" endpoint "$4"; fi
	device=$1 keepalive=$2 prefixes=$3
	shift 3
	[ "$prefixes" != - ] || prefixes=
	wg set "$device" peer "$key" persistent-keepalive "$keepalive" allowed-ips "$prefixes" "$@"
}

# wireguard_knock DEVICE KEY KEEPALIVE: a keepalive is sent when it is switched on (netlink.c, set_peer; wireguard-go device/uapi.go),
# and without a session that begins a handshake.
wireguard_knock() {
	wg set "$1" peer "$2" persistent-keepalive 0 peer "$2" persistent-keepalive 5 peer "$2" persistent-keepalive "$3"
}

# wireguard_retry CHILD: a peer made anew begins a handshake at once (peer.c, wg_peer_create:
# last_sent_handshake; wireguard-go device/peer.go, NewPeer). A first message is often in vain: the other end is not there
# yet, or both begin at the same time, and each forgets its own message for the other's (noise.c,
# wg_noise_handshake_consume_initiation). Neighbours do so as a rule: the message of the first end waits for ARP until the second is there.
wireguard_retry() {
	while IFS=$TAB read -r child device opens keepalive at prefixes; do
		[ "$child" = "$1" ] || continue
		wg set "$device" peer "$key" remove && wireguard_add "$child" "$device" "$opens" "$keepalive" "$at" "$prefixes"
		return
	done <"$NODE/wireguard-peers.tsv"
}

# One round over all devices and peers: a `wg` for each device.
wireguard_tend() {
	wake_in 20
	while IFS=$TAB read -r wireguard_device memory port; do
		wireguard_is_there "$wireguard_device" || wireguard_make "$wireguard_device" "$memory" "$port" || echo "$reason" >&2
		wireguard_dump "$wireguard_device"
	done <"$NODE/wireguard.tsv"
	read_clock
	while IFS=$TAB read -r child device opens keepalive _; do
		wireguard_judge "$child" "$device" "$opens" "$keepalive"
	done <"$NODE/wireguard-peers.tsv"
}

# wireguard_dump DEVICE: of each peer its public key, endpoint, last handshake, bytes received and sent. What `wg` says has the
# private key and the shared secrets as well, which stay out of the file.
wireguard_dump() {
	wg show "$1" dump 2>/dev/null | {
		read -r _
		while IFS=$TAB read -r peer _ at _ last received sent _; do
			printf '%s\t%s\t%s\t%s\t%s\n' "$peer" "$at" "$last" "$received" "$sent"
		done
	} >"$STATE/wireguard/$1.peers"
}

# wireguard_is_there DEVICE: with its daemon, where it has one.
wireguard_is_there() {
	[ -e "/sys/class/net/$1" ] || return 1
	[ -e "$STATE/daemon/wireguard-$1" ] || return 0
	read -r pid _ <"$STATE/daemon/wireguard-$1"
	kill -0 "$pid" 2>/dev/null
}

# wireguard_judge CHILD DEVICE leads|opens|waits KEEPALIVE: up since a handshake, until one is due that does not come: a session is old,
# and something has been sent since. One that is down and known where is asked again.
wireguard_judge() {
	place=$STATE/tunnel/$1
	[ ! -e "$place/held" ] && wireguard_key "$1" || return 0
	handshake=0 sent=0 endpoint='(none)'
	while IFS=$TAB read -r peer at last _ bytes; do
		[ "$peer" != "$key" ] || handshake=$last sent=$bytes endpoint=$at
	done <"$STATE/wireguard/$2.peers"
	if wireguard_is_young "$1" "$handshake"; then
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
	wireguard_begin "$@"
}

# wireguard_begin CHILD DEVICE leads|opens|waits KEEPALIVE: a handshake, when it is time for the next one. Of two ends the one that leads
# is the sooner, so that they do not go on to begin at the same time.
wireguard_begin() {
	read -r since <"$STATE/tunnel/$1/since"
	again=$WIREGUARD_AGAIN
	if [ $((uptime - since)) -le "$WIREGUARD_SOON" ]; then
		wake_in 5
		if [ "$3" = leads ]; then again=100; else again=250; fi
	fi
	[ "$3" != waits ] || [ "$endpoint" != '(none)' ] || return 0
	next=0
	[ ! -e "$STATE/wireguard/$1.next" ] || read -r next <"$STATE/wireguard/$1.next"
	[ "$uptime" -ge "$next" ] || return 0
	[ "$next" -eq 0 ] || [ "$again" -eq "$WIREGUARD_AGAIN" ] || wireguard_retry "$1"
	echo $((uptime + again)) >"$STATE/wireguard/$1.next"
	wireguard_knock "$2" "$key" "$4"
}

# wireguard_is_young CHILD HANDSHAKE: whether a session since the handshake still carries. `wg` says when that was by a clock that may
# be set; its age is counted from the round that has seen it first, by one that is not.
wireguard_is_young() {
	[ "$2" -gt 0 ] || return 1
	before=0 seen=0
	[ ! -e "$STATE/wireguard/$1.handshake" ] || read -r before seen <"$STATE/wireguard/$1.handshake"
	if [ "$before" != "$2" ]; then
		seen=$uptime
		echo "$2 $seen" >"$STATE/wireguard/$1.handshake"
	fi
	[ $((uptime - seen)) -lt "$WIREGUARD_LIFETIME" ]
}

# wireguard_up CHILD
wireguard_up() {
	while IFS=$TAB read -r child device opens keepalive at prefixes; do
		[ "$child" != "$1" ] || wireguard_add "$child" "$device" "$opens" "$keepalive" "$at" "$prefixes"
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
		while IFS=$TAB read -r peer at last received sent; do
			[ "$peer" = "$key" ] || continue
			printf 'wireguard\t%s\t%s\t%s\t%s\t%s\n' "$child" "$at" "$last" "$received" "$sent"
		done <"$STATE/wireguard/$device.peers"
	done <"$NODE/wireguard-peers.tsv"
}

# --- changes ------------------------------------------------------------------------------------------------------------
# The credentials of TO are those of the node, and those of FROM lie in its folder, where they are other ones. Peers that stay as they
# are keep their sessions; so does one that comes to have another place, keepalive or prefixes, and a device with another port.

# wireguard_change FROM TO: devices, then peers. A new device may have the port of one that goes.
wireguard_change() {
	wireguard_former=$1/credentials/wireguard
	[ -d "$wireguard_former" ] || wireguard_former=$WIREGUARD_FILES
	rm -f "$STATE/wireguard/anew"
	! wireguard_is_same "$1" "$2" || return 0
	: >"$STATE/wireguard/anew"
	wireguard_remove_devices "$1" "$2"
	while IFS=$TAB read -r wireguard_device memory port; do
		wireguard_change_device "$1" "$2" "$wireguard_device" "$memory" "$port" || return
	done <"$2/node/wireguard.tsv"
	while IFS=$TAB read -r child device opens keepalive at prefixes; do
		wireguard_change_peer "$1" "$child" "$device" "$opens" "$keepalive" "$at" "$prefixes" || return
	done <"$2/node/wireguard-peers.tsv"
	wireguard_remove_peers "$1" "$2"
}

# wireguard_is_same FROM TO
wireguard_is_same() {
	! differs "$1" "$2" wireguard.tsv wireguard-peers.tsv && diff -rq "$wireguard_former" "$WIREGUARD_FILES" >/dev/null 2>&1
}

# wireguard_change_device FROM TO DEVICE MEMORY PORT: it is made anew where it is not there or its daemon is to have other bounds. With
# another key of its own it has no session any more (noise.c, wg_noise_expire_current_peer_keypairs).
wireguard_change_device() {
	if ! wireguard_is_there "$3" || ! wireguard_has_bounds "$1" "$3" "$4"; then
		wireguard_make "$3" "$4" "$5" "$2/node" || return
	elif ! cmp -s "$wireguard_former/$3.conf" "$WIREGUARD_FILES/$3.conf"; then
		wg setconf "$3" "$WIREGUARD_FILES/$3.conf" && wg set "$3" listen-port "$5" && wireguard_fill "$3" "$2/node" || {
			needs_start "tunnel $3: its key or its port is refused"
			return 1
		}
	else
		grep -Fxq "$3$TAB$4$TAB$5" "$1/node/wireguard.tsv" || wg set "$3" listen-port "$5" || {
			needs_start "tunnel $3: its port is taken"
			return 1
		}
		return 0
	fi
	while IFS=$TAB read -r child device _; do
		[ "$device" != "$3" ] || echo "$child" >>"$STATE/wireguard/anew"
	done <"$2/node/wireguard-peers.tsv"
}

# wireguard_has_bounds FROM DEVICE MEMORY: those of its daemon, where it has one.
wireguard_has_bounds() {
	[ ! -e "$STATE/daemon/wireguard-$2" ] || cut -f 1,2 "$1/node/wireguard.tsv" | grep -Fxq "$2$TAB$3"
}

# wireguard_change_peer FROM CHILD DEVICE leads|opens|waits KEEPALIVE PLACE PREFIXES: with other keys it is made anew, and where it has no
# place any more: nothing else takes that from it.
wireguard_change_peer() {
	! grep -Fxq "$2" "$STATE/wireguard/anew" && [ ! -e "$STATE/tunnel/$2/held" ] || return 0
	wireguard_find_peer "$1" "$2" "$3"
	reason="tunnel $2: its peer is refused"
	case $wireguard_at/$6 in
	/*) ;;
	-/* | */[!-]*)
		if cmp -s "$wireguard_former/$2.peer" "$WIREGUARD_FILES/$2.peer"; then
			grep -Fxq "$2$TAB$3$TAB$4$TAB$5$TAB$6$TAB$7" "$1/node/wireguard-peers.tsv" || wireguard_adjust "$2" "$3" "$5" "$6" "$7"
			return
		fi
		;;
	esac
	[ -z "$wireguard_at" ] || {
		wireguard_key "$2" "$wireguard_former" && wg set "$3" peer "$key" remove
		rm -f "$STATE/wireguard/$2.endpoint"
	}
	wireguard_add "$2" "$3" "$4" "$5" "$6" "$7" || return
	echo "$2" >>"$STATE/wireguard/anew"
}

# wireguard_find_peer FOLDER CHILD DEVICE: sets $wireguard_at, its place or `-`; to nothing where the device has no such peer.
wireguard_find_peer() {
	while IFS=$TAB read -r child device _ _ wireguard_at _; do
		[ "$child/$device" != "$2/$3" ] || return 0
	done <"$1/node/wireguard-peers.tsv"
	wireguard_at=
}

# wireguard_remove_devices FROM TO: those that TO does not have.
wireguard_remove_devices() {
	while IFS=$TAB read -r wireguard_device _; do
		! cut -f 1 "$2/node/wireguard.tsv" | grep -Fxq "$wireguard_device" || continue
		end_daemon "wireguard-$wireguard_device"
		ip link delete dev "$wireguard_device" 2>/dev/null
		rm -f "$STATE/wireguard/$wireguard_device.peers"
	done <"$1/node/wireguard.tsv"
}

# wireguard_remove_peers FROM TO: those that TO does not have.
wireguard_remove_peers() {
	while IFS=$TAB read -r wireguard_child wireguard_device _; do
		wireguard_find_peer "$2" "$wireguard_child" "$wireguard_device"
		[ -z "$wireguard_at" ] || continue
		rm -f "$STATE/wireguard/$wireguard_child".*
		wireguard_key "$wireguard_child" "$wireguard_former" && wg set "$wireguard_device" peer "$key" remove 2>/dev/null
	done <"$1/node/wireguard-peers.tsv"
	return 0
}

# wireguard_enter FROM TO: a peer that is new, or another one, comes up as after a start.
wireguard_enter() {
	[ -e "$STATE/wireguard/anew" ] || return 0
	read_clock
	while read -r child; do
		place=$STATE/tunnel/$child
		[ ! -e "$place/held" ] || continue
		rm -f "$STATE/wireguard/$child.handshake" "$STATE/wireguard/$child.sent" "$place/once"
		[ ! -e "$place/up" ] || (lock_tunnels && turn_child "$child" down)
		echo "$uptime" >"$place/since"
	done <"$STATE/wireguard/anew"
	rm -f "$STATE/wireguard/anew"
}
