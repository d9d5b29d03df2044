"""Next hops that nobody is, or that do not forward."""

from tests.semantics.rules.sketch import Sketch
from tests.verify.asking import codes


def lab() -> Sketch:
    """A host `h` and a router `r` on `lan`; `r` leads to `wan`."""
    sketch = Sketch().network("lan", "10.0.0.0/24", "fd00::/64").network("wan", "192.0.2.0/24")
    sketch.router("r", lan="10.0.0.1/24 10.0.0.9/24 fd00::1/64", wan="192.0.2.1/24")
    return sketch.host("h", lan="10.0.0.5/24 fd00::5/64")


def test_a_next_hop_forwards() -> None:
    sketch = (
        lab().route("h", "default", "10.0.0.1").host("idle", lan="10.0.0.7/24").route("idle", "default", "10.0.0.5")
    )
    (found,) = sketch.findings
    assert found.rule.code == "next-hop-does-not-forward"
    assert found.help == "make `h` a `router`, or name one that is"


def test_a_next_hop_that_nobody_is() -> None:
    (found,) = lab().route("h", "default", "10.0.0.77").findings
    assert (found.rule.code, found.help) == ("next-hop-nobody", "`via r`")
    assert [label.place.span.text for label in found.related] == ["interface lan of r"]


def test_a_host_takes_what_is_for_its_loopback() -> None:
    text = """
network a 10.0.1.0/24
network c 10.0.3.0/24
router r { interface on a .1 ; interface on c .1 ; route %s via s }
host s { interface on a .10 ; loopback 10.9.9.9 ; default via r }
host pc { interface on c .10 ; default via r }
"""
    assert codes(text % "10.9.9.9") == []
    assert codes(text % "10.9.9.0/24") == ["next-hop-does-not-forward"]


def test_where_a_command_may_add_the_address_nothing_is_said() -> None:
    text = """
network lan 10.0.1.0/24
network far 10.0.2.0/24
router r { interface on lan .1 ; interface on far .1 %s }
host a { interface on lan .10 ; default via 10.0.1.99 }
"""
    assert codes(text % "") == ["next-hop-nobody"]
    assert codes(text % '; capability NET_ADMIN ; run "ip address add 10.0.1.99/24 dev lan"') == []
