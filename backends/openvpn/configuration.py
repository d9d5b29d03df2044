"""Configuration files for openvpn(8). What belongs to a tunnel lies in one folder, which `part.sh` fills."""

from collections.abc import Iterator, Sequence
from ipaddress import IPv4Interface, IPv6Interface

from netdsl.ir.ids import AddressWithPrefix, Prefix
from netdsl.ir.tunnel import TunnelEnd, own_device
from netdsl.kinds.openvpn.ir import Role, cipher_of, is_tcp, settings_of

_PREFIXES_OF_IPV6 = range(64, 125)
"""Lengths that openvpn takes (options.c, "/netbits must be between 64 and 124"). It sets no address here."""


def quoted(text: str) -> str:
    """A word of a configuration file (options.c, parse_line)."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def configuration(ends: Sequence[TunnelEnd], *, has_lists: bool) -> str:
    """Of all ends with one device. `has_lists`: revocation lists are there."""
    return "".join(f"{line}\n" for line in _lines(ends, has_lists))


def _lines(ends: Sequence[TunnelEnd], has_lists: bool) -> Iterator[str]:
    end = ends[0]
    settings, device = settings_of(end), own_device(end)
    yield from (f"dev {device.name}", "dev-type tun")
    yield from _role(ends)
    yield from ("ifconfig-noexec", "route-noexec", "disable-dco")
    yield from (f"tun-mtu {_mtu(ends)}", "mssfix 0", "mtu-disc no")
    cipher = cipher_of(end)
    yield from (f"data-ciphers {cipher.name}", f"cipher {cipher.name}", "allow-compression no", "tls-version-min 1.2")
    if cipher.digest:
        yield f"auth {cipher.digest}"
    yield from ("ca ca.pem", "cert cert.pem", "key key.pem", "tls-crypt tls-crypt.key")
    if has_lists:
        yield "crl-verify crl.pem"
    yield f"remote-cert-tls {'client' if settings.waits else 'server'}"
    if settings.role is not Role.SERVER:
        yield f"verify-x509-name {quoted(settings.names[1] or '')} name"
    yield from (f"ping {settings.keepalive}", f"ping-restart {max(settings_of(one).patience for one in ends)}")
    yield "socket-flags TCP_NODELAY" if is_tcp(end) else "explicit-exit-notify 1"
    yield from ("management management.sock unix", "verb 1")


def _role(ends: Sequence[TunnelEnd]) -> Iterator[str]:
    end = ends[0]
    settings, version = settings_of(end), _version(end)
    protocol = f"tcp{version}-{'server' if settings.waits else 'client'}" if is_tcp(end) else f"udp{version}"
    yield from (f"proto {protocol}", f"local {end.local}")
    if settings.waits:
        yield f"port {settings.port}"
    else:
        yield from ("lport 0", f"remote {settings.endpoint} {settings.port}", "connect-retry 1 2", "connect-timeout 5")
    match settings.role:
        case Role.SERVER:
            yield from _server(ends)
        case Role.CLIENT:
            yield from ("client", "topology subnet", "auth-retry nointeract")
        case Role.PEER:
            yield from ("tls-server", "dh none", "ping-timer-rem") if settings.waits else ("tls-client",)
            if settings.waits and not is_tcp(end):
                yield "float"
            yield "up-delay"


def _server(ends: Sequence[TunnelEnd]) -> Iterator[str]:
    yield from ("mode server", "tls-server", "dh none", "topology subnet", "client-config-dir clients", "ccd-exclusive")
    yield f"max-clients {max(1024, 2 * len(ends))}"
    for given in own_device(ends[0]).addresses:
        if isinstance(given, IPv4Interface):
            yield f"ifconfig {given.ip} {given.netmask}"
            yield f"push {quoted(f'route-gateway {given.ip}')}"
        else:
            yield f"ifconfig-ipv6 {_ipv6(given)} {given.ip}"
    for prefix in dict.fromkeys(prefix for end in ends for prefix in settings_of(end).pushed):
        yield f"push {quoted(_route('route', prefix))}"


def client(end: TunnelEnd, given: Sequence[AddressWithPrefix]) -> str:
    """What a server knows of a client: its addresses inside, `given`, and what it protects."""
    lines: list[str] = []
    server = {one.version: one.ip for one in own_device(end).addresses}
    for one in given:
        if isinstance(one, IPv4Interface):
            lines.append(f"ifconfig-push {one.ip} {one.netmask}")
        else:
            lines.append(f"ifconfig-ipv6-push {_ipv6(one)} {server[6]}")
    lines += [_route("iroute", prefix) for prefix in end.children[0].remote]
    return "".join(f"{line}\n" for line in lines)


def _route(word: str, prefix: Prefix) -> str:
    if prefix.version == 6:
        return f"{word}-ipv6 {prefix}"
    return f"{word} {prefix.network_address} {prefix.netmask}"


def _ipv6(given: IPv6Interface) -> str:
    length = min(max(given.network.prefixlen, _PREFIXES_OF_IPV6.start), _PREFIXES_OF_IPV6.stop - 1)
    return f"{given.ip}/{length}"


def _version(end: TunnelEnd) -> int:
    assert end.local is not None, "an end with a device has a local address"
    return end.local.version


def _mtu(ends: Sequence[TunnelEnd]) -> int:
    """Of the device, which is that of its smallest way."""
    found = [end.mtu for end in ends if end.mtu is not None]
    return min(found) if found else 1500
