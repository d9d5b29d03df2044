"""Filters of a lab: policies, and lines with all clauses but `limit` (which has no answer that a probe can see twice)."""

from random import Random

from tests.differential.draft import Box, Draft, Tunnel
from tests.differential.tunnels import kinds

SERVICES = (
    *("icmp", "tcp", "udp", "tcp/80", "http", "tcp/7", "udp/514", "tcp/8080"),
    *("icmp/echo-request", "tcp/7-80", "tcp/22, udp", "icmp/echo-reply", "icmp/port-unreachable"),
)
STATES = ("state new", "state new", "state invalid", "state new, invalid")
FLAGS = (
    "flags syn",
    "flags syn without ack",
    "without ack",
    "flags ack",
    "flags syn, ack",
    "flags rst",
    "without syn, rst",
)
ANSWERS = (
    "tcp flags ack",
    "icmp",
    "udp",
    "icmp/echo-reply",
    "tcp",
    "icmp/destination-unreachable",
    "icmp/port-unreachable",
    "",
)
"""What answers need where the firewall is stateless."""
POLICIES = (
    ("policy drop",),
    ("policy drop", "policy output accept"),
    ("policy accept",),
    ("policy accept", "policy forward drop"),
    ("policy input drop",),
    ("policy accept", "policy output drop"),
)
CHANCE = {"core": 0.15, "gateway": 0.5, "inner": 0.35, "host": 0.3}


def give_filters(rng: Random, draft: Draft) -> None:
    """Last of all: the tunnels' own packets come first in every filter on their way."""
    is_open = rng.random() < 0.08
    for box in () if is_open else draft.boxes:
        if box.role != "switch" and rng.random() < CHANCE[box.role] + 0.2 * bool(_protecting(draft, box)):
            _give(rng, draft, box)
    for box in draft.boxes:
        if not box.firewall and any(line.startswith("drop") for line in box.asked):
            box.firewall += ["policy accept", *box.asked]


def _give(rng: Random, draft: Draft, box: Box) -> None:
    policies = rng.choices(POLICIES, [26, 24, 22, 12, 8, 8])[0]
    box.firewall += [*policies, *box.asked]
    box.firewall += [f"accept tunnel {tunnel.name}" for tunnel in draft.tunnels_of(box)]
    others = {tunnel.protocol for tunnel in draft.tunnels if box not in tunnel.ends} if box.forwards else set()
    box.firewall += [kinds()[protocol].OUTER for protocol in sorted(others)]
    is_strict = "policy drop" in policies
    box.is_stateless = not box.nat and rng.random() < 0.3
    if box.is_stateless and rng.random() < 0.8:
        box.firewall += [
            f"accept {_chain(rng, box)} {answers}" for answers in rng.sample(ANSWERS, rng.choice([1, 2, 3]))
        ]
    for _ in range(rng.choice([2, 3, 4, 5]) if is_strict else rng.choice([1, 1, 2, 3])):
        box.firewall.append(_line(rng, draft, box, is_strict=is_strict))
    for tunnel in _protecting(draft, box):
        if rng.random() < 0.4:
            chain = rng.choice(["forward", "forward", "input", "output"])
            verdict = rng.choice(["accept", "accept", "reject"] if is_strict else ["drop", "reject", "accept"])
            box.firewall.append(f"{verdict} {chain} {rng.choice(SERVICES)} through {tunnel.name}")


def _protecting(draft: Draft, box: Box) -> list[Tunnel]:
    return [tunnel for tunnel in draft.tunnels_of(box) if tunnel.kind in ("site", "segment")]


def _line(rng: Random, draft: Draft, box: Box, *, is_strict: bool) -> str:
    verdict = rng.choices(["accept", "drop", "reject"], [74, 9, 17] if is_strict else [20, 30, 50])[0]
    chain = _chain(rng, box)
    if rng.random() < 0.1:
        chain = "input, output"
    words = [verdict, chain]
    if rng.random() < 0.68:
        words.append(rng.choice(SERVICES))
    for clause in ("from", "to"):
        if rng.random() < 0.28:
            words.append(f"{clause} {_who(rng, draft)}")
    words += _interfaces(rng, box, chain)
    words += _connection(rng, words, is_tracked=not box.is_stateless)
    if rng.random() < 0.1:
        words.append(f'log "{box.name}"')
    words += _tunnel(rng, draft, box)
    return " ".join(words)


def _who(rng: Random, draft: Draft) -> str:
    """A network, a node, an address or a prefix: what a text can name without saying whose it is."""
    nets = [net for net in draft.nets if not net.is_link]
    boxes = [box for box in draft.boxes if box.role != "switch"]
    if draft.is_overlapping:
        boxes = [box for box in boxes if not box.site or box.site == "c"]
    match rng.choices(["net", "box", "port", "address", "two"], [40, 25, 15, 10, 10])[0]:
        case "box" if boxes:
            return rng.choice(boxes).name
        case "port" if boxes:
            box = rng.choice(boxes)
            return f"{box.name}.{rng.choice(box.addressed).name}"
        case "address":
            box = rng.choice([box for box in draft.boxes if box.role != "switch"])
            return ", ".join(rng.choice(box.addressed).addresses)
        case "two":
            return ", ".join(net.name for net in rng.sample(nets, 2))
        case _:
            return rng.choice(nets).name


def _chain(rng: Random, box: Box) -> str:
    return rng.choices(["input", "output", "forward"], [30, 15, 55] if box.forwards else [70, 30, 0])[0]


def _connection(rng: Random, words: list[str], *, is_tracked: bool) -> list[str]:
    """What connection tracking says of the packet, its TCP flags."""
    asked = [rng.choice(STATES)] if is_tracked and rng.random() < 0.25 else []
    is_tcp = len(words) > 2 and words[2].startswith("tcp") and "," not in words[2]
    return [*asked, rng.choice(FLAGS)] if is_tcp and rng.random() < 0.4 else asked


def _interfaces(rng: Random, box: Box, chain: str) -> list[str]:
    """`in` where a packet comes in, `out` where one goes out."""
    names = [port.name for port in box.ports]
    words = []
    if chain in ("input", "forward") and rng.random() < 0.25:
        words.append(f"in {rng.choice(names)}")
    if chain in ("output", "forward") and rng.random() < 0.25:
        words.append(f"out {rng.choice(names)}")
    return words


def _tunnel(rng: Random, draft: Draft, box: Box) -> list[str]:
    """`through` only where the tunnel protects networks: what NAT leads into one is not in it yet."""
    mine = draft.tunnels_of(box)
    if not mine or rng.random() > 0.5:
        return []
    tunnel = rng.choice(mine)
    if tunnel.kind in ("site", "segment") and rng.random() < 0.6:
        return [f"through {rng.choice([tunnel.name, tunnel.protocol])}"]
    if tunnel.kind == "road":
        return []
    return [f"while {tunnel.name} {rng.choice(['up', 'up', 'down'])}"]
