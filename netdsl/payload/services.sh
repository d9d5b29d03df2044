# shellcheck shell=sh
# For node.sh: services, commands and their environment.

# keep_daemon PID NAME WHAT…: noted for `ready`, `status` and the end.
keep_daemon() {
	pid=$1 kept=$2
	shift 2
	rm -f "$STATE/ended/daemon/$kept"
	printf '%s %s\n' "$pid" "$*" >"$STATE/daemon/$kept"
}

# await_daemon WHAT WHY CONDITION…: five seconds at most, and as long as the daemon noted last is there. Sets $reason (WHAT: WHY) and
# returns 1 where the condition does not come to hold.
await_daemon() {
	reason="$1: $2"
	shift 2
	rounds=100
	until "$@"; do
		rounds=$((rounds - 1))
		[ "$rounds" -gt 0 ] && kill -0 "$pid" 2>/dev/null || return 1
		sleep 0.05
	done
}

# has_tun WHAT: for a daemon that carries packets. Sets $reason and returns 1 where it cannot.
has_tun() {
	reason="$1: this kernel has no such device, and there is no /dev/net/tun for one in user space"
	[ -c /dev/net/tun ]
}

# Sets $folder: what web server $1 shows, nothing but its name.
web_folder() {
	folder=$STATE/www/$1
	mkdir -p "$folder" && printf '%s\n' "$1" >"$folder/index.html"
}

# is_listening PROTOCOL PORT: by the kernel's own tables, without a process.
is_listening() {
	hexadecimal=$(printf '%04X' "$2")
	for table in "/proc/net/$1" "/proc/net/${1}6"; do
		[ -e "$table" ] || continue
		while read -r _ local _ state _; do
			case $1/$local/$state in
			tcp/*:"$hexadecimal"/0A | udp/*:"$hexadecimal"/*) return 0 ;;
			esac
		done <"$table"
	done
	return 1
}

# await_listening PROTOCOL PORT: three seconds at most.
await_listening() {
	rounds=60
	until is_listening "$1" "$2"; do
		rounds=$((rounds - 1))
		[ "$rounds" -gt 0 ] || return
		sleep 0.05
	done
}

start_services() {
	[ -e "$NODE/services.tsv" ] || return 0
	while IFS=$TAB read -r kind name protocol port part; do
		"${part}_serve" "$kind" "$name" "$port" </dev/null &
		keep_daemon $! "$protocol-$port" "service $kind $name $protocol/$port"
	done <"$NODE/services.tsv"
	while IFS=$TAB read -r kind name protocol port _; do
		await_listening "$protocol" "$port" || fail "service $name does not listen on $protocol/$port"
	done <"$NODE/services.tsv"
}

# become PROGRAM ARGUMENT…: in place of this shell, with the rights and the environment of the lab. This is the only way for it
# into a process: as variables of the script its names would be the script's (NODE, PATH, IFS, LD_PRELOAD). None begins with
# `NETDSL_`. The rights are given up first: a library of the lab (LD_PRELOAD) is loaded without them.
become() {
	program=$(command -v -- "$1") || { # not by a PATH of the lab
		say "there is no program $1"
		exit 127
	}
	shift
	set -- "$program" "$@"
	if [ -e "$NODE/env" ]; then
		while IFS= read -r assignment; do
			set -- "$assignment" "$@"
		done <"$NODE/env"
	fi
	own_rights "$(command -v env)" -- "$@"
}

# run_command FILE: one argument per line.
run_command() {
	number=${1##*/}
	set --
	while IFS= read -r argument; do
		set -- "$@" "$argument"
	done <"$NODE/run/$number"
	become "$@" </dev/null
}

start_runs() {
	for file in "$NODE"/run/*; do
		[ -e "$file" ] || continue
		run_command "$file" &
		echo "$! run ${file##*/}" >"$STATE/run/${file##*/}"
	done
}
