"""Which interfaces a node has, asked before something is done with one."""

from collections.abc import Iterable

from netdsl.diagnostics.suggest import did_you_mean
from netdsl.runtime.driver import Answer, DriverError

INTERFACES = ("ip", "-brief", "link", "show")
"""The command whose answer says which there are."""
ALL = "any"
"""Every interface, as tcpdump says it."""


def refuse_unknown(node: str, interface: str, answer: Answer) -> None:
    """Raises DriverError where the node's answer to INTERFACES has not the interface. Without an answer all are taken."""
    known = tuple(_names(answer.output.splitlines()))
    if answer.status or not known or interface in (ALL, *known):
        return
    hint = did_you_mean(interface, known)
    raise DriverError(
        f"`{node}` has no interface `{interface}`" + (f": {hint}" if hint else ""),
        remedy=f"its interfaces are {', '.join(known)}; {ALL} is all of them",
    )


def _names(lines: Iterable[str]) -> Iterable[str]:
    return (line.split()[0].partition("@")[0] for line in lines if line.strip())
