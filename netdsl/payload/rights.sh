# shellcheck shell=sh
# For node.sh: capabilities. no_new_privs holds for whatever runs in a node, so that what is given up here is gone for good,
# although all of it runs as root; the bounding set, which only SETPCAP changes, needs no change.

# own_rights PROGRAM ARGUMENT…: in place of this shell, with the capabilities that the lab gives the node's own processes.
own_rights() {
	rights=
	[ ! -e "$NODE/capabilities" ] || read -r rights <"$NODE/capabilities"
	with_rights "$rights" "$@"
}

# with_rights NAMES PROGRAM ARGUMENT…: NAMES with commas between them, or nothing. PROGRAM is a path.
with_rights() {
	rights=$1 program=$2
	shift 2
	exec capsh --no-new-privs --caps="$rights${rights:+=ep}" --shell="$program" -- "$@"
}
