"""Who may ask a RADIUS server, and the passwords that it is asked about, in the node's credentials."""

from collections.abc import Callable, Iterator, Mapping

from netdsl.ir.node import Node
from netdsl.ir.tunnel import SharedSecret
from netdsl.payload.part import served

from .quoting import quoted
from .services import SERVICES

_ASKING = "radius"

Value = Callable[[SharedSecret], bytes]


def secret_files(node: Node, value: Value) -> Mapping[str, bytes]:
    """`clients.conf` and `users` for each port (clients.conf(5), users(5))."""
    files: dict[str, bytes] = {}
    for one in served(node, SERVICES):
        port = one.service.first
        clients = "".join(_clients([secret for secret in one.secrets if secret.method == _ASKING], value))
        users = "".join(_users([secret for secret in one.secrets if secret.method != _ASKING], value))
        files[f"radius/{port}/clients.conf"] = clients.encode()
        files[f"radius/{port}/users"] = users.encode()
    return files


def _clients(secrets: list[SharedSecret], value: Value) -> Iterator[str]:
    pairs = [(address, secret) for secret in secrets for address in secret.owners]
    for number, (address, secret) in enumerate(pairs, start=1):
        family = "ipv6addr" if ":" in address else "ipv4addr"
        yield f"client asking-{number} {{\n\t{family} = {address}\n\tsecret = {_text(secret, value)}\n}}\n"


def _users(secrets: list[SharedSecret], value: Value) -> Iterator[str]:
    for secret in secrets:
        (name,) = secret.owners
        yield f"{quoted(name)} Cleartext-Password := {_text(secret, value)}\n"


def _text(secret: SharedSecret, value: Value) -> str:
    return quoted(value(secret).decode())
