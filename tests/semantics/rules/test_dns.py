"""What servers of names have to say, and whom they ask."""

import pytest

from tests.verify.asking import checked, codes

TEXT = """
network n 10.0.0.0/24
host root {{ interface on n .1 ; serve dns {{ zone "." {{ {root} }} }} }}
host ns {{ interface on n .2 ; serve dns {{ {ns} }} }}
host www {{ interface on n .3 }}
"""


def told(
    root: str = "delegate example to ns", ns: str = "zone example { record www -> www }", more: str = ""
) -> list[str]:
    return codes(TEXT.format(root=root, ns=ns) + more)


def test_a_zone_that_its_server_has_is_all_right() -> None:
    assert told() == []
    assert told(ns="zone example ; record www -> www") == []


@pytest.mark.parametrize(
    ("root", "code"),
    [
        ("delegate example to www", "lame-delegation"),
        ("delegate exmaple to ns", "lame-delegation"),
        ("delegate example to ns.n, www", "lame-delegation"),
        ('delegate example to "ns.example." ; record "ns.example" -> www', "lame-delegation"),
        ('delegate example to "ns.example."', "missing-glue"),
        ("delegate example to ns ; record www.example -> www", "occluded-record"),
        ("delegate example to ns ; record example -> www", "occluded-record"),
        ("delegate example to ns ; record a.example cname b", "occluded-record"),
        ("delegate example to ns ; record example cname b", "cname-beside-records"),
        ('record "@" cname b', "cname-beside-records"),
        ("record a cname b ; record a cname c", "cname-beside-records"),
        ('record a cname b ; record a txt "x"', "cname-beside-records"),
        ("record a cname a", "cname-loop"),
        ('delegate example to ns ; record a cname "b.example."', None),
        ('delegate example to "ns.elsewhere."', None),
        ('delegate example to "ns.example." ; record "ns.example" -> ns', None),
    ],
)
def test_zones(root: str, code: str | None) -> None:
    assert told(root) == ([] if code is None else [code])


@pytest.mark.parametrize(
    ("ns", "code"),
    [
        ("zone example ; recursion", "mixed-name-server"),
        ("recursion ; forwarder root", "mixed-name-server"),
        ("zone example ; forwarder root", "mixed-name-server"),
        ("zone example ; zone a { record b cname c } ; forwarder root", "mixed-name-server"),
        ("zone example { } ; zone example { record www -> www }", "duplicate-zone"),
        ("zone example ; forwarder ns for a.test", "mixed-name-server"),
    ],
)
def test_servers(ns: str, code: str) -> None:
    assert code in told(ns=ns)


def test_a_delegation_inside_of_another_one_is_never_an_answer() -> None:
    root = "delegate a.example to ns ; delegate example to ns"
    assert told(root, "zone example { record www -> www } ; zone a.example { }") == ["occluded-record"]


def test_servers_that_ask_one_another() -> None:
    def asked(a: str, b: str) -> list[str]:
        text = "host {0} {{ interface on n ; serve dns {{ {1} }} }}\n"
        return told(more=text.format("a", a) + text.format("b", b))

    assert asked("forwarder a", "") == ["forwarder-loop"]
    assert asked("forwarder b", "forwarder a") == ["forwarder-loop"]
    assert asked("forwarder b for x.test", "forwarder a") == ["forwarder-loop"]
    assert asked("forwarder b for x.test", "zone x.test ; forwarder a") == []
    assert asked("forwarder b", "forwarder root") == []
    assert asked("forwarder www", "") == ["resolver-unreachable"]


def test_each_circle_is_told_once_from_its_least_member_on() -> None:
    records = "; ".join(f"record {a} cname {b}" for a, b in ("ac", "cb", "bd", "dc", "ea", "ff"))
    text = TEXT.format(root="delegate example to ns", ns=f"zone example {{ {records} }}")
    text += (
        "host a { interface on n ; serve dns { forwarder b } }\nhost b { interface on n ; serve dns { forwarder b } }"
    )
    assert [one.message for one in checked(text).diagnostics] == [
        "CNAMEs lead in a circle: `b.example`, `d.example`, `c.example`, `b.example`",
        "CNAMEs lead in a circle: `f.example`, `f.example`",
        "`b` asks itself",
    ]


def test_recursion_needs_a_root() -> None:
    lone = "network n 10.0.0.0/24\nhost rec {{ interface on n ; serve dns {{ recursion }} {0} }}"
    assert codes(lone.format("")) == ["no-root-server"]
    assert codes(lone.format("; uplink nat")) == []
    assert told(more="host rec { interface on n ; serve dns { recursion } }") == []


def test_a_lab_that_is_to_fail_hears_nothing_of_what_will_not_work() -> None:
    failing = "host pc { interface on n ; resolver root }\nexpect failure { pc resolves www.example to www }"
    assert told("delegate example to www ; record www.example -> www", more=failing) == []
