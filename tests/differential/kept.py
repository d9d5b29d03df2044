"""What random labs did, kept, so that predictions can be compared with it again without an engine.

A campaign writes a JSON file for each lab. Of those that agree an *archive* is made: a file of lines of JSON, compressed
(some 2.5 kB a lab), which lies in `observed/` and is compared by the tests, whatever the generator makes of a seed now.
"""

import hashlib
import json
import lzma
import os
import secrets
from collections.abc import Iterable
from datetime import UTC, datetime
from ipaddress import ip_address
from pathlib import Path
from typing import Any

from netdsl.ir.ids import NodeId
from netdsl.ir.service import WITH_PORTS, port
from tests.differential.flows import Flow, Outcome, Seen
from tests.differential.observing import PROBE, Observation, TunnelState

OBSERVED = Path(__file__).parent / "observed"
IN_USER_SPACE = OBSERVED / "user.jsonl.xz"
IN_KERNEL = OBSERVED / "kernel.jsonl.xz"


def key_of(source: str) -> str:
    """Of a lab and the way in which it is asked: another key is another observation."""
    return hashlib.sha256((source + PROBE).encode()).hexdigest()[:16]


def write(observation: Observation, path: Path) -> None:
    """Whole or not at all."""
    when = {"key": key_of(observation.source), "at": datetime.now(UTC).isoformat(timespec="seconds")}
    _put(path, json.dumps({**when, **_document(observation)}, indent=0).encode())


def read(path: Path) -> Observation | None:
    """None where there is none, or one that was made another way."""
    if not path.is_file():
        return None
    document = json.loads(path.read_text())
    return _observation(document) if document["key"] == key_of(document["source"]) else None


def archived(path: Path) -> tuple[Observation, ...]:
    """By their seeds; none where there is no such file."""
    if not path.is_file():
        return ()
    with lzma.open(path, "rt", encoding="utf-8") as lines:
        return tuple(_observation(json.loads(line)) for line in lines)


def archive(observations: Iterable[Observation], path: Path) -> int:
    """Adds them to what is there; of one seed the new one is kept. How many there are then."""
    found = {one.seed: one for one in (*archived(path), *observations) if not one.failure}
    lines = (json.dumps(_document(found[seed]), separators=(",", ":")) + "\n" for seed in sorted(found))
    path.parent.mkdir(parents=True, exist_ok=True)
    _put(path, lzma.compress("".join(lines).encode(), preset=9 | lzma.PRESET_EXTREME))
    return len(found)


def _put(path: Path, content: bytes) -> None:
    beside = path.with_suffix(f".{os.getpid()}-{secrets.token_hex(3)}")
    beside.write_bytes(content)
    beside.replace(path)


def _document(observation: Observation) -> dict[str, Any]:
    return {
        "seed": observation.seed,
        "source": observation.source,
        "failure": observation.failure,
        "tunnels": [
            [state.node, state.tunnel, state.child, state.state, state.start, state.esp]
            for state in observation.tunnels
        ],
        "listed": [list(one) for one in observation.listed],
        "seen": [[flow.source, flow.probe, seen.outcome, seen.detail] for flow, seen in observation.seen],
    }


def _observation(document: dict[str, Any]) -> Observation:
    return Observation(
        document["seed"],
        document["source"],
        tuple(
            (_flow(NodeId(node), probe), Seen(Outcome(said), detail)) for node, probe, said, detail in document["seen"]
        ),
        tuple(TunnelState(NodeId(node), *rest) for node, *rest in document["tunnels"]),
        document["failure"],
        tuple((NodeId(node), kind, text) for node, kind, text in document.get("listed", ())),
    )


def _flow(node: NodeId, probe: str) -> Flow:
    kind, address, number = probe.split()
    service = None if kind == "icmp" else port(WITH_PORTS[kind], int(number))
    return Flow(node, ip_address(address), service)
