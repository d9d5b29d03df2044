# shellcheck shell=sh
# The part `nftables`: the packet filter, and what changes in it with a tunnel.

nftables_filter() {
	[ ! -e "$LAB/nftables/guard.nft" ] || nft -f "$LAB/nftables/guard.nft" || fail 'guard.nft is refused'
	[ ! -e "$NODE/filter.nft" ] || nft -f "$NODE/filter.nft" || fail 'the packet filter is refused'
}

# nftables_tunnel NAME up|down: what the rules of this tunnel cover is forgotten, so that flows that already run are judged anew.
nftables_tunnel() {
	[ ! -e "$NODE/while/$1.$2.nft" ] || nft -f "$NODE/while/$1.$2.nft"
	[ -e "$NODE/while/$1.conntrack" ] || return 0
	while IFS=$TAB read -r family protocol source destination port; do
		set -- -D -f "$family"
		[ "$protocol" = - ] || set -- "$@" -p "$protocol"
		[ "$source" = - ] || set -- "$@" -s "$source"
		[ "$destination" = - ] || set -- "$@" -d "$destination"
		[ "$port" = - ] || set -- "$@" --dport "$port"
		conntrack "$@" >/dev/null 2>&1
	done <"$NODE/while/$1.conntrack"
	return 0
}

# nftables_load FOLDER: the filter of these data as it is with the tunnels that are up, in one transaction. Sets $reason and
# returns 1.
nftables_load() {
	{
		[ ! -e "$1/node/filter.nft" ] || cat "$1/node/filter.nft"
		for nftables_name in "$STATE"/up/*; do
			nftables_name=$1/node/while/${nftables_name##*/}.up.nft
			[ ! -e "$nftables_name" ] || cat "$nftables_name"
		done
	} | nft -f - 2>"$STATE/change/log" || {
		IFS= read -r reason <"$STATE/change/log"
		reason="the packet filter is refused: $reason"
		return 1
	}
}

nftables_is_same() {
	! differs "$1" "$2" filter.nft && diff -rqN "$1/node/while" "$2/node/while" >/dev/null 2>&1
}

nftables_change() { nftables_is_same "$1" "$2" || nftables_load "$2"; }

# Once more: what has come up and gone down meanwhile did so by the rules that were.
nftables_enter() { nftables_is_same "$1" "$2" || (lock_tunnels && nftables_load "$2") || say "$reason"; }
