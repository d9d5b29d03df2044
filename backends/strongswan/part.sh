# shellcheck shell=sh
# The part `strongswan`: strongSwan, with ESP in the kernel where it has it and in user space where not, and its children.

# Of these, the ones that are installed; the order is the order of preference.
STRONGSWAN_PLUGINS='random nonce x509 revocation constraints pubkey pkcs1 pkcs7 pkcs8 pem openssl drbg kdf md4 curve25519
	kernel-netlink socket-default updown vici eap-identity eap-mschapv2 eap-md5 eap-tls eap-ttls curl'

# For charon and swanctl, also in commands that enter the node; what is started before them and after them has the same.
export STRONGSWAN_CONF="$STATE/strongswan.conf" SWANCTL_DIR="$STATE/credentials"

# What a node with a tunnel on traffic keeps over its starts: that there was one.
STRONGSWAN_LASTING=${NETDSL_LASTING:-/var/lib/netdsl}

# strongswan_probe FILE: sets $strongswan_found, `kernel` or `user`. A policy would load even where ESP is missing: only states
# with the tunnels' own algorithms prove anything.
strongswan_probe() {
	strongswan_found=kernel
	ip -batch "$1" >/dev/null 2>&1 || strongswan_found=user
	ip xfrm state deleteall reqid 4242 >/dev/null 2>&1
	ip link delete dev netdsl-esp 2>/dev/null
}

# Sets $strongswan_esp.
strongswan_choose_esp() {
	strongswan_probe "$NODE/esp-probe.batch"
	strongswan_esp=$strongswan_found
	echo "$strongswan_esp" >"$STATE/space/strongswan"
	[ "$strongswan_esp" = user ] || return 0
	while IFS=$TAB read -r tunnel _ _ _ _ _ needs _ _ part; do
		[ "$part/$needs" != strongswan/kernel ] ||
			fail "tunnel $tunnel: this kernel has no ESP (or not these algorithms), and ESP in user space cannot do what it asks for"
	done <"$NODE/tunnels.tsv"
	[ -c /dev/net/tun ] || fail 'this kernel has no ESP (or not these algorithms), and there is no /dev/net/tun for ESP in user space'
}

# Who waits for an answer of the server has a thread for 15 s (dhcp_socket.c, enroll). A client that gets no address has an IKE
# SA without a child, which no later attempt makes one in: it is closed.
strongswan_ask_for_addresses() {
	read -r server <"$NODE/dhcp"
	plugins="$plugins dhcp"
	printf 'charon {\nthreads = 64\nclose_ike_on_child_failure = yes\nplugins {\ndhcp {\n'
	printf '%s = %s\n' server "$server" force_server_address yes use_server_port yes identity_lease yes
	printf '}\n}\n}\n'
}

# In user space the daemon's own packets carry mark 0x42, and all others are looked up in its table of tunnel routes.
strongswan_configure_charon() {
	plugins=
	for plugin in $STRONGSWAN_PLUGINS; do
		[ ! -e "/usr/lib/ipsec/plugins/libstrongswan-$plugin.so" ] || plugins="$plugins $plugin"
	done
	{
		echo "include $LAB/strongswan/strongswan.conf"
		if [ "$strongswan_esp" = user ]; then
			plugins="kernel-libipsec$plugins"
			printf 'charon {\nplugins {\n%s {\nfwmark = %s\n}\n%s {\nfwmark = %s\n}\n}\n}\n' \
				kernel-netlink '!0x42' socket-default 0x42
		fi
		if [ -e "$STATE/credentials/radius.conf" ]; then
			echo "include $STATE/credentials/radius.conf"
			plugins="$plugins eap-radius"
		fi
		[ ! -e "$NODE/farp" ] || plugins="$plugins farp"
		[ ! -e "$NODE/dhcp" ] || strongswan_ask_for_addresses
		printf 'charon {\nload = %s\n}\n' "$plugins"
	} >"$STRONGSWAN_CONF"
	mkdir -p "$SWANCTL_DIR"
	cp "$NODE/swanctl.conf" "$SWANCTL_DIR" || fail 'swanctl.conf cannot be copied'
}

# Routes into tunnels, which updown.sh keeps (see there), are looked up before charon's own table.
strongswan_prepare_routes() {
	for family in -4 -6; do
		set -- "$family" rule add pref 219
		[ "$strongswan_esp" = kernel ] || set -- "$@" not fwmark 0x42
		ip "$family" rule delete pref 219 2>/dev/null # of an earlier start
		ip "$family" route flush table 219 2>/dev/null
		ip "$@" lookup 219 || [ "$family" = -6 ] || fail 'no rule can be set for routes into tunnels'
	done
	strongswan_prepare_bypass
}

# What goes outside of all tunnels is looked up in `main` first. (The kernel's ESP has a policy for it as well: strongswan_start.)
strongswan_prepare_bypass() {
	[ -e "$NODE/bypass.tsv" ] || return 0
	while IFS=$TAB read -r prefix _; do
		case $prefix in *:*) family=-6 ;; *) family=-4 ;; esac
		ip "$family" rule delete pref 218 to "$prefix" 2>/dev/null # of an earlier start
		ip "$family" rule add pref 218 to "$prefix" lookup main || fail "no rule can be set for the bypass of $prefix"
	done <"$NODE/bypass.tsv"
}

# strongswan_install_bypass: in user space there is no such policy, and none is needed: the rule is enough.
strongswan_install_bypass() {
	[ "$strongswan_esp" = kernel ] && [ -e "$NODE/bypass.tsv" ] || return 0
	IFS=$TAB read -r _ child <"$NODE/bypass.tsv"
	swanctl --install --child "$child" >/dev/null || fail 'no policy can be set for the bypass'
}

# Neighbour discovery is no policy's: the kernel looks one up for the answer of a neighbour too (ndisc_send_skb, icmp6_dst_alloc),
# and a trap would hold it until the tunnel is up, for which the other end waits for that answer.
strongswan_exempt_discovery() {
	[ "$strongswan_esp" = kernel ] && [ -e /proc/sys/net/ipv6 ] || return 0
	for direction in in out; do
		for type in 135 136; do
			ip -6 xfrm policy update src ::/0 dst ::/0 proto 58 type "$type" dir "$direction" priority 1 ||
				fail 'no policy can be set for neighbour discovery'
		done
	done
}

# A link that went down took routes along, of tunnels that may still be up. (The device of user space never goes down.) Whether one
# went down is read without a process: from its flags, and how often its carrier has changed. Some drivers leave the carrier when a
# link is taken down; where it is up again before the next round, the twentieth puts the routes back.
strongswan_keep_routes() {
	[ "${strongswan_esp-}" = kernel ] || return 0
	set -- "$STATE"/routes/*
	[ -e "$1" ] || return 0
	links=
	for link in /sys/class/net/*; do
		{ read -r flags <"$link/flags" && read -r changes <"$link/carrier_changes"; } 2>/dev/null || continue
		links="$links ${link##*/} $flags $changes"
	done
	strongswan_rounds=$((${strongswan_rounds-0} + 1))
	[ "$links" != "${strongswan_links-}" ] || [ "$strongswan_rounds" -ge 20 ] || return 0
	{ flock -n 9 && cat "$@" | ip -force -batch -; } 9>"$STATE/tunnels.lock" >/dev/null 2>&1 || return 0
	strongswan_links=$links strongswan_rounds=0
}

# strongswan_load CHARON: gives the process its configuration; its socket has a name before it takes connections.
strongswan_load() {
	until swanctl --load-all --noprompt >"$STATE/load.log" 2>&1; do
		if ! grep -q '^Error: connecting to ' "$STATE/load.log" || ! kill -0 "$1" 2>/dev/null; then
			cat "$STATE/load.log" >&2
			fail 'strongSwan refuses its configuration'
		fi
		sleep 0.03
	done
}

# charon has them now.
strongswan_forget_secrets() {
	rm -rf "$SWANCTL_DIR/private" "$SWANCTL_DIR/secrets.conf"
	[ ! -e "$SWANCTL_DIR/radius.conf" ] || : >"$SWANCTL_DIR/radius.conf"
}

strongswan_start() {
	strongswan_choose_esp
	strongswan_prepare_routes
	strongswan_configure_charon
	[ ! -e "$NODE/devices.tsv" ] || while read -r _ device _; do
		ip link delete dev "$device" 2>/dev/null # of an earlier start
	done <"$NODE/devices.tsv"
	rm -f /run/charon.vici
	charon-systemd </dev/null &
	charon=$!
	keep_daemon "$charon" charon strongSwan
	until [ -S /run/charon.vici ]; do
		kill -0 "$charon" 2>/dev/null || fail 'strongSwan does not start'
		sleep 0.03
	done
	strongswan_load "$charon"
	strongswan_forget_secrets
	strongswan_exempt_discovery
	strongswan_install_bypass
	[ ! -e "$STRONGSWAN_LASTING/started" ] || : >"$STATE/again"
	while IFS=$TAB read -r _ _ child start _ _ _ _ _ part; do
		[ "$part/$start" = strongswan/traffic ] || continue
		mkdir -p "$STRONGSWAN_LASTING" && : >"$STRONGSWAN_LASTING/started"
		[ "$strongswan_esp" = user ] || strongswan_install_trap "$child"
	done <"$NODE/tunnels.tsv"
}

strongswan_install_trap() { swanctl --install --child "$1" >/dev/null || fail "tunnel $1: no trap can be set"; }

# strongswan_is_backup CHILD: whether it is one. Sets $front: a child that is up, so that this one is not wanted; else nothing.
strongswan_is_backup() {
	front='' is_backup=1
	[ -e "$NODE/backups.tsv" ] || return 1
	while IFS=$TAB read -r backup other; do
		[ "$backup" = "$1" ] || continue
		is_backup=0
		[ ! -e "$STATE/tunnel/$other/up" ] || front=$other
	done <"$NODE/backups.tsv"
	return "$is_backup"
}

# strongswan_is_wanted CHILD START AGAIN: whether this end should bring the child up by itself.
strongswan_is_wanted() {
	[ ! -e "$STATE/tunnel/$1/held" ] || return 1
	if strongswan_is_backup "$1"; then
		[ -z "$front" ]
		return
	fi
	if [ -e "$STATE/tunnel/$1/once" ]; then once=1; else once=0; fi
	case $2/$strongswan_esp/$3/$once in
	boot/*/clear/1 | traffic/user/clear/1) return 1 ;;
	boot/* | traffic/user/*) return 0 ;;
	traffic/kernel/restart/1) return 0 ;;
	# The other end may still hold what a killed node has forgotten, and would send into it until its next probe.
	traffic/kernel/*/0) [ -e "$STATE/again" ] ;;
	*) return 1 ;;
	esac
}

# strongswan_initiate IKE CHILD: one attempt, which ends by itself (strongswan.conf). A peer that has not loaded its configuration
# answers NO_PROPOSAL_CHOSEN, and charon does not come back to it: hence the rounds of strongswan_tend.
strongswan_initiate() {
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
	pace=500
	[ $((uptime - since)) -ge 6000 ] || pace=200
	[ $((uptime - since)) -ge 1000 ] || pace=30
	echo $((uptime + pace)) >"$place/next"
	rm -f "$place/busy"
}

# One round over all children.
strongswan_tend() {
	wake_in 20
	strongswan_keep_routes
	read_clock
	while IFS=$TAB read -r _ ike child start patience again _ _ _ part; do
		place=$STATE/tunnel/$child
		[ "$part" = strongswan ] || continue
		if [ -e "$place/up" ]; then
			if strongswan_is_backup "$child" && [ -n "$front" ]; then
				wake_in 3
				swanctl --terminate --child "$child" --timeout 5 </dev/null >/dev/null 2>&1
			fi
			continue
		fi
		[ "$patience" != never ] || continue
		strongswan_is_wanted "$child" "$start" "$again" || continue
		read -r since <"$place/since"
		if [ -e "$place/busy" ]; then
			if [ $((uptime - since)) -lt 1000 ]; then wake_in 3; else wake_in 10; fi
			continue
		fi
		next=0
		[ ! -e "$place/next" ] || read -r next <"$place/next"
		[ "$next" -ge $((since + 100 * patience)) ] || next=$((since + 100 * patience))
		if [ "$uptime" -lt "$next" ]; then
			wake_in $(((next - uptime + 9) / 10))
			continue
		fi
		wake_in 3
		: >"$place/busy"
		strongswan_initiate "$ike" "$child" </dev/null &
	done <"$NODE/tunnels.tsv"
}

# An attempt that is under way when `down` comes would bring child $1 up afterwards: it is waited for.
strongswan_await_attempt() {
	rounds=350
	while [ -e "$STATE/tunnel/$1/busy" ] && [ "$rounds" -gt 0 ]; do
		rounds=$((rounds - 1))
		sleep 0.1
	done
}

# strongswan_down CHILD IKE START
strongswan_down() {
	read -r strongswan_esp <"$STATE/space/strongswan" || return 1
	[ "$3/$strongswan_esp" != traffic/kernel ] || swanctl --uninstall --child "$1" >/dev/null
	strongswan_await_attempt "$1"
	# also one that updown.sh has not told of yet; where there is none, that is no failure
	swanctl --terminate --child "$1" --timeout 5 >/dev/null 2>&1
}

# strongswan_up CHILD IKE START
strongswan_up() {
	read -r strongswan_esp <"$STATE/space/strongswan" || return 1
	case $3/$strongswan_esp in
	traffic/kernel) strongswan_install_trap "$1" ;;
	hand/*) strongswan_initiate "$2" "$1" ;;
	esac
}

# --- changes ------------------------------------------------------------------------------------------------------------

# strongswan_has_changed FROM TO
strongswan_has_changed() {
	differs "$1" "$2" swanctl.conf esp-probe.batch tunnels.tsv backups.tsv || strongswan_has_other_credentials "$1" "$2"
}

strongswan_has_other_credentials() {
	[ -e "$1/credentials.sums" ] && [ "$(strongswan_sums "$1")" != "$(strongswan_sums "$2")" ]
}

# Of its own, not of services.
strongswan_sums() { grep -v '  credentials/\(serve\|ocsp\|radius\)/' "$1/credentials.sums"; }

# strongswan_change FROM TO: charon's configuration. SAs that are up keep that which they were made by (vici_config.c).
strongswan_change() {
	strongswan_has_changed "$1" "$2" || return 0
	if differs "$1" "$2" esp-probe.batch; then
		strongswan_probe "$2/node/esp-probe.batch"
		[ "$strongswan_found" = "$strongswan_esp" ] || {
			needs_start 'its tunnels need ESP of another kind'
			return 1
		}
	fi
	strongswan_child=$(strongswan_unfit "$2")
	[ -z "$strongswan_child" ] || {
		reason="tunnel $strongswan_child: ESP in user space cannot do what it asks for"
		return 1
	}
	cp "$2/node/swanctl.conf" "$SWANCTL_DIR/swanctl.conf" || return
	if [ "$(strongswan_pools "$1")" != "$(strongswan_pools "$2")" ]; then
		strongswan_call --load-pools || return
	fi
	strongswan_call --load-conns
}

# strongswan_renew FROM TO: secrets, which are there where they are other ones. charon forgets those that are not in the files any more
# (load_creds.c), and the former ones are in none.
strongswan_renew() {
	[ -d "$SWANCTL_DIR/private" ] || [ -e "$SWANCTL_DIR/secrets.conf" ] || return 0
	strongswan_call --load-creds --noprompt || return
	strongswan_forget_secrets
}

# strongswan_call WORD…: sets $reason and returns 1 where it fails.
strongswan_call() {
	swanctl "$@" >"$STATE/load.log" 2>&1 || {
		reason="strongSwan refuses its configuration: $(tail -n 1 "$STATE/load.log")"
		return 1
	}
}

# A child that the kernel alone has, where ESP is in user space.
strongswan_unfit() {
	[ "$strongswan_esp" = user ] || return 0
	while IFS=$TAB read -r _ _ child _ _ _ needs _ _ part; do
		[ "$part/$needs" != strongswan/kernel ] || echo "$child"
	done <"$1/node/tunnels.tsv" | head -n 1
}

strongswan_pools() { sed -n '/^pools {$/,/^}$/p' "$1/node/swanctl.conf"; }

# strongswan_connection FOLDER NAME: as swanctl.conf has it, without its children; strongswan_section FOLDER CONNECTION CHILD.
strongswan_connection() {
	sed -n "/^  $2 {\$/,/^  }\$/p" "$1/node/swanctl.conf" | sed '/^    children {$/,/^    }$/d'
}

strongswan_section() {
	sed -n "/^  $2 {\$/,/^  }\$/p" "$1/node/swanctl.conf" | sed -n "/^      $3 {\$/,/^      }\$/p"
}

# strongswan_fate FROM TO CONNECTION CHILD: sets $strongswan_fate to `ike` where its IKE SA is to end, `child` where it alone is,
# else to nothing.
strongswan_fate() {
	strongswan_fate=
	if [ -n "$strongswan_renewed" ] || [ "$(strongswan_connection "$1" "$3")" != "$(strongswan_connection "$2" "$3")" ]; then
		strongswan_fate=ike
	elif [ "$(strongswan_section "$1" "$3" "$4")" != "$(strongswan_section "$2" "$3" "$4")" ] ||
		[ "$(strongswan_piece "$1" "$4")" != "$(strongswan_piece "$2" "$4")" ]; then
		strongswan_fate=child
	fi
}

# What of its line in tunnels.tsv decides what it is and how it starts.
strongswan_piece() {
	while IFS=$TAB read -r tunnel _ child start _ _ _ _ piece _; do
		[ "$child" != "$2" ] || echo "$tunnel $piece $start"
	done <"$1/node/tunnels.tsv"
}

# Whether credentials that were there are others now, or gone: no one knows here which connection had them.
strongswan_note_renewed() {
	strongswan_renewed=
	strongswan_has_other_credentials "$1" "$2" || return 0
	strongswan_sums "$2" >"$STATE/change/credentials.sums"
	! strongswan_sums "$1" | grep -Fxvq -f "$STATE/change/credentials.sums" || strongswan_renewed=yes
}

# strongswan_leave FROM TO: SAs of what is gone or another one now end; the others stay. An attempt that is under way would
# bring up what is gone: it ends with its IKE SA.
strongswan_leave() {
	strongswan_has_changed "$1" "$2" || return 0
	strongswan_note_renewed "$1" "$2"
	while IFS=$TAB read -r _ ike child start _ _ _ _ _ part; do
		[ "$part" = strongswan ] || continue
		strongswan_fate "$1" "$2" "$ike" "$child"
		[ -n "$strongswan_fate" ] || continue
		[ "$start/$strongswan_esp" != traffic/kernel ] || swanctl --uninstall --child "$child" </dev/null
		case $strongswan_fate in
		ike) swanctl --terminate --ike "$ike" --timeout 5 </dev/null ;;
		child) swanctl --terminate --child "$child" --timeout 5 </dev/null ;;
		esac
		rounds=50
		while [ -e "$STATE/tunnel/$child/busy" ] && [ "$rounds" -gt 0 ]; do
			rounds=$((rounds - 1))
			sleep 0.1
		done
	done <"$1/node/tunnels.tsv" >/dev/null 2>&1
}

# strongswan_enter FROM TO: what is new or another one is brought up as after a start.
strongswan_enter() {
	strongswan_has_changed "$1" "$2" || return 0
	read_clock
	while IFS=$TAB read -r _ ike child start _ _ _ _ _ part; do
		[ "$part" = strongswan ] || continue
		strongswan_fate "$1" "$2" "$ike" "$child"
		[ -n "$strongswan_fate" ] || continue
		rm -f "$STATE/tunnel/$child/next" "$STATE/tunnel/$child/last"
		[ -e "$STATE/tunnel/$child/up" ] || rm -f "$STATE/tunnel/$child/once"
		echo "$uptime" >"$STATE/tunnel/$child/since"
		[ "$start" = traffic ] || continue
		mkdir -p "$STRONGSWAN_LASTING" && : >"$STRONGSWAN_LASTING/started"
		[ "$strongswan_esp" = user ] || swanctl --install --child "$child" >/dev/null || say "tunnel $child: no trap can be set"
	done <"$2/node/tunnels.tsv"
}
