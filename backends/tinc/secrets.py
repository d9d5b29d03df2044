"""The configuration of a node's daemons, in the node's credentials: tinc.conf(5).

The store keeps the RSA keys of the daemons. A node has its own, and the public ones of those that its daemon may be
connected to.
"""

from collections.abc import Callable, Iterator, Mapping

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

from netdsl.ir.node import Node
from netdsl.ir.tunnel import SharedSecret, TunnelEnd, own_device
from netdsl.kinds.tinc.ir import ends_of, settings_of

Value = Callable[[SharedSecret], bytes]
_ALWAYS = (
    "Mode = router",
    "DeviceType = tun",
    "ScriptsInterpreter = /bin/sh",
    "Broadcast = no",
    "Forwarding = kernel",
    "IndirectData = yes",
    "PMTUDiscovery = no",
    "ClampMSS = no",
    "MaxTimeout = 1",
    "PingInterval = 5",
)
"""Data go along the connections of the mesh alone, and through the node's own filter where they are passed on. A daemon
that does not answer is missed after ten seconds, and looked for once a second."""


def secret_files(node: Node, value: Value) -> Mapping[str, bytes]:
    """`tinc/DEVICE/`: `tinc.conf`, `rsa_key.priv`, and `hosts/NAME` of the daemon itself and of those that it knows."""
    found: dict[str, bytes] = {}
    by_device: dict[str, list[TunnelEnd]] = {}
    for end in ends_of(node.tunnels):
        device = own_device(end)
        by_device.setdefault(device.name, []).append(end)
    for name, ends in by_device.items():
        folder, own = f"tinc/{name}", settings_of(ends[0])
        found[f"{folder}/tinc.conf"] = _text(_daemon(name, ends))
        key = _loaded(value(own.key))
        found[f"{folder}/rsa_key.priv"] = key.private_bytes(
            Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption()
        )
        found[f"{folder}/hosts/{own.name}"] = _text(_self(ends[0]))
        for end in ends:
            public = _loaded(value(settings_of(end).peer_key)).public_key()
            found[f"{folder}/hosts/{settings_of(end).peer_name}"] = _text(_peer(end)) + public.public_bytes(
                Encoding.PEM, PublicFormat.PKCS1
            )
    return found


def _text(lines: Iterator[str]) -> bytes:
    return "".join(f"{line}\n" for line in lines).encode()


def _loaded(pem: bytes) -> RSAPrivateKey:
    key = load_pem_private_key(pem, None, unsafe_skip_rsa_key_validation=True)
    assert isinstance(key, RSAPrivateKey), "made with RSA"
    return key


def _daemon(device: str, ends: list[TunnelEnd]) -> Iterator[str]:
    own = settings_of(ends[0])
    assert ends[0].local is not None, "a daemon has a local address"
    yield f"Name = {own.name}"
    yield f"Interface = {device}"
    yield f"AddressFamily = ipv{ends[0].local.version}"
    yield f"BindToAddress = {ends[0].local}"
    yield from _ALWAYS
    for end in ends:
        if settings_of(end).endpoint is not None:
            yield f"ConnectTo = {settings_of(end).peer_name}"


def _self(end: TunnelEnd) -> Iterator[str]:
    """What the daemon tells the others of itself."""
    settings, device = settings_of(end), own_device(end)
    yield f"Port = {settings.port}"
    yield f"Cipher = {settings.protection.cipher}"
    yield f"Digest = {settings.protection.digest}"
    yield f"MACLength = {settings.protection.mac}"
    for given in device.addresses:
        yield f"Subnet = {given.ip}/{given.max_prefixlen}"
    for prefix in end.children[0].local:
        yield f"Subnet = {prefix}"


def _peer(end: TunnelEnd) -> Iterator[str]:
    settings = settings_of(end)
    yield f"Port = {settings.peer_port}"
    if settings.endpoint is not None:
        yield f"Address = {settings.endpoint}"
    if settings.is_tcp:
        yield "TCPOnly = yes"
