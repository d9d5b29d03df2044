#!/bin/sh
# The inside of a node: its interfaces, filter, addresses, routes, files, services and tunnels, from data files only.
# The contract of every file, and of the verbs below, is README.md beside this script.
set -u

case $0 in */*) LAB=${0%/*} ;; *) LAB=. ;; esac
LAB=$(cd "$LAB" && pwd)
NODE=${LAB%/*}/node
CREDENTIALS=${LAB%/*}/credentials
STATE=${NETDSL_STATE:-/run/netdsl}
LASTING=${NETDSL_LASTING:-/var/lib/netdsl}
TAB='	'

say() { printf 'netdsl: %s\n' "$*" >&2; }

# Ends the main process: the reason is in the log, and in `failed` for `ready` and `status`.
fail() {
	say "not ready: $*"
	[ ! -d "$STATE" ] || printf '%s\n' "$*" >"$STATE/failed"
	end_daemons
	exit 1
}

# Sets $uptime, in hundredths of a second: the clock of everything that waits.
read_clock() {
	read -r uptime _ </proc/uptime
	uptime=${uptime%.*}${uptime#*.}
}

# run BATCH WHAT: an `ip -batch` file, where there is one.
apply_batch() {
	[ -e "$1" ] || return 0
	ip -batch "$1" || fail "$2 cannot be applied"
}

# shellcheck source=netdsl/payload/services.sh
. "$LAB/services.sh"
# shellcheck source=netdsl/payload/ipsec.sh
. "$LAB/ipsec.sh"

# --- interfaces -------------------------------------------------------------------------------------------------------

# Sets $device: the interface with this MAC address, or with the engine's address that the envelope gave for this name.
find_device() {
	device=
	for pair in ${NETDSL_INTERFACES-}; do
		[ "${pair%%=*}" = "$2" ] || continue
		line=$(ip -o address show to "${pair#*=}")
		line=${line#*: }
		device=${line%% *}
		[ -n "$device" ] || [ ! -e "/sys/class/net/$2" ] || device=$2 # started again in the same network namespace
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
# neighbour before it has one, and the kernel's own takes up to two seconds. $1 name, $2 device, $3 MAC address.
settle_link_local() {
	read_sysctl "net.ipv6.conf.$2.disable_ipv6"
	[ "$value" = 0 ] || return 0
	IFS=: read -r a b c d e f <<-END
		$3
	END
	first=$(printf '%02x' $((0x$a ^ 2)))
	printf 'link set dev %s addrgenmode none\n' "$1" >>"$STATE/2-names.batch"
	printf 'address replace fe80::%s%s:%sff:fe%s:%s%s/64 dev %s nodad\n' "$first" "$b" "$c" "$d" "$e" "$f" "$1" >>"$STATE/5-up.batch"
}

# Two passes, so that no new name meets an old one; every link is down until the filter and all names are in place.
rename_interfaces() {
	number=0
	while IFS=$TAB read -r mac name kind; do
		number=$((number + 1))
		wait_for_device "$mac" "$name" || fail "interface \`$name\`: none here has the MAC address $mac"
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

# Who may speak to this node at all: by MAC address, so not where an interface is found by the engine's address because
# all nodes have their parent's.
guard() {
	[ -e "$LAB/guard.nft" ] || return 0
	nft -f "$LAB/guard.nft" || fail 'guard.nft is refused'
	for pair in ${NETDSL_INTERFACES-}; do
		nft add element inet netdsl_guard open "{ \"${pair%%=*}\" }" || fail 'guard.nft cannot be completed'
	done
}

configure_network() {
	guard
	if [ -e "$NODE/filter.nft" ]; then
		nft -f "$NODE/filter.nft" || fail 'the packet filter is refused'
	fi
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

# --- sysctls: applied by the envelope, read back here -----------------------------------------------------------------

# Sets $value: what /proc/sys holds for a key, blanks for tabs; empty where the kernel has no such key. Not by the shell's
# `read`: that goes byte by byte, and these files end after the first.
read_sysctl() {
	path=/proc/sys rest=$1.
	while [ -n "$rest" ]; do
		path=$path/${rest%%.*} rest=${rest#*.}
	done
	value=$(cat "$path" 2>/dev/null)
	case $value in *"$TAB"*) value=$(printf '%s' "$value" | tr '\t' ' ') ;; esac
}

# Sets $value: what is in effect on interface $2, by the rules of the kernel's include/linux/inetdevice.h (IN_DEV_…).
read_effective() {
	read_sysctl "net.$1.conf.$2.$3"
	own=$value
	read_sysctl "net.$1.conf.all.$3"
	all=$value rule=own
	case $1.$3 in
	ipv4.rp_filter | ipv4.arp_ignore | ipv4.arp_announce | ipv4.arp_accept | ipv4.arp_notify) rule=max ;;
	ipv4.send_redirects | ipv4.secure_redirects | ipv4.shared_media | ipv4.log_martians | ipv4.src_valid_mark | \
		ipv4.proxy_arp | ipv4.proxy_arp_pvlan | ipv4.arp_filter | ipv4.accept_local | ipv4.route_localnet | \
		ipv4.promote_secondaries) rule=or ;;
	ipv4.accept_source_route | ipv4.mc_forwarding | ipv4.bc_forwarding | ipv4.bootp_relay) rule=and ;;
	ipv4.accept_redirects)
		read_sysctl "net.ipv4.conf.$2.forwarding"
		[ "$value" = 1 ] && rule=and || rule=or
		;;
	esac
	value=$own
	case $rule in
	max) [ "$own" -ge "$all" ] || value=$all ;;
	or) [ "$own" != 0 ] || value=$all ;;
	and) [ "$all" != 0 ] || value=0 ;;
	esac
}

check_effective() {
	[ -e "/sys/class/net/$2" ] || return 0
	read_effective "$1" "$2" "$3"
	[ "$value" = "$4" ] ||
		fail "sysctl net.$1.conf.$2.$3 is in effect ${value:-missing}, not $4 (all: ${all:-missing}, the interface alone: ${own:-missing})"
}

check_sysctl() {
	key=$1 wanted=$2
	family=${key#net.}
	family=${family%%.*}
	setting=${key##*.}
	scope=${key#"net.$family.conf."}
	scope=${scope%%.*}
	case $key in
	net.ipv[46].conf.all.*)
		while IFS=$TAB read -r _ name kind; do
			[ "$kind" != lab ] || check_effective "$family" "$name" "$setting" "$wanted"
		done <"$NODE/interfaces.tsv"
		;;
	net.ipv[46].conf.default.*) ;;
	net.ipv[46].conf.*)
		check_effective "$family" "$scope" "$setting" "$wanted"
		return
		;;
	esac
	read_sysctl "$key"
	[ "$value" = "$wanted" ] || fail "sysctl $key is ${value:-missing}, not $wanted"
}

check_sysctls() {
	[ -e "$NODE/sysctl.tsv" ] || return 0
	while IFS=$TAB read -r key wanted; do
		check_sysctl "$key" "$wanted"
	done <"$NODE/sysctl.tsv"
}

# --- files ------------------------------------------------------------------------------------------------------------

# In place: in a container /etc/hosts and /etc/resolv.conf are mounts, which cannot be replaced.
write_in_place() {
	[ -e "$1" ] && cmp -s "$1" "$2" && return
	cat "$1" >"$2" || fail "$2 cannot be written"
}

write_files() {
	[ ! -e "$LAB/hosts" ] || write_in_place "$LAB/hosts" /etc/hosts
	if [ -e "$NODE/resolv.conf" ]; then
		write_in_place "$NODE/resolv.conf" /etc/resolv.conf
	else
		: >/etc/resolv.conf || fail '/etc/resolv.conf cannot be written'
	fi
	[ -e "$NODE/files.tsv" ] || return 0
	while IFS=$TAB read -r source mode path; do
		install -D -m "$mode" -- "$NODE/files/$source" "$path" || fail "file $path cannot be written"
	done <"$NODE/files.tsv"
}

# --- the main process -------------------------------------------------------------------------------------------------

# Only reading the credentials needs it (keys of mode 0600 that belong to whoever compiled the lab); what runs after that
# goes without, and by no_new_privs cannot get it back although it runs as root.
drop_override() {
	while read -r field permitted; do
		[ "$field" != CapPrm: ] || break
	done </proc/self/status
	permitted=$((0x$permitted))
	[ $((permitted & 2)) -ne 0 ] || return 0
	kept=$(capsh --decode="$(printf '%x' $((permitted & ~2)))")
	exec capsh --no-new-privs --caps="${kept#*=}=ep" --shell=/bin/sh -- "$LAB/node.sh" start
}

start() {
	if [ -z "${NETDSL_PREPARED-}" ]; then
		rm -rf "${STATE:?}"/*
		mkdir -p "$STATE/daemon" "$STATE/tunnel" "$STATE/up" || fail "$STATE cannot be made"
		[ ! -e "$LASTING/started" ] || : >"$STATE/again"
		[ ! -d "$CREDENTIALS" ] || copy_credentials
		export NETDSL_PREPARED=1
		drop_override
	fi
	unset NETDSL_PREPARED
	trap 'end_daemons; release_interfaces; exit 0' TERM INT
	read_clock
	echo "$uptime" >"$STATE/since"
	echo $$ >"$STATE/pid"
	write_files
	configure_network
	check_sysctls
	read_environment
	start_services
	start_ipsec
	start_runs
	mkdir -p "$LASTING" && : >"$LASTING/started"
	: >"$STATE/configured"
	say 'configured'
	while :; do
		tend_tunnels
		sleep "$pause" &
		sleeping=$!
		wait "$sleeping"
	done
}

# TERM to all daemons; what is still there after 0.6 s is killed.
end_daemons() {
	trap '' TERM INT
	for file in "$STATE"/daemon/*; do
		[ -e "$file" ] || continue
		read -r pid _ <"$file"
		kill "$pid" 2>/dev/null
	done
	[ -z "${sleeping-}" ] || kill "$sleeping" 2>/dev/null
	for file in "$STATE"/daemon/*; do
		[ -e "$file" ] || continue
		read -r pid _ <"$file"
		rounds=12
		while kill -0 "$pid" 2>/dev/null && [ "$rounds" -gt 0 ]; do
			rounds=$((rounds - 1))
			sleep 0.05
		done
		kill -KILL "$pid" 2>/dev/null
	done
	rm -f "$STATE/configured"
}

# The kernel takes its time with the network namespace of a container that has ended, and until then a new one with the
# same MAC addresses is refused ("address already in use"). Where an interface cannot be deleted (a real one) it stays.
release_interfaces() {
	[ -e "$NODE/interfaces.tsv" ] || return 0
	while IFS=$TAB read -r _ name _; do
		echo "link delete dev $name"
	done <"$NODE/interfaces.tsv" | ip -force -batch - >/dev/null 2>&1
}

# ready [SECONDS]: waits for it that long. To wait in here costs nearly nothing; to be asked again and again by an engine, a
# whole processor for a few nodes.
ready() {
	rounds=$((${1:-0} * 10))
	while [ "$rounds" -gt 0 ] && [ ! -e "$STATE/failed" ] && ! is_ready >/dev/null; do
		rounds=$((rounds - 1))
		sleep 0.1
	done
	is_ready
}

# Says on stdout what is missing.
is_ready() {
	if [ -e "$STATE/failed" ]; then
		read -r reason <"$STATE/failed"
		echo "$reason"
		return 1
	fi
	[ -e "$STATE/configured" ] || {
		echo 'still starting'
		return 1
	}
	for file in "$STATE"/daemon/*; do
		[ -e "$file" ] || continue
		read -r pid what <"$file"
		kill -0 "$pid" 2>/dev/null || {
			echo "$what has ended"
			return 1
		}
	done
	tunnels_ready
}

status() {
	if reason=$(is_ready); then printf 'node\tready\n'; else printf 'node\t%s\n' "$reason"; fi
	ip -brief address show | while read -r name state addresses; do
		printf 'interface\t%s\t%s\t%s\n' "${name%@*}" "$state" "$addresses"
	done
	for file in "$STATE"/daemon/*; do
		[ -e "$file" ] || continue
		read -r pid what <"$file"
		kill -0 "$pid" 2>/dev/null && state=running || state=ended
		printf 'daemon\t%s\t%s\n' "$what" "$state"
	done
	tunnel_status
}

stop() {
	{ read -r pid <"$STATE/pid"; } 2>/dev/null || return 0
	kill "$pid" 2>/dev/null || return 0
	rounds=20
	while kill -0 "$pid" 2>/dev/null && [ "$rounds" -gt 0 ]; do
		rounds=$((rounds - 1))
		sleep 0.05
	done
}

case ${1-} in
start | status | stop) "$1" ;;
ready) ready "${2-0}" ;;
up | down) "hold_$1" "${2:?which tunnel}" ;;
*)
	echo "usage: $0 start|ready [SECONDS]|status|stop|up TUNNEL|down TUNNEL" >&2
	exit 2
	;;
esac
