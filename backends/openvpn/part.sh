# shellcheck shell=sh
# The part `openvpn`: a device for each tunnel (openvpn.tsv: device, `server`, `client` or `peer`, the PKI of its certificates) with
# a daemon, which is started in a folder of its own, and its other ends (openvpn-peers.tsv: child, device, and of a server's clients
# the name in the certificate, which is that of the file about it as well). Sessions that come and go are told by event.sh.

# Hundredths of a second: a daemon that ends is started again after so long.
OPENVPN_PAUSE=200

openvpn_start() {
	echo user >"$STATE/space/openvpn"
	[ -c /dev/net/tun ] || fail 'OpenVPN runs in user space, and there is no /dev/net/tun'
	while IFS=$TAB read -r device role pki; do
		openvpn_fill "$device" "$role" "$pki" || fail "tunnel $device: its certificate or its key cannot be read"
		openvpn_make "$device" || fail "$reason"
		openvpn_run "$device" "$role"
	done <"$NODE/openvpn.tsv"
}

# openvpn_fill DEVICE ROLE PKI: the folder that the daemon is started in. Keys are copied: other daemons forget theirs once they have
# read them.
openvpn_fill() (
	umask 077
	from=$STATE/credentials folder=$STATE/openvpn/$1
	rm -rf "$folder"
	mkdir -p "$folder/clients" && cd "$folder" || return
	openvpn_join "$from/x509ca/$3" >ca.pem && cp "$from/x509/$3.pem" cert.pem && cp "$from/private/$3.pem" key.pem &&
		cp "$from/openvpn/$1.key" tls-crypt.key || return
	! grep -qx 'crl-verify crl.pem' "$NODE/openvpn/$1.conf" || openvpn_join "$from/x509crl/$3" >crl.pem || return
	[ "$2" = server ] || return 0
	while IFS=$TAB read -r child device name; do
		[ "$device" != "$1" ] || cp "$NODE/openvpn/$child.client" "clients/$name" || return
	done <"$NODE/openvpn-peers.tsv"
)

# openvpn_join PKI: the files of its authorities.
openvpn_join() {
	cat "$1-root.pem" || return
	[ ! -e "$1-intermediate.pem" ] || cat "$1-intermediate.pem"
}

# openvpn_make DEVICE: one that lasts, whether or not the daemon runs. Sets $reason and returns 1 where it cannot be made.
openvpn_make() {
	ip link delete dev "$1" 2>/dev/null # of an earlier start
	ip tuntap add dev "$1" mode tun && openvpn_bare "$1" && ip -batch "$NODE/devices/$1.batch" || {
		reason="tunnel $1: its device cannot be made"
		return 1
	}
}

# openvpn_bare DEVICE: without a link-local address, for which the kernel would send packets of its own into the tunnel. A node without
# IPv6 refuses that.
openvpn_bare() { ip link set dev "$1" addrgenmode none 2>/dev/null || :; }

# openvpn_run DEVICE ROLE
openvpn_run() {
	device=$1
	set -- "$2" openvpn --cd "$STATE/openvpn/$1" --tmp-dir "$STATE/openvpn/$1" --config "$NODE/openvpn/$1.conf" --script-security 2
	event="/bin/sh '$LAB/openvpn/event.sh' '$STATE'"
	if [ "$1" = server ]; then
		set -- "$@" --client-connect "$event connect $device" --client-disconnect "$event disconnect $device"
	else
		openvpn_child "$device"
		set -- "$@" --up "$event up $child" --down "$event down $child"
	fi
	shift
	read_clock
	echo "$uptime" >"$STATE/openvpn/$device.since"
	"$@" </dev/null >&2 &
	keep_daemon $! "openvpn-$device" "tunnel $device"
}

# openvpn_child DEVICE: sets $child, the first of the device's.
openvpn_child() {
	while IFS=$TAB read -r child owner _; do
		[ "$owner" != "$1" ] || return 0
	done <"$NODE/openvpn-peers.tsv"
	return 1
}

# One round over all devices: makes again what has gone.
openvpn_tend() {
	wake_in 10
	while IFS=$TAB read -r device role _; do
		openvpn_keep "$device" "$role"
	done <"$NODE/openvpn.tsv"
}

# openvpn_keep DEVICE ROLE: a daemon without its device ends by itself.
openvpn_keep() {
	! openvpn_runs "$1" || return 0
	openvpn_forget "$1"
	openvpn_child "$1"
	[ "$2" = server ] || [ ! -e "$STATE/tunnel/$child/held" ] || return 0
	since=0
	[ ! -e "$STATE/openvpn/$1.since" ] || read -r since <"$STATE/openvpn/$1.since"
	read_clock
	[ $((uptime - since)) -ge "$OPENVPN_PAUSE" ] || return 0
	[ -e "/sys/class/net/$1" ] || openvpn_make "$1" || echo "$reason" >&2
	openvpn_run "$1" "$2"
}

# openvpn_runs DEVICE
openvpn_runs() {
	[ -e "$STATE/daemon/openvpn-$1" ] || return 1
	read -r pid _ <"$STATE/daemon/openvpn-$1"
	is_alive "$pid"
}

# openvpn_forget DEVICE: its sessions have gone with the daemon.
openvpn_forget() {
	while IFS=$TAB read -r child device _; do
		[ "$device" = "$1" ] && [ -e "$STATE/tunnel/$child/up" ] || continue
		(lock_tunnels && turn_child "$child" down)
	done <"$NODE/openvpn-peers.tsv"
}

# openvpn_ask DEVICE COMMAND
openvpn_ask() {
	printf '%s\n' "$2" | timeout 5 socat -t 0.3 - "UNIX-CONNECT:$STATE/openvpn/$1/management.sock" 2>/dev/null
}

# openvpn_up CHILD: the daemon of a client, or of one of two ends, is started by the next round.
openvpn_up() {
	openvpn_find "$1" || return 0
	[ "$role" != server ] || cp "$NODE/openvpn/$1.client" "$STATE/openvpn/$device/clients/$name"
}

# openvpn_down CHILD: the device stays, with its addresses and routes. A server takes this client no more, others stay.
openvpn_down() {
	openvpn_find "$1" || return 0
	if [ "$role" = server ]; then
		rm -f "$STATE/openvpn/$device/clients/$name"
		openvpn_end "$device" "$name"
	else
		end_daemon "openvpn-$device"
	fi
	(lock_tunnels && turn_child "$1" down)
}

# openvpn_end DEVICE NAME: ends the session of a server's client. `kill` takes a name with a colon for an address and a port (manage.c,
# man_kill), `client-kill` takes the number that `status` has in its eleventh column.
openvpn_end() {
	case $2 in
	*:*)
		openvpn_ask "$1" 'status 3' | while IFS= read -r line; do
			case $line in
			"CLIENT_LIST$TAB$2$TAB"*) openvpn_ask "$1" "client-kill $(printf '%s\n' "$line" | cut -f 11)" ;;
			esac
		done
		;;
	*) openvpn_ask "$1" "kill \"$2\"" ;;
	esac >/dev/null
}

# openvpn_find CHILD: sets $device, $name and $role.
openvpn_find() {
	while IFS=$TAB read -r child device name; do
		[ "$child" = "$1" ] || continue
		while IFS=$TAB read -r other role _; do
			[ "$other" != "$device" ] || return 0
		done <"$NODE/openvpn.tsv"
	done <"$NODE/openvpn-peers.tsv"
	return 1
}

# As the daemons say: of a server each client with its address, of the others the state of the connection.
openvpn_status() {
	while IFS=$TAB read -r device role _; do
		command=state word=
		[ "$role" != server ] || command='status 3' word=CLIENT_LIST
		openvpn_ask "$device" "$command" | while IFS= read -r line; do
			line=${line%"$(printf '\r')"}
			case $line in
			'>'* | END) ;;
			"$word"*) printf 'openvpn\t%s\t%s\n' "$device" "$line" ;;
			esac
		done
	done <"$NODE/openvpn.tsv"
}
