"""The scenarios of strongSwan's integration tests: those that a lab says again, and why the others are not said."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import yaml

from netdsl.ir.expectation import StateClaim
from netdsl.library import check_file, compile_file
from netdsl.pipeline.analysis import Checked
from netdsl.verify.sentences import claim_text, tunnel_text
from tests.outputs import strongswan
from tests.strongswan.comparing import Point, points
from tests.strongswan.originals import Section

HERE = Path(__file__).parent
LABS = HERE / "labs"
KERNEL_ESP = frozenset(
    {
        "compress", "host2host-transport", "host2host-ah", "net2net-ah", "net2net-esn", "ipv6-rw-compress-ikev2",
        "ipv6-transport-ikev2", "protoport-range",
    }
)  # fmt: skip
"""Labs that user-space ESP cannot have: transport mode, AH, IPComp, extended sequence numbers, types of ICMP."""

UNSAID = {
    "ikev2/host2host-ah": [
        "moon: uses ike aes128-aesxcbc-prfaesxcbc-modp3072",
        "sun: uses ike aes128-aesxcbc-prfaesxcbc-modp3072",
    ],
}
"""What originals assert of SAs and labs cannot have: the strongSwan of Debian has no AES-XCBC for IKE."""

FEW = frozenset(
    {"net2net-psk", "net2net-route", "rw-cert", "rw-psk-rsa-mixed", "ip-pool", "ipv6-net2net-ip4-in-ip6-ikev2"}
)
"""The labs that each run of the tests brings up; the others are for `make test-full`."""


@dataclass(frozen=True, slots=True)
class Scenario:
    """A lab, and the facts of the original: the sections of swanctl.conf by host, its pings (`HOST ADDRESS yes|no`), and
    what it asserts of SAs (`HOST: LINE`, less the tunnel's name)."""

    name: str
    hosts: Mapping[str, Section]
    pings: tuple[str, ...]
    states: tuple[str, ...]

    @property
    def lab(self) -> Path:
        return LABS / f"{lab_name(self.name)}.net"


def lab_name(scenario: str) -> str:
    """`ikev2/rw-cert` is `rw-cert.net`, `ipv6/rw-ikev2` is `ipv6-rw-ikev2.net`: imports stay in one folder."""
    return scenario.removeprefix("ikev2/").replace("/", "-")


@cache
def scenarios() -> tuple[Scenario, ...]:
    facts = yaml.load((HERE / "originals.yaml").read_text(), yaml.CSafeLoader)
    return tuple(
        Scenario(name, one["hosts"], tuple(one["pings"]), tuple(one["states"])) for name, one in facts.items()
    )  # fmt: skip


@cache
def not_said() -> Mapping[str, str]:
    """The scenarios without a lab, each with the reason."""
    found: Mapping[str, str] = yaml.safe_load((HERE / "not-said.yaml").read_text())
    return found


def checked(scenario: Scenario) -> Checked:
    return check_file(scenario.lab)


def unsaid(scenario: Scenario) -> list[str]:
    """What the original asserts of SAs, and no line of the lab."""
    lab = checked(scenario).lab
    assert lab is not None
    claims = [line.claim for block in lab.expectations for line in block.lines]
    said = {
        f"{node.id}: {_without_tunnel(claim)}"
        for node in lab.nodes
        for end in node.tunnels
        for claim in claims
        if isinstance(claim, StateClaim) and claim.tunnel == end.tunnel
        if claim.end in (None, end.node, end.peer) and not claim.is_negative
    }
    return [fact for fact in scenario.states if fact not in said]


def _without_tunnel(claim: StateClaim) -> str:
    return claim_text(claim).removeprefix(f"{tunnel_text(claim)} ").removesuffix(f" {tunnel_text(claim)}")


def compared(scenario: Scenario, store: Path) -> Iterator[Point]:
    """Each point of each end of the lab's tunnels beside the original's. Raises AssertionError where a host has none."""
    compiled = compile_file(scenario.lab, credentials=store).compiled
    assert compiled is not None
    files = {one.path: one.content for one in compiled.emission.artifacts}
    for host, original in scenario.hosts.items():
        yield from points(host, original, strongswan(files[f"payload/nodes/{host}/swanctl.conf"].decode()))
