# shellcheck shell=sh
# Part of node.sh: services, commands and their environment.

# keep_daemon PID NAME WHAT…: noted for `ready`, `status` and the end.
keep_daemon() {
	pid=$1 kept=$2
	shift 2
	printf '%s %s\n' "$pid" "$*" >"$STATE/daemon/$kept"
}

read_environment() {
	[ -e "$NODE/env" ] || return 0
	while IFS= read -r line; do
		# shellcheck disable=SC2163 # the line is the assignment, `NAME=value`
		export "$line"
	done <"$NODE/env"
}

# The folder that a web server shows: its own, with nothing but its name, unless the lab gives one.
web_folder() {
	folder=$2
	[ "$folder" = - ] || return 0
	folder=$STATE/www/$1
	mkdir -p "$folder" && printf '%s\n' "$1" >"$folder/index.html"
}

# serve KIND NAME PORT A B: becomes the daemon. No word of the lab but the port gets into an address of socat's, which
# has a syntax of its own.
serve() {
	export NETDSL_KIND="$1" NETDSL_SERVICE="$2"
	cd "$LAB" || exit 1
	case $1 in
	http)
		web_folder "$2" "$4"
		exec busybox httpd -f -p "[::]:$3" -h "$folder"
		;;
	https)
		web_folder "$2" -
		export NETDSL_FOLDER="$folder"
		ln -sf "$STATE/credentials/serve/$4" "$STATE/$3.cert" && ln -sf "$STATE/credentials/serve/$5" "$STATE/$3.key"
		exec socat "OPENSSL-LISTEN:$3,pf=ip6,ipv6only=0,reuseaddr,fork,verify=0,cert=$STATE/$3.cert,key=$STATE/$3.key" \
			'EXEC:sh answer.sh'
		;;
	tcp) exec socat "TCP6-LISTEN:$3,ipv6only=0,reuseaddr,fork" 'EXEC:sh answer.sh' ;;
	udp) exec socat "UDP6-RECVFROM:$3,ipv6only=0,reuseaddr,fork" 'EXEC:sh answer.sh' ;;
	dns)
		# no-daemon: as itself; anything else changes the user, which needs SETUID and SETGID even where it is root
		exec dnsmasq --no-daemon --port="$3" --no-resolv --no-hosts --no-poll --pid-file= --cache-size=0 \
			--conf-file="$NODE/$4"
		;;
	*) exit 1 ;;
	esac
}

# serve_each_address NAME PORT: socat answers a datagram from the address that routing chooses. Where a node has several of a
# family, a socket of its own for each makes that the address which was asked; the one for all keeps what comes later.
serve_each_address() {
	export NETDSL_KIND=udp NETDSL_SERVICE="$1"
	for family in 4 6; do
		own=$(ip -o "-$family" address show scope global | while read -r _ _ _ address _; do printf '%s\n' "${address%/*}"; done)
		case $own in
		*"
"*) ;;
		*) continue ;;
		esac
		for address in $own; do
			bound=$address
			[ "$family" = 4 ] || bound="[$address]"
			(cd "$LAB" && exec socat "UDP$family-RECVFROM:$2,bind=$bound,reuseaddr,fork" 'EXEC:sh answer.sh') </dev/null &
			keep_daemon $! "udp-$2-$address" "service udp $1 udp/$2 at $address"
		done
	done
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

start_services() {
	[ -e "$NODE/services.tsv" ] || return 0
	while IFS=$TAB read -r kind name protocol port a b; do
		serve "$kind" "$name" "$port" "$a" "$b" </dev/null &
		keep_daemon $! "$protocol-$port" "service $kind $name $protocol/$port"
		[ "$kind" != udp ] || serve_each_address "$name" "$port"
	done <"$NODE/services.tsv"
	while IFS=$TAB read -r kind name protocol port a b; do
		rounds=60
		until is_listening "$protocol" "$port"; do
			rounds=$((rounds - 1))
			[ "$rounds" -gt 0 ] || fail "service $name does not listen on $protocol/$port"
			sleep 0.05
		done
	done <"$NODE/services.tsv"
}

# run_command FILE: one argument per line.
run_command() {
	number=${1##*/}
	set --
	while IFS= read -r argument; do
		set -- "$@" "$argument"
	done <"$NODE/run/$number"
	"$@" </dev/null
	say "run $number ended with $?"
}

start_runs() {
	for file in "$NODE"/run/*; do
		[ -e "$file" ] || continue
		run_command "$file" &
	done
}
