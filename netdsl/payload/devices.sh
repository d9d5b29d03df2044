# shellcheck shell=sh
# For parts whose tunnels have a device and no daemon. Table PART.tsv, a record for each device: child, device, words for
# `ip link add`, and for user space the options of socat's TUN device and the address that socat sends to; or `-` and why
# user space has no such tunnel.

# devices_start PART
devices_start() {
	while IFS=$TAB read -r child device link tun remote; do
		device_make "$1" "$child" "$device" "$link" "$tun" "$remote" || fail "$reason"
	done <"$NODE/$1.tsv"
}

# devices_tend PART: makes again what `up` asks for, or what has gone with its process.
devices_tend() {
	wake_in 20
	while IFS=$TAB read -r child device link tun remote; do
		[ ! -e "$STATE/tunnel/$child/held" ] || continue
		[ ! -e "/sys/class/net/$device" ] || continue
		[ ! -e "$STATE/tunnel/$child/up" ] || device_turn "$child" down
		device_make "$1" "$child" "$device" "$link" "$tun" "$remote" || printf '%s\n' "$reason" >"$STATE/tunnel/$child/last"
		[ ! -e "$STATE/tunnel/$child/held" ] || device_remove "$child" "$device" # `down` came meanwhile
	done <"$NODE/$1.tsv"
}

# devices_down PART CHILD
devices_down() {
	while IFS=$TAB read -r child device _; do
		[ "$child" != "$2" ] || device_remove "$child" "$device"
	done <"$NODE/$1.tsv"
}

# device_make PART CHILD DEVICE LINK TUN REMOTE: in the kernel where it has the type, which only making one tells; else in user
# space. Sets $reason and returns 1 where neither has it.
device_make() {
	device_end_socat "$3" # socat may outlive a device that a command has deleted
	ip link delete dev "$3" 2>/dev/null # of an earlier start
	space=kernel
	# shellcheck disable=SC2086 # the words are the compiler's
	if ! ip link add name "$3" $4 2>"$STATE/device.log"; then
		read -r reason <"$STATE/device.log"
		reason="tunnel $2: $reason"
		case $reason in *'nknown device type'* | *'not supported'*) ;; *) return 1 ;; esac
		space=user
		device_in_user_space "$2" "$3" "$5" "$6" || return
	fi
	echo "$space" >"$STATE/space/$1"
	ip -batch "$NODE/devices/$3.batch" || {
		reason="tunnel $2: its device cannot be configured"
		return 1
	}
	device_turn "$2" up
}

# device_in_user_space CHILD DEVICE TUN REMOTE
#
# A packet that cannot be sent is lost, and the device stays, as the kernel's does: no route to the other end, a filter that
# drops what goes out. Of socat's options (socat(1), the same in 1.7.4 and 1.8):
#   -s            an error of sendto() does not end it
#   -t            but the loop that moves packets ends when it has been idle that long after one: 11 days. It is made again then
#   -lm           errors of the start are in the node's log; of those later, one for each lost packet, none is
#   shut-close    an outer packet that is empty is the end of a stream for socat, which then would read no more of them:
#                 this closes the device and ends socat, and `devices_tend` makes both again
# The socket is first: where it cannot be made or bound, there is no device.
device_in_user_space() {
	[ "$3" != - ] || {
		reason="tunnel $1: this kernel has no such device, and $4"
		return 1
	}
	has_tun "tunnel $1" || return
	socat -s -lm -t 1000000 "$4" "TUN,tun-name=$2,$3,shut-close" </dev/null >&2 &
	keep_daemon $! "$2" "tunnel $1"
	await_daemon "tunnel $1" 'socat makes no device' [ -e "/sys/class/net/$2" ]
}

# device_end_socat DEVICE: returns 1 where none has been started.
device_end_socat() {
	[ -e "$STATE/daemon/$1" ] || return
	read -r pid _ <"$STATE/daemon/$1"
	rm -f "$STATE/daemon/$1"
	kill "$pid" 2>/dev/null
	return 0
}

# device_remove CHILD DEVICE: its addresses and routes go with it. Its default route has replaced the uplink's.
device_remove() {
	device_end_socat "$2" || ip link delete dev "$2" 2>/dev/null
	if [ -e "$STATE/uplink.batch" ] && grep -q '^route replace default ' "$NODE/devices/$2.batch"; then
		ip -batch "$STATE/uplink.batch"
	fi
	device_turn "$1" down
}

# device_turn CHILD up|down
device_turn() { (lock_tunnels && turn_child "$@"); }
