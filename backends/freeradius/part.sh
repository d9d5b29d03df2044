# shellcheck shell=sh
# The part `freeradius`: who may come in, for gateways that ask.

# freeradius_serve KIND NAME PORT. The port and the certificate are the environment's, which radiusd.conf reads.
freeradius_serve() {
	folder=$STATE/freeradius/$3
	mkdir -p "$folder" && cp "$LAB/freeradius/radiusd.conf" "$folder" || exit 1
	: >"$folder/dictionary"
	: >"$folder/tunnelled.conf"
	certificate=
	read -r certificate <"$NODE/freeradius/$3"
	[ -z "$certificate" ] || printf '%s\n' \
		'tls-config shown {' \
		"certificate_file = $STATE/credentials/x509/$certificate.pem" \
		"private_key_file = $STATE/credentials/private/$certificate.pem" \
		'tls_min_version = "1.2"' 'tls_max_version = "1.2"' 'ecdh_curve = ""' '}' \
		'ttls {' 'tls = shown' 'virtual_server = tunnelled' '}' >"$folder/tunnelled.conf"
	export NETDSL_RADIUS_FOLDER="$folder" NETDSL_RADIUS_SECRETS="$STATE/credentials/radius/$3" NETDSL_RADIUS_PORT="$3"
	become freeradius -f -l stdout -d "$folder" -D /usr/share/freeradius -n radiusd
}

# freeradius_credentials KIND PORT
freeradius_credentials() {
	echo "radius/$2/"
	certificate=
	read -r certificate <"$NODE/freeradius/$2"
	[ -z "$certificate" ] || printf '%s\n' "x509/$certificate.pem" "private/$certificate.pem"
}
