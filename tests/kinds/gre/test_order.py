"""Outer packets that a stateful filter drops in one direction only are answers once the other end has sent."""

import pytest

from netdsl.verify import Outcome
from tests.verify.asking import ask

SITES = """
network isp 192.0.2.0/24
network left 10.1.0.0/24
network right 10.2.0.0/24
router a { interface wan on isp .1 ; interface lan on left .1 ; %s }
router b { interface wan on isp .2 ; interface lan on right .1 }
tunnel t %s { between a protecting left and b protecting right }
"""


ONE_WAY = "firewall { policy accept ; drop output from a.wan to b.wan ; }"


@pytest.mark.parametrize("kind", ["gre", "ipip"])
@pytest.mark.parametrize(
    ("firewall", "outcome"),
    [
        (ONE_WAY, Outcome.NOT_VERIFIED),
        ("firewall { policy accept ; drop input, output from a.wan, b.wan to a.wan, b.wan ; }", Outcome.DROPPED),
        ("firewall { policy drop ; accept output icmp ; }", Outcome.DROPPED),
        (ONE_WAY.replace("firewall", "firewall stateless"), Outcome.DROPPED),
    ],
)
def test_what_leaves_depends_on_whether_the_other_end_has_sent(kind: str, firewall: str, outcome: Outcome) -> None:
    """Seen on Linux 6.18: the MLD report of the device of `b` opens a connection in `a`, whose own packets then pass."""
    assert ask(SITES % (firewall, kind), "a", "10.2.0.1").outcome is outcome
