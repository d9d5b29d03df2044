#!/bin/sh
# The inside of a node: its interfaces, filter, addresses, routes, files, services and the parts that it has, from data files only.
# The contract of every file, and of the verbs below, is README.md beside this script.
set -u

case $0 in */*) LAB=${0%/*} ;; *) LAB=. ;; esac
LAB=$(cd "$LAB" && pwd)
GIVEN=${LAB%/*}/node
CREDENTIALS=${LAB%/*}/credentials
STATE=${NETDSL_STATE:-/run/netdsl}
NODE=$STATE/now/node # a copy: what the envelope gives may be another one already (`change`)
TAB='	'

say() { printf 'netdsl: %s\n' "$*" >&2; }

# Ends the main process: the reason is in the log, and in `failed` for `ready` and `status`.
fail() {
	say "not ready: $*"
	[ ! -d "$STATE" ] || printf '%s\n' "$*" >"$STATE/failed"
	end_daemons
	exit 1
}

# run BATCH WHAT: an `ip -batch` file, where there is one.
apply_batch() {
	[ -e "$1" ] || return 0
	ip -batch "$1" || fail "$2 cannot be applied"
}

# shellcheck source=netdsl/payload/network.sh
. "$LAB/network.sh"
# shellcheck source=netdsl/payload/sysctls.sh
. "$LAB/sysctls.sh"
# shellcheck source=netdsl/payload/rights.sh
. "$LAB/rights.sh"
# shellcheck source=netdsl/payload/services.sh
. "$LAB/services.sh"
# shellcheck source=netdsl/payload/wellness.sh
. "$LAB/wellness.sh"
# shellcheck source=netdsl/payload/tunnels.sh
. "$LAB/tunnels.sh"
# shellcheck source=netdsl/payload/files.sh
. "$LAB/files.sh"
# shellcheck source=netdsl/payload/changes.sh
. "$LAB/changes.sh"
# shellcheck source=netdsl/payload/network-changes.sh
. "$LAB/network-changes.sh"
# shellcheck source=netdsl/payload/parts.sh
. "$LAB/parts.sh"

# --- the main process -------------------------------------------------------------------------------------------------

copy_credentials() {
	lay_credentials "$STATE/data/1" && mv "$STATE/data/1/credentials" "$STATE" && return
	fail 'the credentials cannot be read (their owner is another one, and DAC_OVERRIDE is missing)'
}

# Only reading the credentials needs it (keys of mode 0600 that belong to whoever compiled the lab), or the lab asks for it.
drop_override() {
	! grep -qsw cap_dac_override "$NODE/capabilities" || return 0
	while read -r field permitted; do
		[ "$field" != CapPrm: ] || break
	done </proc/self/status
	permitted=$((0x$permitted))
	[ $((permitted & 2)) -ne 0 ] || return 0
	kept=$(capsh --decode="$(printf '%x' $((permitted & ~2)))")
	export NETDSL_STAGE=prepared
	with_rights "${kept#*=}" /bin/sh "$LAB/node.sh" start
}

# wake_in TENTHS: for `tend`, which is called again in so many tenths of a second at the latest.
wake_in() { [ "${pause:-$1}" -lt "$1" ] || pause=$1; }

prepare() {
	rm -rf "${STATE:?}"/*
	mkdir -p "$STATE/daemon" "$STATE/tunnel" "$STATE/up" "$STATE/space" "$STATE/run" "$STATE/change" "$STATE/ended/daemon" \
		"$STATE/ended/run" || fail "$STATE cannot be made"
	lay_data "$STATE/data/1" || fail 'the data of the node cannot be copied'
	ln -s data/1 "$STATE/now"
	(cd "${LAB%/*}" && sha256sum -- lab/*.sh lab/*/*) >"$STATE/shared.sums"
	[ ! -d "$CREDENTIALS" ] || copy_credentials
	drop_override
}

configure() {
	echo "$uptime" >"$STATE/since"
	echo $$ >"$STATE/pid"
	write_names
	write_files
	configure_network
	check_sysctls
}

# In one or two stages: with credentials this script begins again, as the same process.
start() {
	stage=${NETDSL_STAGE-}
	unset NETDSL_STAGE
	[ -n "$stage" ] || prepare
	load_parts
	trap 'end_daemons; release_interfaces; exit 0' TERM INT
	trap : USR1 # of `change`
	read_clock
	configure
	start_services
	prepare_tunnels
	each_part start
	start_runs
	: >"$STATE/configured"
	say 'configured'
	while :; do
		pause=
		each_part tend
		[ -z "$pause" ] || pause=$((pause / 10)).$((pause % 10))
		sleep "${pause:-infinity}" &
		sleeping=$!
		await_end "$sleeping" is_change_due
		kill "$sleeping" 2>/dev/null
		take_change
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

# ready [SECONDS]: waits for it that long. To wait in here costs little; to be asked again and again by an engine, a whole
# processor for a few nodes. A look each tenth of a second costs a hundredth of a processor, and where hundreds of nodes
# start at once all that there are: the pauses grow to a second, each an eighth of what has passed. It does not come any
# more where 3 is returned. A node that was ready has to be well, too.
ready() {
	tenths=$((${1:-0} * 10)) passed=0
	until is_ready >/dev/null; do
		if [ $? -eq 3 ] || [ "$passed" -ge "$tenths" ]; then break; fi
		longer=$((passed / 8 + 1))
		[ "$longer" -le 10 ] || longer=10
		passed=$((passed + longer))
		sleep "$((longer / 10)).$((longer % 10))"
	done
	is_ready || return
	if [ -e "$STATE/was-ready" ]; then
		is_well || return 3
	else
		: >"$STATE/was-ready"
	fi
}

is_well() {
	find_ills
	[ -n "$ill" ] || return 0
	echo "$ill"
	return 1
}

# Says on stdout what is missing. Returns 3 where it will not come by itself.
is_ready() {
	if [ -e "$STATE/failed" ]; then
		read -r reason <"$STATE/failed"
		echo "$reason"
		return 3
	fi
	[ -e "$STATE/configured" ] || {
		echo 'still starting'
		return 1
	}
	for file in "$STATE"/daemon/*; do
		[ -e "$file" ] || continue
		has_ended "daemon/${file##*/}" || continue
		if [ "$end" = - ]; then end=; else end=" with status $end"; fi
		echo "$what has ended$end"
		case $what in service*) return 3 ;; *) return 1 ;; esac # a part may start what it keeps again
	done
	ports_ready && tunnels_ready && each_part ready
}

status() {
	if reason=$(is_ready && is_well); then printf 'node\tready\n'; else printf 'node\t%s\n' "$reason"; fi
	ip -brief address show | while read -r name state addresses; do
		printf 'interface\t%s\t%s\t%s\n' "${name%@*}" "$state" "$addresses"
	done
	wellness_status
	tunnel_status
	each_part status
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

[ "${1-}" = start ] || load_parts
case ${1-} in
exec)
	shift
	unset NETDSL_INTERFACES # the script's
	own_rights "$(command -v env)" -- "$@"
	;;
start | status | stop | running) "$1" ;;
change) change "${2-}" ;;
ready) ready "${2-0}" ;;
up | down) hold "$1" "${2:?which tunnel}" ;;
*)
	echo "usage: $0 start|ready [SECONDS]|status|running|change [SUM]|stop|up TUNNEL|down TUNNEL|exec COMMAND..." >&2
	exit 2
	;;
esac
