"""Several clients of one gateway: each is known from all others, with its own address, policies and translated ports."""

import pytest

from netdsl.verify import Decision, Esp
from tests.verify.asking import ask, world

GROUPS = """
network inet 192.0.2.0/24
network staff 10.1.0.0/24
network guest 10.2.0.0/24
router gw {
  interface on inet .1
  interface on staff .1
  interface on guest .1
  firewall { policy drop ; accept tunnel own ; accept tunnel other ; accept forward through own }
}
host s { interface on staff .10 ; default via gw }
host g { interface on guest .10 ; default via gw }
host c1 { interface on inet .11 }
host c2 { interface on inet .12 }
host d1 { interface on inet .21 }
host d2 { interface on inet .22 }
ipsec own { gateway gw protecting staff ; client c1, c2 ; pool 10.3.0.0/28 ; auth certificate }
ipsec other { gateway gw protecting %s ; client d1, d2 ; pool 10.4.0.0/28 ; auth certificate }
"""


@pytest.mark.parametrize("esp", Esp)
def test_each_client_of_a_pool_has_its_own_address(esp: Esp) -> None:
    where = world(GROUPS % "guest", esp)
    inner = {}
    for client in ("c1", "c2"):
        verdict = ask(where, client, "10.1.0.10")
        assert verdict.passes
        steps = [step for hop in verdict.request for step in hop.steps if step.decision is Decision.DECAPSULATE]
        inner[client] = [str(step.packet.source) for step in steps]
    assert inner == {"c1": ["10.3.0.1"], "c2": ["10.3.0.2"]}


@pytest.mark.parametrize("esp", Esp)
def test_through_a_tunnel_is_through_those_of_its_own_clients_alone(esp: Esp) -> None:
    where = world(GROUPS % "staff", esp)
    assert [ask(where, client, "10.1.0.10").passes for client in ("c1", "c2", "d1", "d2")] == [True, True, False, False]
