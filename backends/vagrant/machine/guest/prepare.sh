#!/bin/sh
# What a container engine does around a node before its script starts: sysctls, and the wall around the management
# interface. Run by netdsl.service, as root.
set -u

library=${0%/*}
node=/netdsl/node
tab='	'
uplink_seconds=20

fail() {
    printf 'netdsl: not ready: %s\n' "$*" >&2
    exit 1
}

# One line, an IPv4 prefix and nothing else: it gets into nft's own language.
load_wall() {
    read -r range <"$library/mgmt.range" || fail 'mgmt.range cannot be read'
    case $range in
        *[!0-9./]* | '' | */*/*) fail "mgmt.range holds no range: $range" ;;
        */*) ;;
        *) fail "mgmt.range holds no range: $range" ;;
    esac
    nft -D "range=$range" -f "$library/mgmt.nft" || fail 'mgmt.nft is refused'
}

# set_sysctl KEY VALUE: dots to slashes by hand, an interface's name may hold one. A key that is not there is for the node's own
# check to complain of.
set_sysctl() {
    path=/proc/sys rest=$1.
    while [ -n "$rest" ]; do
        path=$path/${rest%%.*} rest=${rest#*.}
    done
    [ ! -e "$path" ] || printf '%s\n' "$2" >"$path"
}

# Sets $device: the interface with this MAC address.
find_device() {
    device=''
    for folder in /sys/class/net/*; do
        { read -r address <"$folder/address"; } 2>/dev/null || continue
        [ "$address" = "$1" ] || continue
        [ ! -e "$folder/bridge" ] || continue # a bridge has the address of a port
        device=${folder##*/}
        return 0
    done
    return 1
}

# `all` reaches the lab's interfaces as well, as the twin's envelope does it; an interface is known by its MAC address, for it
# has its name of the lab only when the node runs.
apply_sysctl() {
    key=$1 value=$2
    case $key in
        net.ipv[46].conf.all.*)
            set_sysctl "$key" "$value"
            setting=${key##*.}
            [ ! -e "$node/interfaces.tsv" ] || while IFS=$tab read -r mac _ kind; do
                if [ "$kind" = lab ] && find_device "$mac"; then
                    set_sysctl "${key%.all.*}.$device.$setting" "$value"
                fi
            done <"$node/interfaces.tsv"
            ;;
        net.ipv[46].conf.default.*) set_sysctl "$key" "$value" ;;
        net.ipv[46].conf.* | net.ipv[46].neigh.*)
            setting=${key##*.}
            scope=${key#net.ipv?.*.}
            scope=${scope%.*}
            head=${key%".$scope.$setting"}
            while IFS=$tab read -r mac name _; do
                if [ "$name" = "$scope" ] && find_device "$mac"; then
                    set_sysctl "$head.$device.$setting" "$value"
                fi
            done <"$node/interfaces.tsv"
            ;;
        *) set_sysctl "$key" "$value" ;;
    esac
}

apply_sysctls() {
    set_sysctl net.ipv4.ip_unprivileged_port_start 0
    set_sysctl net.ipv4.ping_group_range '0 2147483647'
    [ -e "$node/sysctl.tsv" ] || return 0
    while IFS=$tab read -r key value; do
        apply_sysctl "$key" "$value"
    done <"$node/sysctl.tsv"
}

# The loopback's addresses and the routes of an earlier start; what hangs on the other interfaces goes when they go down.
clear_earlier() {
    ip address flush dev lo scope global 2>/dev/null
    ip -4 route flush proto boot 2>/dev/null
    ip -6 route flush proto boot 2>/dev/null
}

# The payload keeps the default route that it finds on the uplink: systemd-networkd has to have brought it.
await_uplink() {
    [ -e "$library/uplink" ] && [ -e "$node/interfaces.tsv" ] || return 0
    read -r mac <"$library/uplink"
    tries=$((uplink_seconds * 5))
    while [ "$tries" -gt 0 ]; do
        if find_device "$mac" && [ -n "$(ip -4 route show default dev "$device")" ]; then return; fi
        tries=$((tries - 1))
        sleep 0.2
    done
    printf 'netdsl: the uplink has got no address yet\n' >&2
}

# Interfaces may be later than the script.
await_interfaces() {
    [ -e "$node/interfaces.tsv" ] || return 0
    while IFS=$tab read -r mac _; do
        tries=100
        until find_device "$mac" || [ "$tries" -eq 0 ]; do
            tries=$((tries - 1))
            sleep 0.1
        done
    done <"$node/interfaces.tsv"
}

load_wall
await_interfaces
apply_sysctls
clear_earlier
await_uplink
