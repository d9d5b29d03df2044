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
