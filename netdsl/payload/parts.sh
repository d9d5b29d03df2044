# shellcheck shell=sh
# For node.sh, and for programs of parts: the parts of this node, each with functions of its own (README.md, 'Parts').

# Sets $uptime, in hundredths of a second: the clock of everything that waits.
read_clock() {
	read -r uptime _ </proc/uptime
	uptime=${uptime%.*}${uptime#*.}
}

# load_parts: as soon as the node's data are where they are read from.
load_parts() {
	parts=
	[ -e "$NODE/parts" ] || return 0
	while read -r part; do
		parts="$parts $part"
		# shellcheck source=/dev/null
		. "$LAB/$part/part.sh"
	done <"$NODE/parts"
}

# each_part VERB [ARGUMENT [ARGUMENT]]: calls PART_VERB of each part that has it, in order; ends with the first that fails.
each_part() {
	for part in $parts; do
		command -v "${part}_$1" >/dev/null || continue
		"${part}_$1" "${2-}" "${3-}" || return
	done
}
