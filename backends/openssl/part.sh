# shellcheck shell=sh
# The part `openssl`: which certificates are good, for a PKI with `ocsp`.

# openssl_serve KIND NAME PORT. Without a PKI that names it, it answers nothing.
openssl_serve() {
	folder=$STATE/credentials/ocsp/$3
	[ -e "$folder/index" ] || {
		say "service $2: no pki has it as its responder"
		exit 1
	}
	: >"$folder/index.attr"
	become openssl ocsp -port "$3" -index "$folder/index" -CA "$folder/issuer.pem" -ignore_err \
		-rsigner "$folder/signer.pem" -rkey "$folder/signer.key" -nmin 5
}

# openssl_credentials KIND PORT
openssl_credentials() { echo "ocsp/$2/"; }
