"""Bringing the running lab into the state of a block (`while T down`, `while A -- B down`), and back."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import TypeVar

from netdsl.dataclass import dataclass
from netdsl.ir.expectation import WhileState
from netdsl.ir.ids import NetworkId, NodeId, TunnelId, host_name
from netdsl.ir.tunnel import Start
from netdsl.packets.routes import NextHop
from netdsl.packets.spanning import blocked_ports
from netdsl.packets.world import World
from netdsl.payload.quoting import flat
from netdsl.runtime.driver import Answer, Deployment, Driver, DriverError
from netdsl.testing.beside import Probes
from netdsl.testing.pace import Pace
from netdsl.testing.reading import NODE_SCRIPT, ends_of, tunnel_lines

_COMMAND = 60.0  # seconds: ending an IKE association takes long if the peer does not answer
_SETTLE = 30.0  # seconds until a tunnel that comes back is up
_FAILOVER = 90.0  # seconds until a backup is up, whose other tunnel has to be found dead first
_PAUSE = 0.3
_TABLE = "netdsl_cut"
_FORWARDING, _BLOCKING = "3", "4"  # BR_STATE_… of linux/if_bridge.h

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Bench:
    """A running lab with its driver, its probes and its world, as all tests use it."""

    driver: Driver
    deployment: Deployment
    probes: Probes
    world: World
    pace: Pace

    def command(self, node: NodeId, *words: str) -> str:
        """The output of a command of the node's own. Raises DriverError if the command fails."""
        answer = self.driver.ask(self.deployment, host_name(node), words, timeout=_COMMAND * self.driver.slowness)
        return _output(node, words, answer)

    def network(self, node: NodeId, *words: str) -> str:
        """The output of a command beside the node, in its network. Raises DriverError if the command fails."""
        return _output(node, words, self.probes.at(node).ask(words, timeout=_COMMAND * self.driver.slowness))

    def tunnels(self, node: NodeId) -> list[tuple[str, str, str, str]]:
        return tunnel_lines(self.command(node, *NODE_SCRIPT, "status"))

    def wait(self, holds: Callable[[], bool], seconds: float) -> bool:
        """Whether a condition becomes true in time. `seconds`: in a container."""
        deadline = self.pace.now() + seconds * self.driver.slowness
        while not holds():
            if self.pace.now() > deadline:
                return False
            self.pace.sleep(_PAUSE)
        return True


def _output(node: NodeId, words: tuple[str, ...], answer: Answer) -> str:
    if answer.status:
        raise DriverError(
            f"`{node}` could not do it", command=" ".join(words), status=answer.status, tail=answer.errors
        )
    return answer.output


@dataclass(frozen=True, slots=True)
class Silenced:
    """Of hosts: IPv6 next hops that do not answer in a state and do without it (`lost`), and the contrary (`found`)."""

    lost: tuple[tuple[NodeId, NextHop], ...]
    found: tuple[tuple[NodeId, NextHop], ...]


@contextmanager
def during(bench: Bench, state: WhileState | None) -> Iterator[None]:
    """A context in which the lab is in a state, restored also after errors. Raises DriverError."""
    if state is None:
        yield
        return
    there = bench.world.during(state)
    silenced = _silenced(bench, there)
    with _noticed_again(bench, silenced), _backups(bench, there), _entered(bench, state):
        _notice(bench, silenced)
        _await_backups(bench, there)
        yield


@contextmanager
def _backups(bench: Bench, there: World) -> Iterator[None]:
    """A context after which the tunnels that were to open only in it are down again."""
    try:
        yield
    finally:
        with bench.pace.undisturbed():
            for tunnel in _opening(bench, there):
                _await_tunnel(bench, tunnel, "down")


def _await_backups(bench: Bench, there: World) -> None:
    for tunnel in _opening(bench, there):
        _await_tunnel(bench, tunnel, "up", _FAILOVER)


def _opening(bench: Bench, there: World) -> tuple[TunnelId, ...]:
    """Backups that come up in a state."""
    backups = dict.fromkeys(end.tunnel for node in bench.world.lab.nodes for end in node.tunnels if end.backup_of)
    return tuple(tunnel for tunnel in backups if there.is_up(tunnel) and not bench.world.is_up(tunnel))


def _entered(bench: Bench, state: WhileState) -> AbstractContextManager[None]:
    if state.tunnel is not None:
        return _tunnel(bench, state.tunnel, is_up=state.is_up)
    return nullcontext() if state.link is None or state.is_up else _interrupted(bench, state.link)


@contextmanager
def _tunnel(bench: Bench, tunnel: TunnelId, *, is_up: bool) -> Iterator[None]:
    """Take a tunnel down or up by the payload's commands at every end: a single end would be brought up again by the
    other."""
    starts = {
        child.start
        for node in bench.world.lab.nodes
        for end in node.tunnels
        if end.tunnel == tunnel
        for child in end.children
    }
    is_by_hand = not any(start.is_automatic for start in starts)
    if is_up and not is_by_hand:
        _await_tunnel(bench, tunnel, "up")
        yield
        return
    first, then = ("up", "down") if is_up else ("down", "up")
    try:
        _at_all_ends(bench, tunnel, first)
        _await_tunnel(bench, tunnel, first)
        yield
    finally:
        with bench.pace.undisturbed():
            _at_all_ends(bench, tunnel, then)
            if then == "down" or Start.BOOT in starts:
                _await_tunnel(bench, tunnel, then)


def _at_all_ends(bench: Bench, tunnel: TunnelId, verb: str) -> None:
    """Run the command at every end, also after one has failed. Raises DriverError if one failed."""
    _for_all(ends_of(bench.world, tunnel), lambda node: bench.command(node, *NODE_SCRIPT, verb, flat(tunnel)))


def _await_tunnel(bench: Bench, tunnel: TunnelId, state: str, seconds: float = _SETTLE) -> None:
    """Wait for a state. A timeout is no error here: the lines of the block show it."""

    def is_so() -> bool:
        lines = (line for node in ends_of(bench.world, tunnel) for line in bench.tunnels(node))
        return all(found == state for name, _, found, _ in lines if name == flat(tunnel))

    bench.wait(is_so, seconds)


@contextmanager
def _interrupted(bench: Bench, network: NetworkId) -> Iterator[None]:
    """Interrupt a network: every node drops all frames that arrive from it. Interfaces stay up, because setting a link
    down would remove addresses and routes."""
    interfaces = [
        (node.id, number, interface.name)
        for node in bench.world.lab.nodes
        for number, interface in enumerate(node.interfaces)
        if interface.network == network
    ]
    try:
        _for_all(interfaces, lambda at: bench.network(at[0], "nft", _dropping(*at[1:])))
        _await_spanning_tree(bench, {network})
        yield
    finally:
        with bench.pace.undisturbed():
            nodes = tuple(dict.fromkeys(node for node, _, _ in interfaces))
            _for_all(
                nodes,
                lambda node: bench.network(node, "nft", f"add table netdev {_TABLE}; delete table netdev {_TABLE}"),
            )
            _await_spanning_tree(bench, set())


def _await_spanning_tree(bench: Bench, cut: set[NetworkId]) -> None:
    """Wait until the switches have found their tree without a network: a lost neighbour is missed for six seconds, and a
    port then takes four to forward. A timeout is no error here: the lines of the block show it. Then the nodes ask for
    their neighbours again: what runs the lab makes each network by a bridge, which remembers for five minutes where an
    address was, until it hears of it elsewhere."""
    fabric = bench.world.fabric
    blocked = blocked_ports(fabric.lab, cut)
    trees = [node for node in fabric.lab.nodes if node.has_spanning_tree]
    wanted = {
        node.id: {
            one.name: _BLOCKING if (node.id, one.name) in blocked else _FORWARDING
            for one in node.interfaces
            if one.network not in cut
        }
        for node in trees
    }

    def is_settled() -> bool:
        return all(_port_states(bench, node, ports) == list(ports.values()) for node, ports in wanted.items())

    bench.wait(is_settled, _SETTLE)
    segments = dict.fromkeys(fabric.segment_of[one.network] for node in trees for one in node.interfaces)
    members = [(view.id, one.name) for segment in segments for view, one in fabric.members.get(segment, ())]
    _for_all(members, lambda at: bench.network(at[0], "ip", "neighbour", "flush", "dev", at[1]))


def _port_states(bench: Bench, switch: NodeId, ports: Iterable[str]) -> list[str]:
    paths = [f"/sys/class/net/{name}/brport/state" for name in ports]
    return bench.network(switch, "cat", *paths).split() if paths else []


@contextmanager
def _noticed_again(bench: Bench, silenced: Silenced) -> Iterator[None]:
    """A context after which hosts look again for the next hops that were silent in it."""
    try:
        yield
    finally:
        with bench.pace.undisturbed():
            _for_all(silenced.lost, lambda at: _forget(bench, *at))
            _for_all(silenced.found, lambda at: _fail(bench, *at))


def _silenced(bench: Bench, world: World) -> Silenced:
    lost, found = [], []
    for node, view in world.fabric.views.items():
        before = bench.world.view(node).silent
        lost += [(node, next_hop) for next_hop in sorted(view.silent - before, key=str)]
        found += [(node, next_hop) for next_hop in sorted(before - view.silent, key=str)]
    return Silenced(tuple(lost), tuple(found))


def _notice(bench: Bench, silenced: Silenced) -> None:
    """Let hosts know at once what answers and what does not, so that they take the routes by which the state is judged. By
    itself a host notices a silence after up to a minute, and an answer again after another one (net/ipv6/route.c,
    rt6_probe)."""
    _for_all(silenced.lost, lambda at: _fail(bench, *at))
    _for_all(silenced.found, lambda at: _forget(bench, *at))


def _fail(bench: Bench, node: NodeId, next_hop: NextHop) -> None:
    interface, address = next_hop
    bench.network(node, "ip", "neighbour", "replace", str(address), "dev", interface, "nud", "failed")


def _forget(bench: Bench, node: NodeId, next_hop: NextHop) -> None:
    interface, address = next_hop
    bench.network(node, "ip", "neighbour", "flush", "to", str(address), "dev", interface)


def _dropping(number: int, interface: str) -> str:
    """The nft command, in one argument. Names of interfaces consist of letters, digits, `-`, `_` and `.`, so they need
    no quoting."""
    hook = f'type filter hook ingress device "{interface}" priority -500; policy drop;'
    return f"add table netdev {_TABLE}; add chain netdev {_TABLE} cut_{number} {{ {hook} }}"


def _for_all(items: tuple[T, ...] | list[T], do: Callable[[T], object]) -> None:
    """Call `do` for every item, also after a failure; then raise the first DriverError."""
    failures: list[DriverError] = []
    for item in items:
        try:
            do(item)
        except DriverError as error:
            failures.append(error)
    if failures:
        raise failures[0]
