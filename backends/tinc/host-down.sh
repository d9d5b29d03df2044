# shellcheck shell=sh
# The daemon runs it when another one ($NODE) cannot be reached any more.
rm -f "$NETDSL_TINC/$NODE"
