# shellcheck shell=sh
# Part of node.sh: strongSwan, with ESP in the kernel where it has it and in user space where not, and its tunnels.

# Of these, the ones that are installed; the order is the order of preference.
PLUGINS='random nonce x509 revocation constraints pubkey pkcs1 pkcs7 pkcs8 pem openssl drbg kdf md4 curve25519
	kernel-netlink socket-default updown vici eap-identity eap-mschapv2 eap-tls'

copy_credentials() {
	(umask 077 && cp -R "$CREDENTIALS" "$STATE/credentials") ||
		fail 'the credentials cannot be read (their owner is another one, and DAC_OVERRIDE is missing)'
}

# Sets $esp. A policy would load even where ESP is missing: only states with the tunnels' own algorithms prove anything.
choose_esp() {
	esp=kernel
	ip -batch "$NODE/esp-probe.batch" >/dev/null 2>&1 || esp=user
	ip xfrm state deleteall reqid 4242 >/dev/null 2>&1
	echo "$esp" >"$STATE/esp"
	[ "$esp" = user ] || return 0
	[ -c /dev/net/tun ] || fail 'this kernel has no ESP (or not these algorithms), and there is no /dev/net/tun for ESP in user space'
	while IFS=$TAB read -r tunnel _ _ _ _ _ needs _; do
		[ "$needs" != kernel ] ||
			fail "tunnel $tunnel: this kernel has no ESP (or not these algorithms), and user space has neither transport mode nor AH"
	done <"$NODE/tunnels.tsv"
}

# In user space the daemon's own packets carry mark 0x42, and all others are looked up in its table of tunnel routes.
configure_charon() {
	plugins=
	for plugin in $PLUGINS; do
		[ ! -e "/usr/lib/ipsec/plugins/libstrongswan-$plugin.so" ] || plugins="$plugins $plugin"
	done
	{
		echo "include $LAB/strongswan.conf"
		if [ "$esp" = user ]; then
			plugins="kernel-libipsec$plugins"
			printf 'charon {\nplugins {\n%s {\nfwmark = %s\n}\n%s {\nfwmark = %s\n}\n}\n}\n' \
				kernel-netlink '!0x42' socket-default 0x42
		fi
		printf 'charon {\nload = %s\n}\n' "$plugins"
	} >/etc/strongswan.conf # where swanctl finds it too, whoever types it
	export SWANCTL_DIR="$STATE/credentials"
	mkdir -p "$SWANCTL_DIR"
	cp "$NODE/swanctl.conf" "$SWANCTL_DIR" || fail 'swanctl.conf cannot be copied'
}

# Routes into tunnels, which updown.sh keeps (see there), are looked up before charon's own table.
prepare_routes() {
	for family in -4 -6; do
		set -- "$family" rule add pref 219
		[ "$esp" = kernel ] || set -- "$@" not fwmark 0x42
		ip "$family" rule delete pref 219 2>/dev/null # of an earlier start
		ip "$family" route flush table 219 2>/dev/null
		ip "$@" lookup 219 || [ "$family" = -6 ] || fail 'no rule can be set for routes into tunnels'
	done
}

# A link that went down took routes along, of tunnels that may still be up. (The device of user space never goes down.)
keep_routes() {
	[ "${esp-}" = kernel ] || return 0
	set -- "$STATE"/routes/*
	[ -e "$1" ] || return 0
	{ flock -n 9 && cat "$@" | ip -force -batch -; } 9>"$STATE/updown.lock" >/dev/null 2>&1
}

start_ipsec() {
	[ -e "$NODE/swanctl.conf" ] || return 0
	choose_esp
	prepare_routes
	configure_charon
	while IFS=$TAB read -r _ _ child _; do
		mkdir -p "$STATE/tunnel/$child"
		echo 0 >"$STATE/tunnel/$child/count"
		echo "$uptime" >"$STATE/tunnel/$child/since"
	done <"$NODE/tunnels.tsv"
	rm -f /run/charon.vici
	charon-systemd </dev/null &
	charon=$!
	keep_daemon "$charon" charon strongSwan
	until [ -S /run/charon.vici ]; do
		kill -0 "$charon" 2>/dev/null || fail 'strongSwan does not start'
		sleep 0.03
	done
	swanctl --load-all --noprompt >"$STATE/load.log" 2>&1 || {
		cat "$STATE/load.log" >&2
		fail 'strongSwan refuses its configuration'
	}
	rm -rf "$SWANCTL_DIR/private" "$SWANCTL_DIR/secrets.conf" # charon has them now
	while IFS=$TAB read -r _ _ child start _; do
		[ "$start/$esp" != traffic/kernel ] || install_trap "$child"
	done <"$NODE/tunnels.tsv"
}

install_trap() { swanctl --install --child "$1" >/dev/null || fail "tunnel $1: no trap can be set"; }

# is_wanted CHILD START AGAIN: whether this end should bring the child up by itself.
is_wanted() {
	[ ! -e "$STATE/tunnel/$1/held" ] || return 1
	if [ -e "$STATE/tunnel/$1/once" ]; then once=1; else once=0; fi
	case $2/$esp/$3/$once in
	boot/*/clear/1 | traffic/user/clear/1) return 1 ;;
	boot/* | traffic/user/*) return 0 ;;
	traffic/kernel/restart/1) return 0 ;;
	# The other end may still hold what a killed node has forgotten, and would send into it until its next probe.
	traffic/kernel/*/0) [ -e "$STATE/again" ] ;;
	*) return 1 ;;
	esac
}

# initiate IKE CHILD: one attempt, which ends by itself (strongswan.conf). A peer that has not loaded its configuration
# answers NO_PROPOSAL_CHOSEN, and charon does not come back to it: hence the rounds of tend_tunnels.
initiate() {
	place=$STATE/tunnel/$2
	if [ -e "$place/held" ]; then # since it was found to be wanted
		rm -f "$place/busy"
		return 0
	fi
	if ! swanctl --initiate --ike "$1" --child "$2" --timeout 30 >"$place/attempt" 2>&1; then
		tail -n 2 "$place/attempt" | head -n 1 >"$place/last"
	fi
	read_clock
	read -r since <"$place/since"
	if [ $((uptime - since)) -lt 1000 ]; then pace=30; else pace=200; fi
	echo $((uptime + pace)) >"$place/next"
	rm -f "$place/busy"
}

# One round over all tunnels; sets $pause, the seconds until the next.
tend_tunnels() {
	pause=infinity
	[ -e "$NODE/tunnels.tsv" ] || return 0
	pause=2
	keep_routes
	read_clock
	while IFS=$TAB read -r _ ike child start patience again _; do
		place=$STATE/tunnel/$child
		[ ! -e "$place/up" ] || continue
		[ "$patience" != never ] || continue
		is_wanted "$child" "$start" "$again" || continue
		pause=0.3
		[ ! -e "$place/busy" ] || continue
		read -r since <"$place/since"
		next=0
		[ ! -e "$place/next" ] || read -r next <"$place/next"
		[ "$uptime" -ge $((since + 100 * patience)) ] || continue
		[ "$uptime" -ge "$next" ] || continue
		: >"$place/busy"
		initiate "$ike" "$child" </dev/null &
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
	# A tunnel that is just coming or going has not got its rules and routes yet: who asks is told when it has.
	exec 9>"$STATE/updown.lock"
	flock -s -w 30 9 || :
	read -r esp <"$STATE/esp"
	while IFS=$TAB read -r tunnel _ child start _; do
		if [ -e "$STATE/tunnel/$child/up" ]; then state=up; else state=down; fi
		printf 'tunnel\t%s\t%s\t%s\t%s\t%s\n' "$tunnel" "$child" "$state" "$start" "$esp"
	done <"$NODE/tunnels.tsv"
}

# --- by hand: `down` keeps a tunnel (or one child) down until `up` ------------------------------------------------------

# An attempt that is under way when `down` comes would bring child $1 up afterwards: it is waited for.
await_attempt() {
	rounds=350
	while [ -e "$STATE/tunnel/$1/busy" ] && [ "$rounds" -gt 0 ]; do
		rounds=$((rounds - 1))
		sleep 0.1
	done
}

hold_down() {
	read -r esp <"$STATE/esp" || return 1
	found=1
	while IFS=$TAB read -r tunnel _ child start _; do
		[ "$tunnel" = "$1" ] || [ "$child" = "$1" ] || continue
		found=0
		: >"$STATE/tunnel/$child/held"
		[ "$start/$esp" != traffic/kernel ] || swanctl --uninstall --child "$child" >/dev/null
		await_attempt "$child"
		# also one that updown.sh has not told of yet; where there is none, that is no failure
		swanctl --terminate --child "$child" --timeout 5 >/dev/null 2>&1
	done <"$NODE/tunnels.tsv"
	return "$found"
}

hold_up() {
	read -r esp <"$STATE/esp" || return 1
	read_clock
	found=1
	while IFS=$TAB read -r tunnel ike child start _; do
		[ "$tunnel" = "$1" ] || [ "$child" = "$1" ] || continue
		found=0
		rm -f "$STATE/tunnel/$child/held"
		echo "$uptime" >"$STATE/tunnel/$child/since"
		case $start/$esp in
		traffic/kernel) install_trap "$child" ;;
		hand/*) initiate "$ike" "$child" ;;
		esac
	done <"$NODE/tunnels.tsv"
	return "$found"
}
