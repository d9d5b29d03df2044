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

# socat answers a datagram from the address that routing chooses. Where a node has several of a family, a socket of its own for
# each makes that the address which was asked, also for those that a tunnel gives it later.
socat_start() {
	for family in 4 6; do
		own=$(socat_addresses | sort -u)
		case $own in
		*"
"*) ;;
		*) continue ;;
		esac
		while IFS=$TAB read -r kind name _ port _; do
			[ "$kind" != udp ] || socat_serve_addresses "$name" "$port"
		done <"$NODE/services.tsv"
	done
}

# Of $family.
socat_addresses() {
	ip -o "-$family" address show scope global | while read -r _ _ _ address _; do printf '%s\n' "${address%/*}"; done
	[ -e "$NODE/socat-later.tsv" ] || return 0
	while IFS=$TAB read -r of address; do
		[ "$of" != "$family" ] || printf '%s\n' "$address"
	done <"$NODE/socat-later.tsv"
}

# socat_serve_addresses NAME PORT: at each address in $own, of $family. Waits until all of these sockets are bound.
socat_serve_addresses() {
	case $family in 4) table=/proc/net/udp sockets=0 ;; 6) table=/proc/net/udp6 sockets=1 ;; esac # the one for all is IPv6's
	for address in $own; do
		bound=$address
		[ "$family" = 4 ] || bound="[$address]"
		(
			export NETDSL_KIND=udp NETDSL_SERVICE="$1"
			cd "$LAB/socat" && become socat "UDP$family-RECVFROM:$2,bind=$bound,freebind,reuseaddr,fork" 'EXEC:/bin/sh answer.sh'
		) </dev/null &
		keep_daemon $! "udp-$2-$address" "service udp $1 udp/$2 at $address"
		sockets=$((sockets + 1))
	done
	rounds=60
	until [ "$(grep -c "^ *[0-9]*: [0-9A-F]*:$(printf %04X "$2") " "$table")" -ge "$sockets" ]; do
		rounds=$((rounds - 1))
		[ "$rounds" -gt 0 ] || fail "service $1 does not listen on udp/$2 at each address"
		sleep 0.05
	done
}
