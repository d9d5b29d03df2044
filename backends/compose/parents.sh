#!/bin/sh
# parents.sh up|down: the devices that macvlan and ipvlan networks sit on.
#
# Where the kernel has the dummy device, the engine makes one for each network by itself and `up` does nothing. Where it has
# none (some small kernels), `up` makes an ifb device for each network, in the engine's host, and writes their names into
# .env, where compose.yaml looks for them. `down` takes both away. A NETDSL_PARENT_… that is set in the environment or in .env
# is the user's own device and is left alone.
set -eu
cd -- "$(dirname -- "$0")"
TAB='	'
image=@IMAGE@
MINE='^NETDSL_PARENT_[A-Z0-9_]*=nd[0-9a-f]\{10\}$'

say_usage() {
	echo "usage: ${0##*/} up|down" >&2
	exit 2
}

# make_image: netdsl's own, with Debian's iproute2. No image of the lab has a program in the host's network.
make_image() {
	docker image inspect "$image" >/dev/null 2>&1 </dev/null || docker build --quiet --tag "$image" - >&2 <<'END'
@DOCKERFILE@
END
}

# in_host SCRIPT: runs with this one's input, in the network of the engine's host, with no right but this one. The container
# is labelled as an orphan of the project: where this script is killed, the next `docker compose down --remove-orphans` takes
# it away.
in_host() {
	make_image
	project=${COMPOSE_PROJECT_NAME:-$(sed -n 's/^name: "\{0,1\}\([a-z0-9_-]*\).*/\1/p' compose.yaml | head -n 1)}
	docker run --rm -i --network host @CONFINED@ --cap-add NET_ADMIN \
		--label com.docker.compose.project="$project" @LABELS@ --entrypoint sh "$image" -c "$1"
}

# The networks whose parent is ours to make.
table() {
	while IFS=$TAB read -r variable device _; do
		is_users "$variable" || printf '%s=%s\n' "$variable" "$device"
	done <parents.tsv
}

# is_users VARIABLE: whether the user has set it.
is_users() { printenv "$1" >/dev/null || others | grep -q "^$1="; }

# The lines of .env that are ours, and the user's.
ours() { grep -s "$MINE" .env || :; }
others() { grep -sv "$MINE" .env || :; }

# keep: .env with what is read, at once and with the mode that it has; without any line there is none.
keep() {
	part=.netdsl-part-env
	! [ -e .env ] || cp -p .env "$part"
	cat >"$part"
	if [ -s "$part" ]; then mv -f "$part" .env; else rm -f "$part" .env; fi
}

# put TEXT…: the texts that are not empty, each with a line's end.
put() {
	for text; do
		[ -z "$text" ] || printf '%s\n' "$text"
	done
}

# .env is written before the devices are made, and its lines stay until they are gone, so that `down` finds whatever an `up`
# or a `down` that was killed has left. `up` deletes the devices that another version of the lab has made and this one has not.
up() {
	wanted=$(table)
	old='' under='' # devices to delete; those under a network for which the user has named another one since
	for line in $(ours | if [ -n "$wanted" ]; then grep -vxF "$wanted"; else cat; fi); do
		if is_users "${line%%=*}"; then
			under=$(put "$under" "$line")
		else
			old=$(put "$old" "$line")
		fi
	done
	[ -n "$wanted$old" ] || return 0
	rest=$(put "$under" "$(others)") # the user's come after ours: the last counts
	put "$old" "$rest" "$wanted" | keep
	# shellcheck disable=SC2016 # expanded by the shell in the container
	made=$({ put "$old" | sed 's/^/old /'; put "$wanted" | sed 's/^/new /'; } | in_host '
		makes=yes made=
		if ip link add ndprobe type dummy 2>/dev/null; then ip link delete ndprobe; makes=; fi
		while IFS="=" read -r line device; do
			case $line in
			old*) [ ! -e "/sys/class/net/$device" ] || ip link delete "$device" || exit 1 ;;
			new*)
				[ -n "$makes" ] || continue
				[ -e "/sys/class/net/$device" ] || ip link add "$device" type ifb || exit 1
				ip link set "$device" up || exit 1
				made=yes
				;;
			esac
		done
		echo "$made"')
	if [ -z "$made" ]; then
		put "$rest" | keep
	elif [ -n "$old" ]; then
		put "$rest" "$wanted" | keep
	fi
}

forget() {
	lines=$(others)
	printf '%s' "${lines:+$lines
}" | keep
}

down() {
	if grep -qs "$MINE" .env; then
		# shellcheck disable=SC2016
		ours | in_host '
			while IFS="=" read -r _ device; do
				[ ! -e "/sys/class/net/$device" ] || ip link delete "$device"
			done'
		forget
	fi
}

case ${1-} in
up | down) "$1" ;;
*) say_usage ;;
esac
