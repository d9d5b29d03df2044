"""What the compiler makes of zones: servers' names, glue, hints, who answers."""

from netdsl.ir.dns import Role, Zone
from netdsl.ir.lab import Lab
from netdsl.ir.node import Served
from tests.compiling import lab_of

TEXT = """
network n 10.0.0.0/24
template site() {{
  host ns {{ interface on n .2 ; serve dns {{ zone example {{ {inside} }} }} }}
}}
use site as a
host root {{ interface on n .1 ; serve dns {{ zone "." {{ delegate example to {servers} ; {more} }} }} }}
host rec {{ interface on n .3 ; serve dns {{ recursion for n ; forwarder a.ns for corp.test }} }}
host fwd {{ interface on n .4 ; serve dns {{ zone lan.test ; record nas -> a.ns ; forwarder rec }} }}
"""


def made(servers: str = "a.ns", inside: str = "record www -> 10.0.0.80", more: str = "") -> Lab:
    return lab_of(TEXT.format(servers=servers, inside=inside, more=more))


def served(lab: Lab, node: str) -> Served:
    return next(one for one in lab.nodes if one.id == node).services[0]


def zone(lab: Lab, node: str) -> Zone:
    names = served(lab, node).names
    assert names is not None
    return names.zones[0]


def addresses(of: Zone) -> dict[str, list[str]]:
    return {one.name: [str(address) for address in one.addresses] for one in of.addresses}


def test_a_delegation_to_a_node_makes_a_name_and_glue_on_both_sides() -> None:
    lab = made()
    above, inside = zone(lab, "root"), zone(lab, "a.ns")
    assert [(one.name, one.servers) for one in above.delegations] == [("example", ("a-ns.example",))]
    assert addresses(above) == {"root": ["10.0.0.1"], "a-ns.example": ["10.0.0.2"]}
    assert (above.servers, inside.servers) == (("root",), ("a-ns.example",))
    assert addresses(inside) == {"www.example": ["10.0.0.80"], "a-ns.example": ["10.0.0.2"]}


def test_a_server_takes_no_name_that_the_zone_says_something_else_about() -> None:
    assert zone(made(inside="record a-ns -> 10.0.0.80"), "a.ns").servers == ("ns1.example",)
    assert zone(made(inside="record a-ns cname ns1 ; record ns1 -> rec"), "a.ns").servers == ("ns2.example",)
    assert zone(made(inside="record a-ns -> a.ns"), "a.ns").servers == ("a-ns.example",)


def test_a_delegation_to_a_name_makes_nothing() -> None:
    lab = made(servers='"ns.example.", "ns.other"', more='record "ns.example" -> a.ns')
    assert zone(lab, "root").delegations[0].servers == ("ns.example", "ns.other")
    assert addresses(zone(lab, "root")) == {"ns.example": ["10.0.0.2"], "root": ["10.0.0.1"]}
    assert zone(lab, "a.ns").servers == ("ns.example", "ns.other")


def test_who_answers_follows_from_the_lines() -> None:
    lab = made()
    roles = {str(one.id): one.services[0].names.role for one in lab.nodes if one.services and one.services[0].names}
    assert roles == {
        "root": Role.AUTHORITATIVE,
        "a.ns": Role.AUTHORITATIVE,
        "rec": Role.RECURSIVE,
        "fwd": Role.SIMPLE,
    }


def test_a_zone_of_its_own_that_is_delegated_to_others_stays_plain() -> None:
    names = served(made(servers="rec", inside="record www -> rec"), "a.ns").names
    assert names is not None
    assert names.role is Role.SIMPLE


def test_hints_clients_and_forwarders_are_addresses() -> None:
    lab = made()
    rec, fwd = served(lab, "rec").names, served(lab, "fwd").names
    assert rec is not None
    assert rec.recursion is not None
    assert fwd is not None
    assert [(one.name, list(map(str, one.addresses))) for one in rec.recursion.roots] == [("root", ["10.0.0.1"])]
    assert list(map(str, rec.recursion.clients)) == ["10.0.0.0/24"]
    assert [(one.zone, list(map(str, one.addresses))) for one in rec.forwarders] == [("corp.test", ["10.0.0.2"])]
    assert [(one.zone, list(map(str, one.addresses))) for one in fwd.forwarders] == [("", ["10.0.0.3"])]


def test_names_are_whole_and_in_lower_case() -> None:
    lines = (
        'record Web cname WWW ; record m cname "Other.Test." ; record "@" mx 10 "mx.example." ; record t txt "A"'
        ' ; record "80" ptr www'
    )
    found = zone(made(inside=lines), "a.ns")
    assert [(one.name, one.target) for one in found.aliases] == [
        ("web.example", "www.example"),
        ("m.example", "other.test"),
    ]
    assert [(one.name, one.preference, one.exchange) for one in found.mails] == [("example", 10, "mx.example")]
    assert [(one.name, one.target) for one in found.pointers] == [("80.example", "www.example")]
    assert [(one.name, one.text) for one in found.texts] == [("t.example", "A")]


def test_lines_of_recursion_add_up_and_one_without_names_is_for_all() -> None:
    def clients(lines: str) -> list[str]:
        text = f"network n 10.0.0.0/24\nhost h {{ interface on n .1 }}\nhost rec {{ uplink nat ; serve dns {{ {lines} }} }}"
        names = served(lab_of(text), "rec").names
        assert names is not None
        assert names.recursion is not None
        return [str(one) for one in names.recursion.clients]

    assert clients("recursion for h ; recursion for 10.9.0.0/16") == ["10.0.0.1/32", "10.9.0.0/16"]
    assert clients("recursion for h ; recursion") == []


def test_each_zone_names_the_servers_of_its_own_lines() -> None:
    lab = lab_of(
        """
        network n 10.0.0.0/24
        host root { interface on n .1 ; serve dns { zone "." {
          delegate a to one ; delegate b.a to two ; delegate b.a to one
        } } }
        host one { interface on n .2 ; serve dns { zone a { delegate b to three } ; zone b.a { } } }
        host two { interface on n .3 ; serve dns { zone b.a { } } }
        host three { interface on n .4 ; serve dns { zone b.a { } } }
        """
    )
    above, middle, inside = zone(lab, "root"), zone(lab, "one"), zone(lab, "three")
    assert [(one.name, one.servers) for one in above.delegations] == [
        ("a", ("one.a",)),
        ("b.a", ("two.b.a", "one.b.a")),
    ]
    assert [(one.name, one.servers) for one in middle.delegations] == [("b.a", ("three.b.a",))]
    assert addresses(middle) == {"one.a": ["10.0.0.2"], "three.b.a": ["10.0.0.4"]}
    assert inside.servers == ("two.b.a", "one.b.a", "three.b.a")
