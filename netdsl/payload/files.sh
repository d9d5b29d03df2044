# shellcheck shell=sh
# For node.sh: what the node has of the lab's files and names. What was at the place of a file is kept as long as the node's root is:
# a file that goes gives it back, and the folders that came with it go.

LASTING=${NETDSL_LASTING:-/var/lib/netdsl}
FILES_WERE=$LASTING/files/were # folder: what was at a place
FILES_MADE=$LASTING/files/made # places, and folders above them, where nothing was
FILES_LAID=$LASTING/files/laid # places of the files that are there now

# In place: in a container /etc/hosts and /etc/resolv.conf are mounts, which cannot be replaced. Where the root is read-only
# the envelope has put them there.
write_in_place() {
	[ -e "$1" ] && cmp -s "$1" "$2" && return
	cat "$1" >"$2" || fail "$2 cannot be written"
}

write_names() {
	[ ! -e "$LAB/hosts" ] || write_in_place "$LAB/hosts" /etc/hosts
	if [ -e "$NODE/resolv.conf" ]; then
		write_in_place "$NODE/resolv.conf" /etc/resolv.conf
	else
		write_in_place "$LAB/resolv.conf" /etc/resolv.conf
	fi
}

# Also takes away what an earlier start has laid in a root that lasts.
write_files() {
	[ -e "$NODE/files.tsv" ] || [ -e "$FILES_LAID" ] || return 0
	places_of "$NODE" >"$STATE/change/files.places"
	[ ! -e "$FILES_LAID" ] || while IFS= read -r path; do
		grep -Fxqe "$path" "$STATE/change/files.places" || give_place_back "$path" || fail "file $path cannot be taken away"
	done <"$FILES_LAID"
	[ ! -e "$NODE/files.tsv" ] || while IFS=$TAB read -r source mode path _; do
		keep_place "$path"
		install -D -m "$mode" -- "$GIVEN/files/$source" "$path" || fail "file $path cannot be written"
	done <"$NODE/files.tsv"
	note_places
}

# places_of FOLDER: where its files go.
places_of() { [ ! -e "$1/files.tsv" ] || cut -f 3 "$1/files.tsv"; }

note_places() { mkdir -p "$LASTING/files" && places_of "$NODE" >"$FILES_LAID"; }

is_there() { [ -e "$1" ] || [ -L "$1" ]; }

# has_place PATH: whether it is known what was there.
has_place() { is_there "$FILES_WERE$1" || grep -Fxqse "$1" "$FILES_MADE"; }

# keep_place PATH: before the first file there. What cannot be kept is not known.
keep_place() {
	! has_place "$1" || return 0
	mkdir -p "$LASTING/files" || return
	if is_there "$1"; then
		mkdir -p "$FILES_WERE${1%/*}" && ln -- "$1" "$FILES_WERE$1" 2>/dev/null
		return
	fi
	above=$1
	until [ -z "$above" ] || is_there "$above"; do
		printf '%s\n' "$above" >>"$FILES_MADE"
		above=${above%/*}
	done
}

# give_place_back PATH: what was there before all files, or nothing.
give_place_back() {
	if is_there "$FILES_WERE$1"; then
		mv -fT -- "$FILES_WERE$1" "$1"
		return
	fi
	rm -f -- "$1" || return
	above=${1%/*}
	while grep -Fxqse "$above" "$FILES_MADE" && rmdir -- "$above" 2>/dev/null; do above=${above%/*}; done
}

# All of them, for who makes the node anew in a root that lasts.
forget_files() {
	[ -e "$FILES_LAID" ] || return 0
	while IFS= read -r path; do give_place_back "$path"; done <"$FILES_LAID"
	rm -f "$FILES_LAID"
}

# --- while the node runs ----------------------------------------------------------------------------------------------

# lay_files FOLDER: the content of the files that are new or others there. Returns 1 where it is not what was compiled.
lay_files() {
	[ -e "$1/node/files.tsv" ] || return 0
	mkdir "$1/files" || return
	while IFS= read -r line; do
		! grep -Fxqse "$line" "$NODE/files.tsv" || continue
		IFS=$TAB read -r source _ _ sum <<-END
			$line
		END
		cp -- "$GIVEN/files/$source" "$1/files/$source" &&
			printf '%s  %s\n' "$sum" "$1/files/$source" | sha256sum --check --status || return
	done <"$1/node/files.tsv"
}

# change_files FROM TO: those that are gone or others first, whose content, as it is now, is FROM's then.
change_files() {
	differs "$1" "$2" files.tsv || return 0
	are_files_changed=yes
	if [ -e "$1/node/files.tsv" ]; then
		mkdir -p "$1/files"
		take_files "$1" "$2" || return
	fi
	[ ! -e "$2/node/files.tsv" ] || while IFS= read -r line; do
		! grep -Fxqse "$line" "$1/node/files.tsv" || continue
		IFS=$TAB read -r source mode path _ <<-END
			$line
		END
		put_file "$2/files/$source" "$mode" "$path" || {
			reason="file $path cannot be written"
			return 1
		}
	done <"$2/node/files.tsv"
}

take_files() {
	places_of "$2/node" >"$STATE/change/files.places"
	while IFS= read -r line; do
		! grep -Fxqse "$line" "$2/node/files.tsv" || continue
		IFS=$TAB read -r source _ path _ <<-END
			$line
		END
		[ ! -e "$path" ] || cp -- "$path" "$1/files/$source" || return
		! grep -Fxqe "$path" "$STATE/change/files.places" || continue
		has_place "$path" || {
			needs_start "what was at $path before"
			return 1
		}
		give_place_back "$path" || {
			reason="file $path cannot be taken away"
			return 1
		}
	done <"$1/node/files.tsv"
}

# put_file SOURCE MODE PATH: in one step.
put_file() {
	keep_place "$3"
	install -D -m "$2" -- "$1" "${3%/*}/.netdsl-new" && mv -fT -- "${3%/*}/.netdsl-new" "$3"
}

# undo_files FROM TO: as `change_files`, but each step is done. What came with FROM goes.
undo_files() {
	[ -n "$are_files_changed" ] || return 0
	places_of "$2/node" >"$STATE/change/files.places"
	places_of "$1/node" | while IFS= read -r path; do
		grep -Fxqe "$path" "$STATE/change/files.places" || ! has_place "$path" || give_place_back "$path"
	done
	[ ! -e "$2/node/files.tsv" ] || while IFS=$TAB read -r source mode path _; do
		[ ! -e "$2/files/$source" ] || put_file "$2/files/$source" "$mode" "$path"
	done <"$2/node/files.tsv"
}
