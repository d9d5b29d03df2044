# shellcheck shell=sh
# The daemon runs it when another one ($NODE) can be reached, by however many others.
: >"$NETDSL_TINC/$NODE"
