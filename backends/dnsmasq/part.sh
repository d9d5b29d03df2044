# shellcheck shell=sh
# The part `dnsmasq`: names, from a configuration for each port.

# dnsmasq_serve KIND NAME PORT. no-daemon: as itself; anything else changes the user, which needs SETUID and SETGID even where
# it is root.
dnsmasq_serve() {
	become dnsmasq --no-daemon --port="$3" --no-resolv --no-hosts --no-poll --pid-file= --cache-size=0 \
		--conf-file="$NODE/dnsmasq/$3.conf"
}
