# shellcheck shell=sh
# For node.sh, and for programs of parts: the tunnels of all parts, in `tunnels.tsv`. The state of a child is in $STATE/tunnel/CHILD:
# `up`; `once`: was up; `since`: when it last went down; `held`: down by hand; `last`: why the last attempt failed.

# Calls wait for one another, so that rules, routes and what `status` says change together.
lock_tunnels() {
	exec 9>"$STATE/tunnels.lock"
	flock 9
}

prepare_tunnels() {
	[ -e "$NODE/tunnels.tsv" ] || return 0
	while IFS=$TAB read -r _ _ child _; do
		mkdir -p "$STATE/tunnel/$child"
		echo "$uptime" >"$STATE/tunnel/$child/since"
	done <"$NODE/tunnels.tsv"
}

# turn_child CHILD up|down: says that a child came or went; whoever calls has locked the tunnels. As often as one likes.
turn_child() {
	place=$STATE/tunnel/$1
	if [ "$2" = up ]; then
		: >"$place/up"
	else
		rm -f "$place/up"
		read_clock
		echo "$uptime" >"$place/since"
	fi
	while IFS=$TAB read -r tunnel _ child _ _ _ _ _ piece _; do
		[ "$child" = "$1" ] || continue
		settle "$tunnel"
		set -- "$1" "$2" "$NODE/while/$piece".*
		[ ! -e "$3" ] || settle "$piece"
	done <"$NODE/tunnels.tsv"
	[ "$2" = down ] || : >"$place/once" # ready, now that all of it holds
}

# Tunnel (or, of a tunnel, child) $1: a tunnel is up while every child of it is; a child, while it is on every connection.
settle() {
	now=up
	while IFS=$TAB read -r owner _ member _ _ _ _ _ detail _; do
		[ "$owner" = "$1" ] || [ "$detail" = "$1" ] || continue
		[ -e "$STATE/tunnel/$member/up" ] || now=down
	done <"$NODE/tunnels.tsv"
	if [ -e "$STATE/up/$1" ]; then before=up; else before=down; fi
	[ "$now" != "$before" ] || return 0
	each_part tunnel "$1" "$now"
	if [ "$now" = up ]; then : >"$STATE/up/$1"; else rm -f "$STATE/up/$1"; fi
	echo "tunnel $1 is $now"
}

# change_tunnels FROM TO: the state of those that came or went; whoever calls has locked them. $NODE is TO already.
change_tunnels() {
	differs "$1" "$2" tunnels.tsv || return 0
	read_clock
	echo "$uptime" >"$STATE/since"
	for place in "$STATE"/tunnel/*; do
		cut -f 3 "$NODE/tunnels.tsv" | grep -Fxq "${place##*/}" || rm -rf "$place"
	done
	for place in "$STATE"/up/*; do
		cut -f 1,9 "$NODE/tunnels.tsv" | tr '\t' '\n' | grep -Fxq "${place##*/}" || rm -f "$place"
	done
	while IFS=$TAB read -r tunnel _ child _ _ _ _ _ piece _; do
		if [ ! -d "$STATE/tunnel/$child" ]; then
			mkdir -p "$STATE/tunnel/$child"
			echo "$uptime" >"$STATE/tunnel/$child/since"
		fi
		settle "$tunnel"
		set -- "$NODE/while/$piece".*
		[ ! -e "$1" ] || settle "$piece"
	done <"$NODE/tunnels.tsv"
}

tunnels_ready() {
	[ -e "$NODE/tunnels.tsv" ] || return 0
	read_clock
	read -r began <"$STATE/since"
	while IFS=$TAB read -r tunnel _ child _ _ _ _ needed _; do
		[ ! -e "$STATE/tunnel/$child/once" ] || continue
		case $needed in
		may) [ $((uptime - began)) -lt 2000 ] || continue ;;
		must) ;;
		*) continue ;;
		esac
		last=
		[ ! -e "$STATE/tunnel/$child/last" ] || read -r last <"$STATE/tunnel/$child/last"
		echo "tunnel $tunnel: $child is not up${last:+: $last}"
		return 1
	done <"$NODE/tunnels.tsv"
}

tunnel_status() {
	[ -e "$NODE/tunnels.tsv" ] || return 0
	# A tunnel that is just coming or going has not got its rules and routes yet: the answer waits until it has.
	exec 9>"$STATE/tunnels.lock"
	flock -s -w 30 9 || :
	while IFS=$TAB read -r tunnel _ child start _ _ _ _ _ part; do
		if [ -e "$STATE/tunnel/$child/up" ]; then state=up; else state=down; fi
		space=- # not known before it has started
		[ ! -e "$STATE/space/$part" ] || read -r space <"$STATE/space/$part"
		printf 'tunnel\t%s\t%s\t%s\t%s\t%s\n' "$tunnel" "$child" "$state" "$start" "$space"
	done <"$NODE/tunnels.tsv"
}

# hold up|down NAME: by hand, a tunnel or one child. `down` keeps it down until `up`.
hold() {
	[ -e "$NODE/tunnels.tsv" ] || return 1
	found=1
	while IFS=$TAB read -r tunnel connection child start _ _ _ _ _ part; do
		[ "$tunnel" = "$2" ] || [ "$child" = "$2" ] || continue
		[ -d "$STATE/tunnel/$child" ] || return 1 # not started
		found=0
		if [ "$1" = down ]; then
			: >"$STATE/tunnel/$child/held"
		else
			rm -f "$STATE/tunnel/$child/held"
			read_clock
			echo "$uptime" >"$STATE/tunnel/$child/since"
		fi
		"${part}_$1" "$child" "$connection" "$start" </dev/null
	done <"$NODE/tunnels.tsv"
	return "$found"
}
