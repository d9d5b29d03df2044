#!/bin/sh
# Called by charon for every pair of selectors of a child that comes or goes (never for rekeying). Counts them, because
# reauthentication builds the new one before it deletes the old, and puts the rules that hold `while` a tunnel is up in
# place or away. Charon waits for it.
set -u
LAB=${0%/*}
NODE=${LAB%/*}/node
STATE=${NETDSL_STATE:-/run/netdsl}
TAB='	'

# What the rules of tunnel $1 cover is forgotten, so that flows that already run are judged anew.
forget_flows() {
	[ -e "$NODE/while/$1.conntrack" ] || return 0
	while IFS=$TAB read -r family protocol source destination port; do
		set -- -D -f "$family"
		[ "$protocol" = - ] || set -- "$@" -p "$protocol"
		[ "$source" = - ] || set -- "$@" -s "$source"
		[ "$destination" = - ] || set -- "$@" -d "$destination"
		[ "$port" = - ] || set -- "$@" --dport "$port"
		conntrack "$@" >/dev/null 2>&1
	done <"$NODE/while/$1.conntrack"
}

# Tunnel (or, of a tunnel, child) $1: a tunnel is up while every child of it is; a child, while it is on every connection.
settle() {
	now=up
	while IFS=$TAB read -r name _ child _ _ _ _ _ part; do
		[ "$name" = "$1" ] || [ "$part" = "$1" ] || continue
		[ -e "$STATE/tunnel/$child/up" ] || now=down
	done <"$NODE/tunnels.tsv"
	if [ -e "$STATE/up/$1" ]; then before=up; else before=down; fi
	[ "$now" != "$before" ] || return 0
	[ ! -e "$NODE/while/$1.$now.nft" ] || nft -f "$NODE/while/$1.$now.nft"
	forget_flows "$1"
	if [ "$now" = up ]; then : >"$STATE/up/$1"; else rm -f "$STATE/up/$1"; fi
	echo "tunnel $1 is $now"
}

case ${PLUTO_VERB-} in
up-*) step=1 ;;
down-*) step=-1 ;;
*) exit 0 ;;
esac
place=$STATE/tunnel/$PLUTO_CONNECTION
[ -d "$place" ] || exit 0
exec 9>"$STATE/updown.lock"
flock 9
read -r count <"$place/count"
count=$((count + step))
[ "$count" -ge 0 ] || count=0
echo "$count" >"$place/count"
if [ "$count" -gt 0 ]; then
	: >"$place/up"
	: >"$place/once"
else
	rm -f "$place/up"
	read -r uptime _ </proc/uptime
	echo "${uptime%.*}${uptime#*.}" >"$place/since"
fi
while IFS=$TAB read -r tunnel _ child _ _ _ _ _ piece; do
	[ "$child" = "$PLUTO_CONNECTION" ] || continue
	settle "$tunnel"
	[ ! -e "$NODE/while/$piece.up.nft" ] || settle "$piece"
done <"$NODE/tunnels.tsv"
