#!/bin/sh
# Makes the machine that it runs on a node of the lab. Root; from a folder that holds what the provisioner packed (guest/,
# image/, machine/, lab/, node/, credentials/, closed, name; `change` where the node is to be changed as it runs). As often as
# one likes.
set -eu
umask 022
PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
export PATH LC_ALL=C DEBIAN_FRONTEND=noninteractive

here=$(cd "$(dirname "$0")/.." && pwd)
library=/usr/local/lib/netdsl
done_runs=/var/lib/netdsl/images
refused=4 # the status that netdsl.rb knows
ready_seconds=180 # of an emulated processor on a busy host

say() { printf 'netdsl: %s\n' "$*"; }
die() {
    printf 'netdsl: %s\n' "$*" >&2
    exit 1
}

# ---------------------------------------------------------------- packages and run lines

# Sets $wanted: those of image/packages that are not installed. Asked in one go.
missing_packages() {
    # shellcheck disable=SC2016 # dpkg's own words
    dpkg-query -W -f '${db:Status-Abbrev} ${Package}\n' 2>/dev/null | sed -n 's/^ii *//p' | sort -u >"$here/installed"
    wanted=$(sort -u "$here/image/packages" | comm -23 - "$here/installed" | tr '\n' ' ')
}

enabled_units() { systemctl list-unit-files --no-legend --state=enabled 2>/dev/null | cut -d' ' -f1 | sort; }

# As in a container nothing starts by being installed: neither now nor with the machine.
install_packages() {
    missing_packages
    [ -n "$wanted" ] || return 0
    [ "$(cat "$here/closed")" = no ] || ! is_ours ||
        die "these packages are missing, and a closed lab gets none: $wanted (use a box that has them: NETDSL_BOX)"
    say "installing $wanted"
    enabled_units >"$here/enabled"
    printf '#!/bin/sh\nexit 101\n' >/usr/sbin/policy-rc.d
    chmod 755 /usr/sbin/policy-rc.d
    open_way
    status=0
    # shellcheck disable=SC2086 # a list of names, one word each
    { apt-get update -q && apt-get install -q -y --no-install-recommends -- $wanted; } </dev/null >"$here/apt.log" 2>&1 ||
        status=$?
    close_way
    rm -f /usr/sbin/policy-rc.d
    if [ "$status" -ne 0 ]; then
        tail -n 12 "$here/apt.log" >&2
        die "these packages cannot be installed: $wanted"
    fi
    enabled_units | comm -13 "$here/enabled" - | while read -r unit; do
        systemctl --quiet disable "$unit" 2>/dev/null || :
    done
}

# Whether this machine's network is as netdsl leaves it, without a way out over mgmt.
is_ours() { [ -e /etc/systemd/network/70-netdsl-mgmt.network ]; }

# lease KEY: what the provider's DHCP server gave besides the address.
lease() { sed -n "s/^$1=\([^ ]*\).*/\1/p" "/run/systemd/netif/leases/$(cat /sys/class/net/mgmt/ifindex)" 2>/dev/null; }

# For as long as packages or run lines need it: out over mgmt, by a routing table of its own, so that neither the lab's routes
# nor its filter are touched. A box that netdsl has not seen yet has its own way.
open_way() {
    is_ours && [ -e /sys/class/net/mgmt ] && [ "$(cat "$here/closed")" = no ] || return 0
    gateway=$(lease ROUTER)
    [ -n "$gateway" ] || return 0
    nft delete table inet netdsl_mgmt 2>/dev/null || :
    ip route replace default via "$gateway" dev mgmt onlink table 7777
    ip rule add pref 7777 lookup 7777
    ip rule add pref 7776 lookup main suppress_prefixlength 0
    cp /etc/resolv.conf "$here/resolv.conf"
    printf 'nameserver %s\n' "$(lease DNS)" >/etc/resolv.conf
}

close_way() {
    [ -e "$here/resolv.conf" ] || return 0
    cat "$here/resolv.conf" >/etc/resolv.conf
    rm -f "$here/resolv.conf"
    while ip rule delete pref 7777 2>/dev/null; do :; done
    while ip rule delete pref 7776 2>/dev/null; do :; done
    ip route flush table 7777 2>/dev/null || :
}

# run_line FILE: without any network, unless who compiled the lab has agreed to one.
run_line() {
    if [ -e "$here/image/online" ]; then
        sh -e "$1"
    else
        # shellcheck disable=SC2016 # expanded inside
        unshare --net -- sh -c 'ip link set dev lo up && exec sh -e "$1"' sh "$1"
    fi
}

# Once for each image: its name holds what it is made of.
run_lines() {
    image=$(cat "$here/machine/image")
    [ ! -e "$done_runs/$image" ] || return 0
    number=1
    while [ -e "$here/image/run/$number" ]; do
        [ "$number" -gt 1 ] || [ ! -e "$here/image/online" ] || open_way
        say "run line $number of the image"
        run_line "$here/image/run/$number" </dev/null || {
            close_way
            die "run line $number of the image ends with an error"
        }
        number=$((number + 1))
    done
    [ "$number" -eq 1 ] || close_way
    mkdir -p "$done_runs"
    : >"$done_runs/$image"
}

# As in the images: it needs no capability, by ping_group_range.
plain_ping() {
    [ -x /usr/bin/ping ] || return 0
    chmod u-s /usr/bin/ping
    setcap -r /usr/bin/ping 2>/dev/null || :
}

# ---------------------------------------------------------------- the machine itself

# put SOURCE PLACE [MODE]: fails where it was there already with the same content.
put() {
    ! cmp -s "$1" "$2" || return 1
    mkdir -p "${2%/*}"
    install -m "${3:-644}" "$1" "$2"
}

own_files() {
    # A unit that systemd has never heard of is read when it is started; a changed one only after a reload, which is dear.
    known=no changed=no
    [ ! -e /etc/systemd/system/netdsl.service ] || known=yes
    put "$here/guest/prepare.sh" "$library/prepare.sh" || :
    put "$here/guest/mgmt.nft" "$library/mgmt.nft" || :
    put "$here/guest/mgmt.range" "$library/mgmt.range" || :
    ! put "$here/guest/netdsl.service" /etc/systemd/system/netdsl.service || changed=yes
    ! put "$here/machine/rights.conf" /etc/systemd/system/netdsl.service.d/rights.conf || changed=yes
    wants=/etc/systemd/system/multi-user.target.wants
    [ -e "$wants/netdsl.service" ] || {
        mkdir -p "$wants"
        ln -s ../netdsl.service "$wants/netdsl.service"
    }
    [ "$changed/$known" != yes/yes ] || systemctl daemon-reload
    name=$(cat "$here/name")
    [ "$(cat /etc/hostname)" = "$name" ] || {
        echo "$name" >/etc/hostname
        hostname "$name" 2>/dev/null || echo "$name" >/proc/sys/kernel/hostname
    }
}

# Interfaces are named and set up by netdsl alone. A box of Debian's own kind has ifupdown and a way out: no more.
own_network() {
    reload=no
    put "$here/guest/70-netdsl-mgmt.rules" /etc/udev/rules.d/70-netdsl-mgmt.rules || :
    ! put "$here/guest/networkd.conf" /etc/systemd/networkd.conf.d/netdsl.conf || reload=yes
    ! put "$here/guest/70-netdsl-mgmt.network" /etc/systemd/network/70-netdsl-mgmt.network || reload=yes
    uplink_file
    mkdir -p /etc/sysctl.d
    for masked in /etc/systemd/network/99-default.link /etc/sysctl.d/50-default.conf; do
        [ "$(readlink "$masked")" = /dev/null ] || ln -sf /dev/null "$masked"
    done
    [ -e /sys/class/net/mgmt ] || take_over
    [ "$reload" = no ] || systemctl --quiet restart systemd-networkd.service
}

uplink_file() {
    place=/etc/systemd/network/71-netdsl-uplink.network
    if [ ! -e "$here/machine/uplink" ]; then
        [ ! -e "$place" ] || { rm -f "$place" && reload=yes; }
        return 0
    fi
    sed "s/@mac@/$(tr -cd '0-9a-f:' <"$here/machine/uplink")/" "$here/guest/71-netdsl-uplink.network" >"$here/uplink.network"
    ! put "$here/uplink.network" "$place" || reload=yes
    put "$here/machine/uplink" "$library/uplink" || :
}

# From the box's own network to netdsl's: the interface that Vagrant came by is named, keeps its address meanwhile, and
# belongs to systemd-networkd from now on.
take_over() {
    device=''
    for folder in /sys/class/net/*; do
        case $(cat "$folder/address" 2>/dev/null) in 02:6e:6d:*) device=${folder##*/} ;; esac
    done
    [ -n "$device" ] || die 'no interface has a management MAC address (02:6e:6d:…)'
    systemctl --quiet disable networking.service NetworkManager.service systemd-resolved.service 2>/dev/null || :
    rm -f /etc/netplan/*.yaml
    # It would set the network up again at each boot.
    [ ! -d /etc/cloud ] || : >/etc/cloud/cloud-init.disabled
    systemctl --quiet mask systemd-networkd-wait-online.service
    for program in dhclient dhcpcd udhcpc; do
        pkill -x "$program" 2>/dev/null || :
    done
    ip link set dev "$device" name mgmt 2>/dev/null || {
        ip link set dev "$device" down
        ip link set dev "$device" name mgmt
        ip link set dev mgmt up
    }
    systemctl --quiet enable systemd-networkd.service
    systemctl --quiet restart systemd-networkd.service
    reload=no
    ip route flush dev mgmt proto dhcp 2>/dev/null || :
    while ip route delete default dev mgmt 2>/dev/null; do :; done
    rm -f /etc/resolv.conf
    : >/etc/resolv.conf
}

# ---------------------------------------------------------------- the node

# All or nothing: laid beside the old ones, then renamed.
lay_folders() {
    mkdir -p /netdsl
    chmod 755 /netdsl
    for folder in lab node credentials; do
        rm -rf "/netdsl/.$folder.new" "/netdsl/.$folder.old"
        [ -d "$here/$folder" ] || continue
        cp -R "$here/$folder" "/netdsl/.$folder.new"
    done
    [ ! -d /netdsl/.node.new ] || chmod -R u=rwX,go=rX /netdsl/.node.new
    chmod -R u=rwX,go=rX /netdsl/.lab.new
    find /netdsl/.lab.new -name '*.sh' -exec chmod 755 {} +
    [ ! -d /netdsl/.credentials.new ] || chmod -R u=rwX,go= /netdsl/.credentials.new
    # A node without any file of its own has an empty folder.
    [ -d /netdsl/.node.new ] || mkdir -m 755 /netdsl/.node.new
    for folder in lab node credentials; do
        [ ! -e "/netdsl/$folder" ] || mv "/netdsl/$folder" "/netdsl/.$folder.old"
        [ ! -e "/netdsl/.$folder.new" ] || mv "/netdsl/.$folder.new" "/netdsl/$folder"
        rm -rf "/netdsl/.$folder.old"
    done
}

# What an earlier inside has made and the coming one may not know.
forget_node() {
    [ -e /netdsl/node ] || return 0
    systemctl stop netdsl.service 2>/dev/null || :
    [ ! -e /netdsl/node/links.batch ] || while read -r object verb name_word name _; do
        [ "$object $verb $name_word" != 'link add name' ] || ip link delete dev "$name" 2>/dev/null || :
    done </netdsl/node/links.batch
    nft delete table inet netdsl 2>/dev/null || :
    # The coming one may have a root that is read-only.
    [ ! -e /netdsl/lab/files.sh ] || sh -c '. /netdsl/lab/files.sh; forget_files' || :
}

start_node() {
    systemctl restart netdsl.service || {
        journalctl -u netdsl.service -n 15 -o cat --no-pager >&2 || :
        die 'netdsl.service does not start'
    }
    # Up to the point from which it is the tunnels' matter, which may need another machine.
    tries=$((ready_seconds * 10))
    until [ -e /run/netdsl/configured ]; do
        if [ -e /run/netdsl/failed ] || ! systemctl --quiet is-active netdsl.service; then
            journalctl -u netdsl.service -n 15 -o cat --no-pager >&2 || :
            die "not ready: $(cat /run/netdsl/failed 2>/dev/null || echo 'netdsl.service has ended')"
        fi
        tries=$((tries - 1))
        [ "$tries" -gt 0 ] || die "netdsl.service does not come to an end of its start in $ready_seconds s"
        sleep 0.1
    done
}

# ---------------------------------------------------------------- a node that runs

# What is not the node's script's to change.
envelope() { (cd "$here" && find guest image machine closed name -type f -exec sha256sum -- {} + | sort); }

# Whether the node goes on, as it should be; it ends where it could not be changed. `change` has the digest of what its script
# is to find, from who compared what runs with it.
is_changed() {
    [ -e "$here/change" ] && [ -e /run/netdsl/configured ] && systemctl --quiet is-active netdsl.service || return 1
    envelope | cmp -s - "$library/envelope" || return 1
    lay_folders
    status=0
    reason=$(sh /netdsl/lab/node.sh change "$(cat "$here/change")") || status=$?
    case $status in
        0) say 'changed as it runs' ;;
        3) say "is started anew: $reason" && return 1 ;;
        *)
            say "not changed, and runs as before: $reason"
            exit "$refused" # other machines are provisioned still
            ;;
    esac
}

trap 'close_way; cd /; rm -rf "$here"' EXIT
trap 'exit 1' HUP INT TERM
if ! is_changed; then
    install_packages
    own_files
    own_network
    plain_ping
    run_lines
    forget_node
    lay_folders
    start_node
    envelope >"$library/envelope"
fi
