# shellcheck shell=sh
# What the tools that build a Debian share, from the mirror that this machine's apt uses. Sourced; files are written into
# the folder $work. At the end, how hypervisor installs packages on this machine.

# Where the administrator's tools are, which a user's PATH leaves out.
PATH=$PATH:/usr/sbin:/sbin

suite=trixie
# A folder that the caller makes before it writes.
work=''

# site CODENAME: the mirror that apt has for a release of Debian.
site() {
    # shellcheck disable=SC2016 # apt fills these in, not the shell
    apt-get indextargets --format '$(ORIGIN) $(CODENAME) $(SITE)' 'Created-By: Packages' |
        sed -n "s/^Debian $1 //p" | head -n 1
}

# Writes $work/debian.sources: this machine's mirrors, for $suite. Fails where apt has no Debian mirror.
write_sources() {
    # shellcheck source=/dev/null
    codename=$(. /etc/os-release && echo "${VERSION_CODENAME:-}")
    main=$(site "$codename")
    security=$(site "$codename-security")
    [ -n "$main" ] || return 1
    {
        printf 'Types: deb\nURIs: %s\nSuites: %s %s-updates\nComponents: main\nSigned-By: %s\n' \
            "$main" "$suite" "$suite" /usr/share/keyrings/debian-archive-keyring.gpg
        [ -z "$security" ] || printf '\nTypes: deb\nURIs: %s\nSuites: %s-security\nComponents: main\nSigned-By: %s\n' \
            "$security" "$suite" /usr/share/keyrings/debian-archive-keyring.gpg
    } >"$work/debian.sources"
}

# Writes $work/apt.conf. What apt needs here to reach or accept its mirror (a proxy, no expiry at a snapshot), it
# needs in the new system too; then what the public image sets: no package files, no translations, packed indexes.
write_apt_conf() {
    {
        apt-config dump --format '%f "%v";%n' Acquire |
            grep -iE '^Acquire::(https?::Proxy|Check-Valid-Until|Check-Date) ' || :
        cat <<'CONF'
DPkg::Post-Invoke { "rm -f /var/cache/apt/archives/*.deb /var/cache/apt/archives/partial/*.deb /var/cache/apt/*.bin || true"; };
Dir::Cache::pkgcache "";
Dir::Cache::srcpkgcache "";
Acquire::Languages "none";
Acquire::GzipIndexes "true";
APT::AutoRemove::SuggestsImportant "false";
CONF
    } >"$work/apt.conf"
}

# slim_debian ARCHITECTURE TAR [MMDEBSTRAP OPTION...]: a minimal Debian without manuals and translations, packed.
# Shows the end of the log and fails where mmdebstrap does.
slim_debian() {
    architecture=$1 packed=$2
    shift 2
    # An image without certificates could not reach an https mirror.
    ! grep -q '^URIs: https' "$work/debian.sources" || set -- --include=ca-certificates "$@"
    mmdebstrap --variant=minbase --format=tar --architectures="$architecture" \
        --aptopt="$work/apt.conf" \
        --dpkgopt='force-unsafe-io' \
        --dpkgopt='path-exclude=/usr/share/doc/*' \
        --dpkgopt='path-include=/usr/share/doc/*/copyright' \
        --dpkgopt='path-exclude=/usr/share/groff/*' \
        --dpkgopt='path-exclude=/usr/share/info/*' \
        --dpkgopt='path-exclude=/usr/share/lintian/*' \
        --dpkgopt='path-exclude=/usr/share/linda/*' \
        --dpkgopt='path-exclude=/usr/share/locale/*' \
        --dpkgopt='path-exclude=/usr/share/man/*' \
        "$@" \
        "$suite" "$packed.part" "$work/debian.sources" </dev/null >"$work/mmdebstrap.log" 2>&1 || {
        tail -n 30 "$work/mmdebstrap.log" >&2
        rm -f "$packed.part"
        return 1
    }
    mv "$packed.part" "$packed"
}

apt_install() {
    DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends \
        -o DPkg::Lock::Timeout=120 "$@" </dev/null
}

# Packages must not start services where no service manager runs: `start` does that.
forbid_services() {
    policy=/usr/sbin/policy-rc.d
    [ ! -d /run/systemd/system ] && [ ! -e "$policy" ] || return 0
    trap 'rm -f "$policy"' EXIT
    trap 'exit 1' HUP INT TERM
    printf '#!/bin/sh\nexit 101\n' >"$policy"
    chmod 755 "$policy"
}
