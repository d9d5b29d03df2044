# shellcheck shell=sh
# The part `dnsmasq`: names or addresses, from a configuration for each port.

# dnsmasq_serve KIND NAME PORT. no-daemon: as itself; anything else changes the user, which needs SETUID and SETGID even where
# it is root.
dnsmasq_serve() {
	case $1 in
	dns)
		become dnsmasq --no-daemon --port="$3" --no-resolv --no-hosts --no-poll --pid-file= --cache-size=0 \
			--conf-file="$NODE/dnsmasq/$3.conf"
		;;
	dhcp) dnsmasq_give "$3" ;;
	esac
}

# dnsmasq_give PORT. It ends where it has no NET_ADMIN (it sets the MAC addresses of those who have no address yet), and where
# it has no NET_RAW unless it asks nobody whether an address is free (dnsmasq.c, main). With this right it has no variables of
# the lab.
dnsmasq_give() {
	with_rights cap_net_admin "$(command -v dnsmasq)" --no-daemon --port=0 --no-ping --pid-file= --leasefile-ro \
		--dhcp-alternate-port="$1" --conf-file="$NODE/dnsmasq/$1.conf"
}
