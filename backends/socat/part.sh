# shellcheck shell=sh
# The part `socat`: web servers with TLS, and services that say their name and echo.

# socat_serve KIND NAME PORT. No word of the lab but the port gets into an address of socat's, which has a syntax of its own.
socat_serve() {
	export NETDSL_KIND="$1" NETDSL_SERVICE="$2"
	cd "$LAB/socat" || exit 1
	case $1 in
	https)
		web_folder "$2"
		export NETDSL_FOLDER="$folder"
		own=$STATE/credentials/serve/netdsl-services
		become socat "OPENSSL-LISTEN:$3,pf=ip6,ipv6only=0,reuseaddr,fork,verify=0,cert=$own.pem,key=$own.key" 'EXEC:/bin/sh answer.sh'
		;;
	tcp) become socat "TCP6-LISTEN:$3,ipv6only=0,reuseaddr,fork" 'EXEC:/bin/sh answer.sh' ;;
	udp) become socat "UDP6-RECVFROM:$3,ipv6only=0,reuseaddr,fork" 'EXEC:/bin/sh answer.sh' ;;
	esac
}

# socat_credentials KIND PORT
socat_credentials() { [ "$1" != https ] || echo serve/; }

# socat answers a datagram from the address that routing chooses. Where a node has several of a family, a socket of its own for
# each makes that the address which was asked, also for those that a tunnel gives it later.
socat_start() {
	socat_note_addresses "$STATE/now" "$STATE/now"
	socat_serve_addresses || fail "$reason"
}

# socat_served FROM TO: these sockets follow the node's addresses, its services and their environment.
socat_served() {
	differs "$1" "$2" addresses.batch services.tsv env || return 0
	socat_note_addresses "$1" "$2"
	socat_wanted >"$STATE/change/socat.wanted"
	for daemon in "$STATE"/daemon/udp-*-*; do
		[ -e "$daemon" ] || continue
		read -r _ what <"$daemon"
		! differs "$1" "$2" env && grep -Fxqe "$what" "$STATE/change/socat.wanted" || end_daemon "${daemon##*/}"
	done
	socat_serve_addresses
}

# socat_note_addresses FROM TO: those that the node is to have, whatever of them is there in the middle of a change: TO's data,
# what else it has (parts give it some), and what tunnels give it later.
socat_note_addresses() {
	cat "$1/node/addresses.batch" "$2/node/addresses.batch" 2>/dev/null | cut -d ' ' -f 3 >"$STATE/change/socat.data"
	{
		[ ! -e "$2/node/addresses.batch" ] || cut -d ' ' -f 3 "$2/node/addresses.batch"
		ip -o address show scope global | while read -r _ _ _ address _; do printf '%s\n' "$address"; done |
			grep -Fxvf "$STATE/change/socat.data"
		[ ! -e "$NODE/socat-later.tsv" ] || cut -f 2 "$NODE/socat-later.tsv"
	} | grep -v '^fe80:' | sed 's,/.*,,' | sort -u >"$STATE/change/socat.addresses"
}

# What these daemons are called.
socat_wanted() {
	for family in : '[.]'; do
		[ "$(grep -c "$family" "$STATE/change/socat.addresses")" -gt 1 ] || continue
		while IFS=$TAB read -r kind name _ port _; do
			[ "$kind" != udp ] || grep "$family" "$STATE/change/socat.addresses" | sed "s|^|service udp $name udp/$port at |"
		done <"$NODE/services.tsv"
	done
}

# Those that do not run. Waits until all of these sockets are bound; sets $reason and returns 1 where they are not.
socat_serve_addresses() {
	socat_wanted >"$STATE/change/socat.wanted"
	while read -r service kind name of at address; do
		port=${of#udp/}
		[ ! -e "$STATE/daemon/udp-$port-$address" ] || continue
		case $address in *:*) family=6 bound="[$address]" ;; *) family=4 bound=$address ;; esac
		(
			export NETDSL_KIND=udp NETDSL_SERVICE="$name"
			cd "$LAB/socat" && become socat "UDP$family-RECVFROM:$port,bind=$bound,freebind,reuseaddr,fork" 'EXEC:/bin/sh answer.sh'
		) </dev/null &
		keep_daemon $! "udp-$port-$address" "$service $kind $name $of $at $address"
	done <"$STATE/change/socat.wanted"
	while read -r _ _ name of _ address; do
		rounds=60
		until socat_is_bound "$of" "$address"; do
			rounds=$((rounds - 1))
			reason="service $name does not listen on $of at each address"
			[ "$rounds" -gt 0 ] || return
			sleep 0.05
		done
	done <"$STATE/change/socat.wanted"
}

# socat_is_bound udp/PORT ADDRESS: all of the port's sockets of this family are. The one for all addresses is IPv6's.
socat_is_bound() {
	case $2 in
	*:*) table=/proc/net/udp6 sockets=$(($(grep -c " $1 at .*:" "$STATE/change/socat.wanted") + 1)) ;;
	*) table=/proc/net/udp sockets=$(grep -c " $1 at [0-9.]*\$" "$STATE/change/socat.wanted") ;;
	esac
	[ "$(grep -c "^ *[0-9]*: [0-9A-F]*:$(printf %04X "${1#udp/}") " "$table")" -ge "$sockets" ]
}
