# shellcheck shell=sh
# For node.sh: what has ended in a node that is up, and what it runs out of.

CONTROL_GROUP=/sys/fs/cgroup

# is_alive PID: a process that has ended, and that its parent has not waited for, still answers `kill -0`. It has no memory
# any more (proc_pid_statm, fs/proc/array.c). A shell reads byte by byte: `statm` has 20 of them, `stat` 300.
is_alive() {
	{ read -r size _ <"/proc/$1/statm"; } 2>/dev/null && [ "$size" != 0 ]
}

# has_ended FILE: whether what $STATE/FILE (`daemon/…`, `run/…`: a process and what it is) keeps runs no more. Sets $what, and
# $end: its exit status, `-` where it is not known.
has_ended() {
	read -r pid what <"$STATE/$1"
	end=-
	if [ -e "$STATE/ended/$1" ]; then
		read -r end <"$STATE/ended/$1" || end=- # it is being written
		return 0
	fi
	! is_alive "$pid"
}

# notice_ends: keeps and says how what has ended since has ended. In the main process, which is the parent of nearly all of it.
notice_ends() {
	for file in "$STATE"/daemon/* "$STATE"/run/*; do
		[ -e "$file" ] || continue
		file=${file#"$STATE/"}
		if [ -e "$STATE/ended/$file" ] || ! has_ended "$file"; then
			continue
		fi
		wait "$pid"
		end=$?
		case $file/$end in daemon/*/127) end=- ;; esac # of another parent, or no program; the log has which
		echo "$end" >"$STATE/ended/$file"
		say "$what has ended with status $end"
	done
}

# await_end PID CALLED-OFF: returns when the process has ended, or the command says that it is not waited for any more. Until then
# it notices what else ends: a trap on CHLD ends `wait` early, as USR1 does.
await_end() {
	trap 'has_stirred=1' CHLD USR1
	while is_alive "$1" && ! "$2"; do
		has_stirred=
		notice_ends
		[ -n "$has_stirred" ] || wait "$1"
	done
	trap - CHLD
}

# await_notice FILE: until the main process has noticed how it has ended, three seconds at most; CHLD ends its `wait`. It is
# busy while a part tends, and a signal that comes between its look and its `wait` ends none.
await_notice() {
	{ read -r main <"$STATE/pid"; } 2>/dev/null || return 0
	rounds=30
	while [ "$end" = - ] && [ "$rounds" -gt 0 ] && kill -CHLD "$main" 2>/dev/null; do
		rounds=$((rounds - 1))
		sleep 0.1
		has_ended "$1"
	done
}

# Sets $used, $limit (bytes) and $killed (processes of the node that the kernel has killed for want of memory): of the node's
# control group where that has a limit (version 2, or 1), else of the machine (/proc/meminfo).
read_memory() {
	group=$CONTROL_GROUP limit='' used=0 killed=0 idle=0
	if [ -e "$group/memory.max" ]; then
		read -r limit <"$group/memory.max"
		read -r used <"$group/memory.current"
		idle=$(($(value_of inactive_file "$group/memory.stat") + $(value_of active_file "$group/memory.stat")))
		killed=$(value_of oom_kill "$group/memory.events")
	elif [ -e "$group/memory/memory.limit_in_bytes" ]; then
		read -r limit <"$group/memory/memory.limit_in_bytes"
		read -r used <"$group/memory/memory.usage_in_bytes"
		idle=$(($(value_of total_inactive_file "$group/memory/memory.stat") + $(value_of total_active_file "$group/memory/memory.stat")))
		killed=$(value_of oom_kill "$group/memory/memory.oom_control")
	fi
	case $limit in '' | max | ????????????????*) # none: of version 1 a number near 2^63
		limit=$((1024 * $(value_of MemTotal: /proc/meminfo)))
		used=$((limit - 1024 * $(value_of MemAvailable: /proc/meminfo)))
		killed=$(own_kills)
		;;
	*) used=$((used - idle)) ;; # without files that are only cached: the kernel drops them when it wants their memory
	esac
}

# Of the group of the main process (version 2), which in a machine has no limit of its own. Kills elsewhere are not the node's.
own_kills() {
	{ read -r main <"$STATE/pid"; } 2>/dev/null && [ -e "/proc/$main/cgroup" ] || main=self
	while IFS=: read -r number _ path; do
		events=$CONTROL_GROUP${path%/}/memory.events
		if [ "$number" = 0 ] && [ -e "$events" ]; then
			value_of oom_kill "$events"
			return
		fi
	done <"/proc/$main/cgroup"
	echo 0
}

# value_of WORD FILE: the number behind a word, 0 where there is none.
value_of() {
	while read -r word value _; do
		if [ "$word" = "$1" ]; then
			echo "$value"
			return
		fi
	done <"$2"
	echo 0
}

# The file systems where a node writes, as `df` says it, each once.
disks() { df -Pk / /run /tmp 2>/dev/null | sort -u; }

# Sets $ill: what is not well although the node is ready, with `; ` between; nothing where all is.
find_ills() {
	ill=
	for file in "$STATE"/run/*; do
		if [ ! -e "$file" ] || ! has_ended "run/${file##*/}"; then continue; fi
		await_notice "run/${file##*/}"
		[ "$end" != 0 ] || continue
		add_ill "run ${file##*/} has ended with status $end: $(command_of "${file##*/}")"
	done
	read_memory
	[ "$killed" -eq 0 ] || add_ill "memory: $killed processes were killed for want of it ($((limit >> 20)) MiB)"
	[ $((used / 95)) -lt $((limit / 100)) ] || add_ill "memory: $((used >> 20)) of $((limit >> 20)) MiB are used"
	full=$(disks | while read -r _ _ _ free _ path; do
		case $free in *[!0-9]*) continue ;; esac # the heads
		if [ "$free" -lt 1024 ] && [ -w "$path" ]; then printf ' %s' "$path"; fi
	done)
	[ -z "$full" ] || add_ill "disk: no space is left in$full"
}

add_ill() { ill="$ill${ill:+; }$1"; }

# command_of NUMBER: a `run` command, or the line that a shell has for one; in one line, without tabs.
command_of() (
	number=$1
	set -f --
	while IFS= read -r argument; do
		set -- "$@" "$argument"
	done <"$NODE/run/$number"
	case $1/${2-} in sh/-c) shift 2 ;; esac
	IFS=$TAB
	# shellcheck disable=SC2048,SC2086 # it is split at tabs
	set -- $*
	IFS=' '
	printf '%s\n' "$*"
)

wellness_status() {
	for file in "$STATE"/daemon/*; do
		[ -e "$file" ] || continue
		if has_ended "daemon/${file##*/}"; then printf 'daemon\t%s\tended\t%s\n' "$what" "$end"; else
			printf 'daemon\t%s\trunning\t-\n' "$what"
		fi
	done
	for file in "$STATE"/run/*; do
		[ -e "$file" ] || continue
		if has_ended "run/${file##*/}"; then state=ended; else state=running; fi
		printf 'run\t%s\t%s\t%s\t%s\n' "${file##*/}" "$state" "$end" "$(command_of "${file##*/}")"
	done
	read_memory
	printf 'memory\t%s\t%s\t%s\n' "$used" "$limit" "$killed"
	disks | while read -r _ size _ free _ path; do
		case $free in *[!0-9]*) continue ;; esac
		printf 'disk\t%s\t%s\t%s\n' "$path" $((1024 * free)) $((1024 * size))
	done
}
