# shellcheck shell=sh
# For node.sh: changes of a node that runs (README.md, 'Changes'). What it is made from is a folder of $STATE/data, and `now` is
# a link to that. The verb `change` lays the new data beside it; the main process, whose children daemons are, takes it from
# there.

# lay_data FOLDER: the node's data in it, as they are now, but for the content of files.
lay_data() {
	mkdir -p "$1/node" || return
	set -- "$1" "$GIVEN"/*
	[ -e "$2" ] || return 0
	target=$1
	shift
	for entry; do
		shift
		case $entry in */files) ;; *) set -- "$@" "$entry" ;; esac
	done
	[ $# -eq 0 ] || cp -R -- "$@" "$target/node"
}

# lay_credentials FOLDER, with what tells them from others, which outlives those that are not kept.
lay_credentials() {
	[ -d "$CREDENTIALS" ] || return 0
	(
		umask 077
		cp -R -- "$CREDENTIALS" "$1/credentials" && cd "$1" && find credentials -type f -exec sha256sum -- {} + | sort >credentials.sums
	)
}

# sums_of FOLDER: of its data and credentials, as `sha256sum` lists them.
sums_of() {
	(cd "$1/" && find node -type f -exec sha256sum -- {} +)
	[ ! -e "$1/credentials.sums" ] || cat "$1/credentials.sums"
}

# lines_at FOLDER: of its links, addresses, routes and files, of which some need a start.
lines_at() {
	network_lines "$1" 2>/dev/null | sed 's/^/+ /'
	sed "s/^/+ file$TAB/" "$1/node/files.tsv" 2>/dev/null
}

# What runs in the node, as `sha256sum` lists it: scripts (as they were at the start), data, credentials, files for names. Then
# `lines_at` of it. A folder that a change takes away meanwhile is not what runs.
running() {
	[ -e "$STATE/configured" ] || {
		echo 'still starting'
		return 1
	}
	(flock -n 8 && forget_copied) 8>"$STATE/change/lock"
	until
		now=$(readlink "$STATE/now")
		sums=$(sums_of "$STATE/$now" 2>/dev/null)
		lines=$(lines_at "$STATE/$now")
		[ "$(readlink "$STATE/now")" = "$now" ]
	do :; done
	cat "$STATE/shared.sums"
	printf '%s\n' "$sums"
	sha256sum /etc/hosts /etc/resolv.conf
	[ -z "$lines" ] || printf '%s\n' "$lines"
}

# What a client that was killed has left: it has secrets. The main process takes all of it at that moment, or nothing.
forget_copied() {
	rm -rf "$STATE/data/next"
	mv "$STATE/data/whole" "$STATE/data/next" 2>/dev/null
	rm -rf "$STATE/data/next"
}

# --- the verb ---------------------------------------------------------------------------------------------------------

# change [SUM]: hands the new data to the main process and waits for it. Prints why it cannot be; the node is as it was then.
# SUM: of the sorted lines of `sums_of`. A mount of a folder that was removed is empty, whatever has its name now.
change() {
	[ -e "$STATE/configured" ] || {
		echo 'still starting'
		return 1
	}
	exec 8>"$STATE/change/lock"
	flock -w 120 8 || {
		echo 'another change does not end'
		return 1
	}
	forget_copied
	rm -f "$STATE/change/done"
	trap 'rm -rf "$STATE/data/next"' EXIT
	trap 'exit 1' HUP INT TERM
	if ! lay_data "$STATE/data/next" || ! lay_credentials "$STATE/data/next"; then
		echo 'the new data cannot be copied'
		return 1
	fi
	if [ -n "${1-}" ] && [ "$(sums_of "$STATE/data/next" | LC_ALL=C sort | sha256sum)" != "$1  -" ]; then
		echo 'what it can read is not what was compiled'
		return 3
	fi
	lay_files "$STATE/data/next" || {
		echo 'its files cannot be copied as they were compiled'
		return 3
	}
	mv "$STATE/data/next" "$STATE/data/whole"
	read -r main <"$STATE/pid"
	rounds=1200
	# A signal that comes between the main process's look and its `wait` ends none: hence several. It may still be at a change of a
	# client that was killed: that one's end is not this one's.
	until [ ! -d "$STATE/data/whole" ] && [ -e "$STATE/change/done" ]; do
		rounds=$((rounds - 1))
		if [ "$rounds" -le 0 ] || ! kill -0 "$main" 2>/dev/null; then
			mv "$STATE/data/whole" "$STATE/data/next" 2>/dev/null
			echo 'the change does not end'
			return 1
		fi
		[ ! -d "$STATE/data/whole" ] || kill -USR1 "$main"
		sleep 0.1
	done
	IFS=$TAB read -r status reason <"$STATE/change/done"
	[ "$status" = 0 ] || printf '%s\n' "$reason"
	return "$status"
}

# --- the main process -------------------------------------------------------------------------------------------------

is_change_due() { [ -d "$STATE/data/whole" ]; }

take_change() {
	is_change_due || return 0
	old=$(readlink "$STATE/now")
	read_clock
	new=data/$uptime
	old=$STATE/$old reason='' verdict=1 are_files_changed=''
	rm -f "$STATE/change/done"
	mv "$STATE/data/whole" "$STATE/$new" 2>/dev/null || return 0 # its client has taken it back
	if alter "$old" "$STATE/$new"; then
		settle_change "$old" "$STATE/$new"
		rm -rf "$old" "$STATE/$new/files"
		say 'changed'
		printf '0\t\n' >"$STATE/change/done.new"
	else
		why=${reason:-it cannot be changed}
		status=$verdict
		undo_change "$STATE/$new" "$old"
		rm -rf "${STATE:?}/$new" "$old/files"
		say "not changed: $why"
		printf '%s\t%s\n' "$status" "$why" >"$STATE/change/done.new"
	fi
	mv "$STATE/change/done.new" "$STATE/change/done"
}

# alter FROM TO: all that can fail, in an order in which what passes before and after passes all the time: new addresses and
# routes, filter and daemons (without what ends), services. Secrets, of which no former ones are kept, come when only a start can
# be the remedy of what still fails. Sets $reason and returns 1.
alter() {
	exchange_credentials "$2" "$1"
	gather_lines "$1"
	gather_lines "$2"
	refuse_links "$1" "$2" && refuse_own_networks "$1" "$2" && change_mtus "$1" "$2" && change_addresses "$1" "$2" &&
		set_routes "$1" "$2" && each_part change "$1" "$2" && change_files "$1" "$2" && enter_data "$2" &&
		change_services "$1" "$2" && renew_secrets "$1" "$2" && change_names "$2"
}

renew_secrets() {
	each_part renew "$1" "$2" || {
		needs_start "$reason"
		return 1
	}
}

# enter_data FOLDER: they are the node's from here on.
enter_data() { ln -sfn "data/${1##*/}" "$STATE/now.new" && mv -T "$STATE/now.new" "$STATE/now"; }

# settle_change FROM TO: what is gone ends.
settle_change() {
	[ -z "$are_files_changed" ] || note_places
	each_part leave "$1" "$2"
	(lock_tunnels && change_tunnels "$1" "$2")
	each_part enter "$1" "$2"
	drop_routes "$1" "$2"
	drop_addresses "$1" "$2"
}

# undo_change FROM TO: as `alter`, but each step is done, whatever became of another one.
undo_change() {
	enter_data "$2"
	exchange_credentials "$2" "$1"
	undo_files "$1" "$2"
	change_services "$1" "$2"
	for part in $parts; do
		! command -v "${part}_change" >/dev/null || "${part}_change" "$1" "$2"
	done
	change_mtus "$1" "$2"
	change_addresses "$1" "$2"
	set_routes "$1" "$2"
	drop_routes "$1" "$2"
	drop_addresses "$1" "$2"
}

# exchange_credentials WITH FOR: those of the folder WITH are the node's, whose own lie in FOR then. Equal ones stay.
exchange_credentials() {
	if cmp -s "$1/credentials.sums" "$2/credentials.sums" || [ ! -d "$1/credentials" ]; then
		rm -rf "$1/credentials"
		return 0
	fi
	mv "$STATE/credentials" "$2/credentials" && mv "$1/credentials" "$STATE/credentials"
}

# differs FROM TO FILE…: whether one of these data files is another one.
differs() {
	from=$1 to=$2
	shift 2
	for file; do
		[ -e "$from/node/$file" ] || [ -e "$to/node/$file" ] || continue
		cmp -s "$from/node/$file" "$to/node/$file" || return 0
	done
	return 1
}

# --- what fails ---------------------------------------------------------------------------------------------------------

# needs_start WHY: what only a start can give the node.
needs_start() {
	reason=$1 verdict=3
}

# try_batch FILE WHAT: as `apply_batch`, but the node goes on. Sets $reason and returns 1.
try_batch() {
	[ ! -e "$1" ] || ip -batch "$1" 2>"$STATE/change/log" || {
		IFS= read -r reason <"$STATE/change/log"
		reason="$2: $reason"
		return 1
	}
}

# --- services and names -----------------------------------------------------------------------------------------------

# is_kept FROM TO PART PORT LINE: whether a service is the same in both, with what it read when it began.
is_kept() {
	grep -Fxqs "$5" "$2/node/services.tsv" && ! differs "$1" "$2" env || return
	if command -v "$3_credentials" >/dev/null; then
		read_credentials=$("$3_credentials" "${5%%"$TAB"*}" "$4")
		[ "$(sums_at "$1" "$read_credentials")" = "$(sums_at "$2" "$read_credentials")" ] || return
	fi
	for file in "$1/node/$3/$4" "$1/node/$3/$4".* "$2/node/$3/$4" "$2/node/$3/$4".*; do
		[ -e "$file" ] || continue
		file=${file##*/}
		diff -rq "$1/node/$3/$file" "$2/node/$3/$file" >/dev/null 2>&1 || return
	done
}

# sums_at FOLDER PATHS: of these credentials, one a line; those of a folder where a path ends with `/`.
sums_at() {
	[ ! -e "$1/credentials.sums" ] || printf '%s\n' "$2" | while IFS= read -r path; do
		case $path in
		*/) grep -F "  credentials/$path" "$1/credentials.sums" ;;
		*) grep "  credentials/$path\$" "$1/credentials.sums" ;;
		esac
	done
}

# change_services FROM TO: ends those that are gone or others now, and begins what does not run.
change_services() {
	[ ! -e "$1/node/services.tsv" ] || while IFS= read -r line; do
		IFS=$TAB read -r _ _ protocol port part <<-END
			$line
		END
		is_kept "$1" "$2" "$part" "$port" "$line" && continue
		for file in "$STATE/daemon/$protocol-$port" "$STATE/daemon/$protocol-$port"-*; do end_daemon "${file##*/}"; done
	done <"$1/node/services.tsv"
	if [ -e "$2/node/services.tsv" ]; then begin_services "$2/node/services.tsv" || return; fi
	each_part served "$1" "$2"
}

begin_services() {
	while IFS=$TAB read -r kind name protocol port part; do
		[ ! -e "$STATE/daemon/$protocol-$port" ] || continue
		! is_listening "$protocol" "$port" || {
			reason="service $name: $protocol/$port is taken"
			return 1
		}
		"${part}_serve" "$kind" "$name" "$port" </dev/null &
		keep_daemon $! "$protocol-$port" "service $kind $name $protocol/$port"
		await_listening "$protocol" "$port" || {
			reason="service $name does not listen on $protocol/$port"
			return 1
		}
	done <"$1"
}

# end_daemon FILE: TERM, and KILL after three seconds; its port is free then.
end_daemon() {
	[ -e "$STATE/daemon/$1" ] || return 0
	read -r pid _ <"$STATE/daemon/$1"
	rm -f "$STATE/daemon/$1" "$STATE/ended/daemon/$1"
	kill "$pid" 2>/dev/null
	rounds=60
	while is_alive "$pid" && [ "$rounds" -gt 0 ]; do
		rounds=$((rounds - 1))
		sleep 0.05
	done
	kill -KILL "$pid" 2>/dev/null
	return 0
}

# change_names TO: /etc/hosts and /etc/resolv.conf. In a node with a read-only root they are files of the envelope's.
change_names() {
	resolvers=$1/node/resolv.conf
	[ -e "$resolvers" ] || resolvers=$LAB/resolv.conf
	[ ! -e "$LAB/hosts" ] || try_in_place "$LAB/hosts" /etc/hosts || return
	try_in_place "$resolvers" /etc/resolv.conf
}

try_in_place() {
	cmp -s "$1" "$2" || cat "$1" >"$2" 2>/dev/null || {
		needs_start "$2 cannot be written"
		return 1
	}
}
