# shellcheck shell=sh
# The part `unbound`: names, from whoever has them, with a configuration for each port.

# unbound_serve KIND NAME PORT. It reads from the shell: Debian's AppArmor profile opens no file outside of /etc/unbound to it.
unbound_serve() {
	hints=
	[ ! -e "$NODE/unbound/$3/hints" ] || hints='root-hints: "/dev/fd/3"'
	become unbound -d -p -c /dev/stdin <<-CONFIGURATION 3<<-HINTS
		$(cat "$LAB/unbound/unbound.conf")
		server:
		$hints
		$(cat "$NODE/unbound/$3/unbound.conf")
	CONFIGURATION
		$(cat "$NODE/unbound/$3/hints" 2>/dev/null)
	HINTS
}
