"""VXLAN whose outer packets an end translates or holds back: what two nodes do is what the verifier says."""

import pytest

from netdsl.verify import Outcome, World
from tests.kinds.asking import ping
from tests.kinds.conftest import Pair
from tests.verify.asking import checked

# `b` asks with an address to which the answer goes by another way than over the segment.
SITES = """
network isp 192.0.2.0/24
network side 10.7.0.0/24
network office 10.5.0.0/24
router a { interface wan on isp .1 ; interface on office .1 ; route side via b.wan ; %s }
router b { interface wan on isp .2, .102 ; interface lan on side .1 ; interface on office .2 ; %s }
host pc { interface on side .2 ; default via b }
tunnel segment vxlan { between a and b.wan ; carries office }
"""
TAKES = "firewall { policy input drop ; accept tunnel segment ; accept input icmp }"


@pytest.mark.parametrize(
    ("a", "b", "outcome"),
    [
        ("", "", Outcome.ANSWERED),
        # An answer goes to the end as the source names it, and not to where a frame came from.
        ("", f"nat {{ snat udp out wan -> 192.0.2.102 }} ; {TAKES}", Outcome.ANSWERED),
        (TAKES, f"nat {{ snat udp out wan -> 192.0.2.102 }} ; {TAKES}", Outcome.DROPPED),
        # No filter sees ARP, and yet the outer packet of its answer is held back: at the sender, then at the receiver.
        ("firewall { policy output drop ; accept output icmp }", "", Outcome.UNREACHABLE),
        ("", "firewall { policy input drop ; accept input icmp }", Outcome.UNREACHABLE),
    ],
    ids=["neither", "translated", "translated and not taken", "answer not sent", "answer not taken"],
)
def test_what_passes_is_what_is_predicted(pair: Pair, a: str, b: str, outcome: Outcome) -> None:
    found = checked(SITES % (a, b)).lab
    assert found is not None
    predicted = ping(World(found), "pc", "10.5.0.1")
    assert predicted.outcome is outcome
    one, other = pair(found)
    assert (one.start(), other.start()) == ("", "")
    seen = other.inside("ping", "-n", "-c", "1", "-W", "2", "-I", "10.7.0.1", "10.5.0.1")
    assert (seen.returncode == 0) == predicted.passes


def test_a_node_that_knows_the_mac_address_by_its_source_does_not_ask() -> None:
    mac = "02:00:00:00:00:0a"
    asking = SITES % ("firewall { policy output drop ; accept output icmp }", "")
    asking = asking.replace("on office .1 ;", f"on office .1 {{ mac {mac} }} ;")
    knowing = asking.replace("on office .2 ;", f"on office .2 ; neighbour 10.5.0.1 {mac} ;")
    labs = [checked(source).lab for source in (asking, knowing)]
    outcomes = [ping(World(found), "pc", "10.5.0.1").outcome for found in labs if found is not None]
    assert outcomes == [Outcome.UNREACHABLE, Outcome.ANSWERED]
