# shellcheck shell=sh
# The part `nsd`: zones, from a configuration for each port.

# nsd_serve KIND NAME PORT
nsd_serve() {
	folder=$STATE/nsd/$3
	mkdir -p "$folder" || exit 1
	{
		cat "$LAB/nsd/nsd.conf" "$NODE/nsd/$3/nsd.conf"
		printf 'server:\nzonesdir: "%s"\nxfrdir: "%s"\n' "$NODE/nsd/$3" "$folder"
		printf 'xfrdfile: "%s/xfrd.state"\nzonelistfile: "%s/zone.list"\n' "$folder" "$folder"
	} >"$folder/nsd.conf" || exit 1
	become nsd -d -c "$folder/nsd.conf"
}
