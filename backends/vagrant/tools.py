"""Measuring tools in a machine: commands in a control group of their own, so that what they leave can be ended."""

import math
import secrets
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from shlex import join

from netdsl.dataclass import dataclass
from netdsl.runtime.driver import Answer, DriverError
from netdsl.runtime.meter import TOO_LONG

from .ssh import Connection, Unreachable

WANTED = ("iperf3", "ping", "nft", "perl")
_PACKAGES = {"ping": "iputils-ping", "nft": "nftables", "perl": "perl-base"}
_GROUPS = "/sys/fs/cgroup"
_PATIENCE = 60.0  # seconds for a short answer

# Prints what is missing. A machine has control groups of version 2 alone, as Debian 13 has.
_BEGIN = f'mkdir "{_GROUPS}/$1" || exit 1; shift; for tool; do command -v "$tool" >/dev/null || echo "$tool"; done'
# Ended inside too, where it takes too long: a connection that goes would leave it there.
_RUN = f'echo $$ >"{_GROUPS}/$1/cgroup.procs" || exit 126; seconds=$2; shift 2; exec timeout -k 1 "$seconds" "$@"'
# What is killed is gone a moment later.
_END = (
    f'group={_GROUPS}/$1; [ -d "$group" ] || exit 0; echo 1 >"$group/cgroup.kill"; tries=100; '
    'until rmdir "$group" 2>/dev/null; do tries=$((tries - 1)); [ "$tries" -gt 0 ] || exit 1; sleep 0.1; done'
)


@dataclass(frozen=True, slots=True)
class MachineTools:
    """Commands of root's in a machine, all in the control group `group`."""

    node: str
    connection: Connection
    group: str

    def ask(self, command: Sequence[str], *, timeout: float) -> Answer:
        """Connections under emulation may take seconds, which are not the command's."""
        seconds = math.ceil(timeout)
        words = ("sh", "-c", _RUN, "sh", self.group, str(seconds), *command)
        answer = _asked(self.node, self.connection, words, seconds + _PATIENCE)
        if answer.status in TOO_LONG:
            message = f"`{self.node}`: `{command[0]}` does not end within {seconds} s"
            raise DriverError(message, command=join(command))
        return answer


@contextmanager
def tools_in(node: str, connection: Connection) -> Iterator[MachineTools]:
    """DriverError where a tool is missing, with the remedy. Nothing that was begun in the block is left after it."""
    group = f"netdsl-tools-{secrets.token_hex(4)}"
    begun = _asked(node, connection, ("sh", "-c", _BEGIN, "sh", group, *WANTED), _PATIENCE)
    try:
        if begun.status:
            raise DriverError(f"`{node}` has no room for measuring tools", tail=begun.errors)
        missing = begun.output.split()
        if missing:
            raise _without(node, missing)
        yield MachineTools(node, connection, group)
    finally:
        ended = _asked(node, connection, ("sh", "-c", _END, "sh", group), _PATIENCE)
        if ended.status:
            raise DriverError(f"`{node}`: what was measured with does not end", tail=ended.errors)


def _without(node: str, missing: Sequence[str]) -> DriverError:
    names = ", ".join(f"`{name}`" for name in missing)
    packages = ", ".join(_PACKAGES.get(name, name) for name in missing)
    remedy = f"the box of tools/vagrant-box has it; with another: image NAME {{ packages {packages} }}, for its nodes"
    return DriverError(f"nothing to measure with in `{node}`: its machine has no {names}", remedy=remedy)


def _asked(node: str, connection: Connection, words: Sequence[str], timeout: float) -> Answer:
    try:
        return connection.ask(words, timeout=timeout)
    except Unreachable as error:
        raise DriverError(f"`{node}`: {error}", command=join(words[4:])) from error
