# shellcheck shell=sh
# For node.sh: sysctls, which the envelope applies, read back as they are in effect.

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
