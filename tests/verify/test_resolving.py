"""A question for a name, from server to server: where it ends, and why."""

import pytest

from netdsl.ir.expectation import Resolves
from netdsl.ir.ids import NodeId
from netdsl.packets.world import World
from netdsl.verify.claims import Finding, judge

from .asking import checked, codes, lab

TEXT = """
network core 10.0.0.0/24
network site 10.1.0.0/24
router r { interface on core .254 ; interface on site .254 ; firewall { policy accept ; drop forward dns to shut } }
host root { interface on core .1 ; default via r ; serve dns { zone "." {
  delegate example to tld
  delegate test to ns
} } }
host tld { interface on core .2 ; default via r ; serve dns { zone example {
  delegate corp to ns
  delegate lame to root
  delegate none to www
  delegate half to www, ns
  delegate shut to shut
  delegate noglue to "ns.noglue"
  delegate hosted to "ns.test."
  delegate astray to "nobody.test."
  delegate one to "ns.two"
  delegate two to "ns.one"
  delegate asks to rec
  record www -> www
} } }
host ns { interface on core .3 ; default via r ; serve dns {
  zone corp.example {
    delegate lab to deep
    record www -> www
    record web cname www
    record far cname "www.example."
    record out cname "www.shut.example."
    record nil cname nothing
    record l1 cname l2
    record l2 cname l1
  }
  zone half.example { record www -> www }
  zone hosted.example { record www -> www }
  zone test { record ns -> ns }
} }
host deep { interface on site .4 ; default via r ; serve dns { zone lab.corp.example { record www -> www } } }
host shut { interface on site .5 ; default via r ; serve dns { zone shut.example { record www -> www } } }
host rec { interface on core .53 ; default via r ; serve dns { recursion for core } }
host fwd { interface on core .54 ; default via r ; serve dns {
  zone lan.test
  record printer -> 10.0.0.99
  forwarder rec
  forwarder ns for corp.example
} }
host one { interface on core .55 ; serve dns { forwarder two } }
host two { interface on core .56 ; serve dns { forwarder one } }
host www { interface on core .80 ; default via r }
host pc { interface on core .100 ; default via r ; resolver rec }
host guest { interface on site .100 ; default via r ; resolver rec }
host clerk { interface on core .101 ; default via r ; resolver fwd }
host plain { interface on core .102 ; default via r ; resolver tld }
host lost { interface on core .103 ; resolver one }
host twice { interface on core .104 ; resolver ns, rec }
host bare { interface on core .105 }
"""


@pytest.fixture(scope="module")
def world() -> World:
    return World(lab(TEXT + "expect failure { pc reaches www tcp/1 }"))


def asked(world: World, source: str, name: str) -> Finding:
    return judge(world, Resolves(NodeId(source), name, None))


@pytest.mark.parametrize(
    ("source", "name", "reason"),
    [
        ("pc", "www.corp.example", "`ns` says 10.0.0.80"),
        ("pc", "WEB.corp.example", "`ns` says 10.0.0.80"),
        ("pc", "far.corp.example", "`tld` says 10.0.0.80"),
        ("pc", "www.lab.corp.example", "`deep` says 10.0.0.80"),
        ("pc", "www.half.example", "`ns` says 10.0.0.80"),
        ("pc", "www.hosted.example", "`ns` says 10.0.0.80"),
        ("clerk", "www.example", "`tld` says 10.0.0.80"),
        ("clerk", "web.corp.example", "`ns` says 10.0.0.80"),
        ("clerk", "printer", "`fwd` says 10.0.0.99"),
        ("plain", "www", "/etc/hosts says 10.0.0.80"),
        ("plain", "www.example", "`tld` says 10.0.0.80"),
        ("twice", "www.corp.example", "`ns` says 10.0.0.80"),
        ("twice", "www.example", "`tld` says 10.0.0.80"),
    ],
)
def test_a_name_that_is_found(world: World, source: str, name: str, reason: str) -> None:
    found = asked(world, source, name)
    assert (found.holds, found.reason, found.is_exact) == (False, reason, True)


SHUT = "no server of `shut.example` answers `rec`: `rec` asks 10.1.0.5 udp/53: dropped by `drop forward dns to shut` at `r`"


@pytest.mark.parametrize(
    ("source", "name", "reason", "origin"),
    [
        ("pc", "no.corp.example", "`ns` does not know `no.corp.example`", "zone corp.example"),
        ("pc", "nil.corp.example", "`ns` does not know `nothing.corp.example`", "zone corp.example"),
        ("pc", "www.shut.example", SHUT, "drop forward dns to shut"),
        ("pc", "out.corp.example", SHUT, "drop forward dns to shut"),
        (
            "pc",
            "www.lame.example",
            "no server of `lame.example` answers `rec`: `root.lame.example` does not serve it: `root` only says that"
            " `example` is at `tld.example`",
            "delegate lame to root",
        ),
        (
            "pc",
            "www.none.example",
            "no server of `none.example` answers `rec`: `rec` asks 10.0.0.80 udp/53: `www` takes it and refuses: nobody"
            " listens on udp/53",
            "delegate none to www",
        ),
        (
            "pc",
            "www.noglue.example",
            "no server of `noglue.example` answers `rec`: `ns.noglue.example` is in the zone itself, and no glue says its"
            " address",
            'delegate noglue to "ns.noglue"',
        ),
        (
            "pc",
            "www.astray.example",
            "no server of `astray.example` answers `rec`: the address of its server `nobody.test` is not found: `ns` does"
            " not know `nobody.test`",
            "zone test",
        ),
        (
            "pc",
            "www.asks.example",
            "no server of `asks.example` answers `rec`: `rec.asks.example` does not serve it: `rec` is a recursive server,"
            " and has no zone with `www.asks.example`",
            "delegate asks to rec",
        ),
        (
            "pc",
            "l1.corp.example",
            "no server of `corp.example` answers `rec`: `ns`: CNAMEs lead in a circle: `l1.corp.example`,"
            " `l2.corp.example`, `l1.corp.example`",
            "zone corp.example",
        ),
        (
            "guest",
            "www.corp.example",
            "`rec` refuses 10.1.0.100, which its `recursion for` does not name",
            "recursion for core",
        ),
        (
            "plain",
            "www.corp.example",
            "`tld` only says that `corp.example` is at `ns.corp.example`",
            "delegate corp to ns",
        ),
        (
            "clerk",
            "www.lab.corp.example",
            "`ns` only says that `lab.corp.example` is at `deep.lab.corp.example`",
            "delegate lab to deep",
        ),
        ("lost", "www.example", "the question goes round in a circle: `one`, `two`, `one`", "forwarder two"),
        ("bare", "www.example", "`bare` has no resolver, and the name is in no hosts file", None),
        ("twice", "no.corp.example", "`ns` does not know `no.corp.example`", "zone corp.example"),
    ],
)
def test_a_name_that_is_not_found(world: World, source: str, name: str, reason: str, origin: str | None) -> None:
    found = asked(world, source, name)
    assert (found.holds, found.reason, found.is_exact) == (True, reason, True)
    assert (found.origin is None) is (origin is None)
    assert found.origin is None or found.origin.span.text.startswith(str(origin))


def test_servers_that_wait_for_one_anothers_address_are_never_found(world: World) -> None:
    found = asked(world, "pc", "www.one.example")
    assert found.holds
    assert found.reason.endswith("the address of `ns.two.example` is needed to find it")


@pytest.mark.parametrize("zones", [("a", "a"), ("a", "b")])
def test_a_recursive_server_follows_eleven_cnames(zones: tuple[str, str]) -> None:
    """Within one server's zone, and from one to the other."""
    lines = [f'record x{number + 1} cname "x{number}.{zones[number % 2]}."' for number in range(12)]
    records = f"record x0 -> root ; {' ; '.join(lines)}"
    text = f"""
    network n 10.0.0.0/24
    host root {{ interface on n .1 ; serve dns {{ zone "." {{ delegate a to sa ; delegate b to sb }} }} }}
    host sa {{ interface on n .2 ; serve dns {{ zone a {{ {records} }} }} }}
    host sb {{ interface on n .3 ; serve dns {{ zone b {{ {records} }} }} }}
    host rec {{ interface on n .4 ; serve dns {{ recursion }} }}
    host pc {{ interface on n .5 ; resolver rec }}
    host near {{ interface on n .6 ; resolver sa }}
    """
    world = World(lab(text))
    assert not asked(world, "pc", "x11.a").holds
    assert asked(world, "pc", "x12.a").reason == "`rec` follows 11 CNAMEs, and `x12.a` has more"
    assert asked(world, "near", "x12.a").holds is (zones == ("a", "b"))


def test_what_comes_of_more_than_a_hundred_cnames_of_one_server_is_not_known() -> None:
    text = """
    network n 10.0.0.0/24
    host ns { interface on n .1
      serve dns { zone a { record x0 -> ns ; for i in 1..101 { let j = ${i-1} ; record x$i cname x$j } } }
    }
    host pc { interface on n .2 ; resolver ns }
    """
    world = World(lab(text))
    assert asked(world, "pc", "x100.a").reason == "`ns` says 10.0.0.1"
    found = asked(world, "pc", "x101.a")
    assert not found.is_exact
    assert found.reason.endswith("`ns` has more than 100 CNAMEs for `x101.a`, one after the other")


def test_each_question_is_a_flow_from_the_server_that_asks(world: World) -> None:
    found = asked(world, "clerk", "www.lab.corp.example")
    assert [(one.source, str(one.destination)) for one in found.verdicts[:2]] == [
        ("clerk", "10.0.0.54"),
        ("fwd", "10.0.0.3"),
    ]
    found = asked(world, "pc", "www.example")
    assert [(one.source, str(one.destination)) for one in found.verdicts] == [
        ("pc", "10.0.0.53"),
        ("rec", "10.0.0.1"),
        ("rec", "10.0.0.2"),
    ]


def test_where_two_servers_of_a_zone_differ_nothing_is_known() -> None:
    text = """
    network n 10.0.0.0/24
    host root { interface on n .1 ; serve dns { zone "." { delegate example to a, b } } }
    host a { interface on n .2 ; serve dns { zone example { record www -> a ; record same -> a } } }
    host b { interface on n .3 ; serve dns { zone example { record www -> b ; record same -> a } } }
    host rec { interface on n .4 ; serve dns { recursion } }
    host pc { interface on n .5 ; resolver rec }
    """
    world = World(lab(text))
    assert not asked(world, "pc", "www.example").is_exact
    assert asked(world, "pc", "same.example").is_exact
    assert codes(text + "expect { pc resolves www.example to b }") == ["expectation-not-verified"]


def test_a_recursive_server_sees_the_address_after_translation() -> None:
    text = """
    network lan 192.168.0.0/24
    network n 10.0.0.0/24
    router gw { interface on lan .1 ; interface on n .254 ; nat { masquerade out n } }
    host root { interface on n .1 ; serve dns { zone "." { record www -> root } } }
    host rec { interface on n .4 ; serve dns { recursion for n } }
    host pc { interface on lan .5 ; default via gw ; resolver rec }
    expect { pc resolves www.x to root }
    """
    assert codes(text.replace("record www ", "record www.x ")) == []
    assert codes(text.replace("record www ", "record www.x ").replace("for n", "for lan")) == ["expectation-fails"]


def test_a_node_without_ipv4_is_given_ipv6_addresses_where_there_are_any() -> None:
    text = """
    network four 10.0.0.0/24
    network six fd00::/64
    host ns {
      interface on four .1 ; interface on six ::1
      serve dns { zone x.test ; record old -> 10.0.0.1 ; record ns -> ns }
    }
    host new { interface on six ::2 ; resolver ns }
    host old { interface on four .2 ; resolver ns }
    expect { %s }
    """
    for line in (
        "new resolves ns.x.test to fd00::1",
        "new resolves old.x.test to ns",
        "old resolves ns.x.test to fd00::1",
    ):
        assert codes(text % line) == []
    for line in ("new resolves ns.x.test to 10.0.0.1", "new resolves ns to 10.0.0.1"):
        assert codes(text % line) == ["expectation-fails"]


def test_the_help_names_the_servers_that_were_asked() -> None:
    found = checked(TEXT + "expect { pc resolves www.noglue.example to www }").diagnostics
    (failing,) = (one for one in found if one.rule.code == "expectation-fails")
    assert failing.help == "asked, one after another: `rec`, `root`, `tld`"


def test_what_is_inside_of_a_delegated_zone_is_asked_there() -> None:
    text = """
    network n 10.0.0.0/24
    host root { interface on n .1 ; serve dns { zone "." { delegate a.b to one ; delegate b to two } } }
    host one { interface on n .2 ; serve dns { zone a.b { record www -> one } } }
    host two { interface on n .3 ; serve dns { zone b { record www.a -> two } } }
    host rec { interface on n .4 ; serve dns { recursion } }
    host pc { interface on n .5 ; resolver rec }
    """
    assert asked(World(lab(text)), "pc", "www.a.b").reason == "`two` says 10.0.0.3"


def test_a_recursive_server_knows_its_own_node_by_its_clients_alone() -> None:
    text = """
    network n 10.0.0.0/24
    network m 10.1.0.0/24
    host root { interface on n .1 ; serve dns { zone "." { record www.x -> root } } }
    host rec { interface on n .4 ; interface on m .4 ; resolver rec ; serve dns { recursion for %s } }
    expect { rec %s }
    """
    assert codes(text % ("m", "cannot resolve www.x")) == []
    assert codes(text % ("n", "resolves www.x to root")) == []


def test_names_that_a_recursive_server_answers_itself() -> None:
    text = """
    network n 10.0.0.0/24
    host root { interface on n .1 ; serve dns { zone "." { record www.invalid -> root ; record www.localhost -> root } } }
    host rec { interface on n .4 ; serve dns { recursion } }
    host pc { interface on n .5 ; resolver rec }
    """
    assert codes(text + "expect { pc cannot resolve www.invalid ; pc resolves www.localhost to 127.0.0.1 }") == []


def test_a_plain_server_has_its_records_before_it_asks_and_asks_the_nearer_one() -> None:
    text = """
    network n 10.0.0.0/24
    network six fd00::/64
    host ns { interface on n .1 ; serve dns {
      zone a.test { record one -> ns ; record more -> ns }
      zone b.a.test { record one -> ns ; record two -> ns ; record nobody cname two }
    } }
    host both { interface on n .2 ; interface on six ::2 }
    host fwd { interface on n .3 ; serve dns {
      zone a.test { record one -> both ; record one.b -> both ; record two.b -> 10.0.0.9 }
      forwarder ns for a.test, b.a.test
    } }
    host pc { interface on n .5 ; resolver fwd }
    """
    world = World(lab(text))
    own = "`fwd` says 10.0.0.2, fd00::2"
    assert [asked(world, "pc", f"{name}.a.test").reason for name in ("one", "one.b", "more")] == [
        own,
        own,
        "`ns` says 10.0.0.1",
    ]
    assert asked(world, "pc", "one.a.test").is_exact
    assert not asked(world, "pc", "two.b.a.test").is_exact


def test_a_program_gives_up_its_domains_where_no_server_answers_for_one() -> None:
    """What getent of glibc 2.36 does with a silent server and one that refuses."""
    text = """
    network n 10.0.0.0/24
    host a { interface on n .1 ; firewall { policy accept ; drop input dns } ; serve dns { zone a.test ; record one -> a } }
    host b { interface on n .2 ; serve dns { zone b.test ; record two -> b ; record two.x -> b } }
    host pc { interface on n .3 ; resolver a, b }
    """
    silent, speaking = World(lab(text)), World(lab(text.replace("drop input", "accept input")))
    names = ("two.b.test", "two", "two.x")
    assert [asked(silent, "pc", name).reason.startswith("`b` says") for name in names] == [True, False, False]
    assert [asked(speaking, "pc", name).reason for name in names] == ["`b` says 10.0.0.2"] * 3


def test_a_program_passes_over_a_referral_without_glue() -> None:
    text = """
    network n 10.0.0.0/24
    host root { interface on n .1 ; serve dns { zone "." { delegate x to %s ; record ns.y -> root } } }
    host b { interface on n .2 ; serve dns { zone x ; record www -> b } }
    host pc { interface on n .3 ; resolver root, b }
    """
    assert asked(World(lab(text % '"ns.elsewhere."')), "pc", "www.x").reason == "`b` says 10.0.0.2"
    assert asked(World(lab(text % '"ns.y."')), "pc", "www.x").reason == "`root` only says that `x` is at `ns.y`"


@pytest.mark.parametrize(("count", "is_known"), [(5, True), (6, False)])
def test_five_servers_without_glue_are_found_one_by_another(count: int, is_known: bool) -> None:
    delegations = "; ".join(f'delegate z{number} to "ns.z{number + 1}."' for number in range(count))
    zones = "; ".join(f"zone z{number} {{ record ns -> all ; record www -> all }}" for number in range(count + 1))
    text = f"""
    network n 10.0.0.0/24
    host root {{ interface on n .1 ; serve dns {{ zone "." {{ {delegations} ; delegate z{count} to all }} }} }}
    host all {{ interface on n .2 ; serve dns {{ {zones} }} }}
    host rec {{ interface on n .3 ; serve dns {{ recursion }} }}
    host pc {{ interface on n .4 ; resolver rec }}
    """
    world = World(lab(text))
    assert asked(world, "pc", "www.z0").is_exact is is_known
    assert asked(world, "pc", "www.z1").reason == "`all` says 10.0.0.2"


def test_a_chain_of_forwarders_is_followed_so_far() -> None:
    servers = "\n".join(
        f"host f{number} {{ interface on n ; serve dns {{ forwarder f{number + 1} }} }}" for number in range(200)
    )
    text = f"""
    network n 10.0.0.0/16
    {servers}
    host f200 {{ interface on n ; serve dns {{ zone x.test ; record www -> f0 }} }}
    host near {{ interface on n ; resolver f150 }}
    host far {{ interface on n ; resolver f0 }}
    """
    world = World(lab(text))
    assert asked(world, "near", "www.x.test").is_exact
    assert asked(world, "far", "www.x.test").reason == "more than 60 servers wait for one another"
    assert not asked(world, "far", "www.x.test").is_exact
