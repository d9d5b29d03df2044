"""What a line becomes."""

from pathlib import Path

import pytest

from netdsl.source import Span
from netdsl.syntax.tree import Attribute, CheckPoints, CheckReach, Expect, If, Later, Node
from tests.syntax.reading import LABS, read, statement
from tests.syntax.shape import shape


def word(text: str) -> tuple[object, ...]:
    return ("Literal", "name", text)


def number(text: str) -> tuple[object, ...]:
    return ("Literal", "number", text)


def name(text: str) -> tuple[object, ...]:
    return ("Splice", (("Name", text),), False)


@pytest.mark.parametrize("lab", LABS, ids=lambda lab: lab.stem)
def test_every_lab_of_the_design_is_read_without_a_word(lab: Path) -> None:
    document, found = read(lab.read_text(encoding="utf-8"))
    assert found == []
    assert document.statements


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        ('lab x "A title"', ("Lab", word("x"), ("Literal", "string", "A title"))),
        ("param p = 1 in 1..4", ("Param", word("p"), (number("1"),), (("Literal", "range", "1..4"),))),
        ("param p", ("Param", word("p"), None, None)),
        ("let l = a, 2", ("Let", word("l"), (word("a"), number("2")))),
        ('import "a.net" as a', ("Import", ("Literal", "string", "a.net"), word("a"))),
        ("use t", ("Use", word("t"), None, ())),
        ("use f.t as n (a = 1)", ("Use", word("f.t"), word("n"), (("Actual", word("a"), number("1")),))),
        ("network n", ("Network", word("n"), (), None)),
        ("network n 10.0.0.0/8", ("Network", word("n"), (("Literal", "prefix", "10.0.0.0/8"),), None)),
        ("link a.x -- b.y", ("Link", word("a.x"), word("b.y"), (), None)),
        ("interface on n", ("Interface", None, word("n"), (), None)),
        ("interface i on n .1", ("Interface", word("i"), word("n"), (("Literal", "address", ".1"),), None)),
        ("interface i ::1/64", ("Interface", word("i"), None, (("Literal", "prefix", "::1/64"),), None)),
        ("default via a", ("Route", None, (word("a"),))),
        ("route 10/8 via a", ("Route", (("Literal", "prefix", "10/8"),), (word("a"),))),
        (
            "neighbour .1 02:00:5e:10:00:01",
            ("Neighbour", ("Literal", "address", ".1"), ("Literal", "MAC address", "02:00:5e:10:00:01")),
        ),
        ("serve http tcp/80", ("Serve", word("http"), None, ("Literal", "service", "tcp/80"), None)),
        ("serve http app tcp/80", ("Serve", word("http"), word("app"), ("Literal", "service", "tcp/80"), None)),
        ("serve http tcp/$p", ("Serve", word("http"), None, ("Splice", ("tcp/", ("Name", "p")), False), None)),
        ("record www -> a", ("Record", word("www"), (word("a"),), "")),
        ("record txt cname mx", ("Record", word("txt"), (word("mx"),), "cname")),
        ("record a mx 10 b", ("Record", word("a"), (number("10"), word("b")), "mx")),
        ("delegate a to b, c", ("Delegate", word("a"), (word("b"), word("c")))),
        ("recursion", ("Attribute", "recursion", (), None, ())),
        ("forwarder a for b.c", ("Attribute", "forwarder", (word("a"),), None, (word("b.c"),))),
        ('file /etc/motd from "m"', ("File", ("Literal", "string", "/etc/motd"), ("Literal", "string", "m"))),
        ("sysctl a.b = -1", ("Assignment", "sysctl", word("a.b"), number("-1"))),
        ("mtu = 1400", ("Assignment", "", word("mtu"), number("1400"))),
        ("mtu 1400", ("Attribute", "mtu", (number("1400"),), None, ())),
        ("key 7 for a", ("Attribute", "key", (number("7"),), None, (word("a"),))),
        ("driver macvlan private", ("Attribute", "driver", (word("macvlan"), word("private")), None, ())),
        ("cpu 0.5", ("Attribute", "cpu", (("Literal", "quantity", "0.5"),), None, ())),
        ("image tools", ("Attribute", "image", (word("tools"),), None, ())),
        ("policy input, output drop", ("Policy", ("input", "output"), "drop")),
        (
            "accept forward tcp/80 from a to b while t up",
            (
                "FilterRule",
                "accept",
                ("forward",),
                (("Literal", "service", "tcp/80"),),
                (("Clause", "from", (word("a"),)), ("Clause", "to", (word("b"),))),
                ("While", word("t"), None, True),
            ),
        ),
        ("accept input", ("FilterRule", "accept", ("input",), (), (), None)),
        ("accept tunnel a, b", ("AcceptTunnel", "accept", (word("a"), word("b")))),
        (
            "dnat tcp/80 to $x -> h tcp/81",
            (
                "DestinationNat",
                (("Literal", "service", "tcp/80"),),
                (("Clause", "to", (name("x"),)),),
                word("h"),
                ("Literal", "service", "tcp/81"),
                None,
            ),
        ),
        (
            "masquerade out w except through ipsec",
            ("Masquerade", (("Clause", "out", (word("w"),)), ("Clause", "except through", (word("ipsec"),))), None),
        ),
        (
            "netmap n -> 10.0.0.0/8 out w",
            ("Netmap", word("n"), ("Literal", "prefix", "10.0.0.0/8"), (("Clause", "out", (word("w"),)),), None),
        ),
        (
            "between a protecting x, y\n  # why\n  and b",
            ("Between", (("Joined", (word("a"),), (word("x"), word("y"))), ("Joined", (word("b"),), ()))),
        ),
        (
            "between a, b\n  and c protecting x\n  and d",
            (
                "Between",
                (
                    ("Joined", (word("a"), word("b")), ()),
                    ("Joined", (word("c"),), (word("x"),)),
                    ("Joined", (word("d"),), ()),
                ),
            ),
        ),
        ('auth psk "s" for a', ("Auth", (("Proof", "psk", ("Literal", "string", "s"), None),), None, (word("a"),))),
        (
            "auth certificate from p\n  and eap-md5",
            ("Auth", (("Proof", "certificate", None, word("p")), ("Proof", "eap-md5", None, None)), None, ()),
        ),
        ("start  on\ttraffic by a for b", ("Start", "on traffic", (word("a"),), (word("b"),))),
        ("esp a, b", ("Proposals", "esp", (word("a"), word("b")), ())),
        ("bgp 1 { neighbor a }", ("Later", "bgp")),
        ("vnf t { app a }", ("Later", "vnf")),
    ],
)
def test_a_line_becomes_its_statement(text: str, tree: tuple[object, ...]) -> None:
    assert shape(statement(text)) == tree


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("10.0.0.256", "address"),
        ("fc00:4300:a::2", "address"),
        ("::ffff:10.0.0.1", "address"),
        (".0.99", "address"),
        ("10.0.0.1/33", "prefix"),
        ("1..4", "range"),
        ("10/s", "rate"),
        ("64MiB", "quantity"),
        ("0.1%", "quantity"),
        ("icmp/echo-request", "service"),
        ("udp/1-9", "service"),
        ("TCP/80", "service"),
        ("aes256gcm16-prfsha384-ecp384", "name"),
        ("a.client-*", "name"),
        ('"10.0.0.1"', "string"),
    ],
)
def test_literals_of_the_field_are_one_token(text: str, kind: str) -> None:
    tree = shape(statement(f"let x = {text}"))
    assert tree == ("Let", word("x"), (("Literal", kind, text.strip('"')),))


def value(text: str) -> object:
    tree = shape(statement(f"let x = {text}"))
    assert isinstance(tree, tuple)
    return tree[2][0]


def test_values_splice_into_words_and_strings() -> None:
    assert value("client-$i") == ("Splice", ("client-", ("Name", "i")), False)
    assert value("10.$n.0.0/24") == ("Splice", ("10.", ("Name", "n"), ".0.0/24"), False)
    assert value("1..$n") == ("Splice", ("1..", ("Name", "n")), False)
    assert value('"CN=$address"') == ("Splice", ("CN=", ("Name", "address")), True)


def test_escapes_stand_for_their_characters_and_a_lone_dollar_for_itself() -> None:
    assert value(r'"a\"b\\c\n\t\$x $5"') == ("Literal", "string", 'a"b\\c\n\t$x $5')


def operation(operator: str, left: object, right: object) -> tuple[object, ...]:
    return ("Binary", operator, left, right)


def test_operators_bind_as_in_arithmetic() -> None:
    one, two, three = number("1"), number("2"), number("3")
    x = ("Name", "x")
    assert value("${1 + 2 * 3}") == ("Splice", (operation("+", one, operation("*", two, three)),), False)
    assert value("${1 - 2 - 3}") == ("Splice", (operation("-", operation("-", one, two), three),), False)
    assert value("${i+1}") == ("Splice", (operation("+", ("Name", "i"), one),), False)
    assert value("${10/2}") == ("Splice", (operation("/", number("10"), two),), False)
    assert value("${not x == 1 or x and x}") == (
        "Splice",
        (operation("or", ("Unary", "not", operation("==", x, one)), operation("and", x, x)),),
        False,
    )
    assert value("${if(x, 10.0.0.0/8, host(x, 99))}") == (
        "Splice",
        (("Call", "if", (x, ("Literal", "prefix", "10.0.0.0/8"), ("Call", "host", (x, number("99"))))),),
        False,
    )


def test_bare_words_are_values_inside_braces_and_words_in_a_condition() -> None:
    branch = statement("if $tunnel != none and not $x { }")
    assert isinstance(branch, If)
    assert shape(branch.condition) == operation(
        "and",
        operation("!=", ("Name", "tunnel"), word("none")),
        ("Unary", "not", ("Name", "x")),
    )


def test_else_if_is_an_if_in_the_else() -> None:
    branch = statement("if $a { } else if $b { } else { }")
    assert isinstance(branch, If)
    assert isinstance(branch.otherwise, If)
    assert branch.otherwise.otherwise is not None


def test_keywords_are_names_where_a_name_stands() -> None:
    node = statement("host server { interface on host ; default via client }")
    assert isinstance(node, Node)
    assert node.name.span.text == "server"


def test_lines_of_expectations_begin_with_any_name() -> None:
    expect = statement(
        "expect {\n  client, host to x tcp/80 is not encrypted on lan\n"
        "  server reaches up ipv6 web answered by s.http through t\n  a reach b without fragmentation up to $n\n}"
    )
    assert isinstance(expect, Expect)
    encrypted, reach, whole = expect.body.statements
    assert shape(encrypted) == (
        "CheckEncrypted",
        (word("client"), word("host")),
        ("Goal", (word("x"),), None, ("Literal", "service", "tcp/80")),
        True,
        (word("lan"),),
    )
    assert isinstance(reach, CheckReach)
    assert shape(reach.goal) == ("Goal", (word("up"),), "ipv6", word("web"))
    assert (shape(reach.answered_by), shape(reach.through)) == (word("s.http"), (word("t"),))
    assert isinstance(whole, CheckReach)
    assert whole.whole_up_to is not None
    assert whole.span.text == "a reach b without fragmentation up to $n"


def test_a_name_resolves_to_an_address_or_not_at_all() -> None:
    expect = statement("expect {\n  a, b resolve x.y to c\n  a cannot resolve x.y\n}")
    assert isinstance(expect, Expect)
    found, missing = expect.body.statements
    assert shape(found) == ("CheckResolves", (word("a"), word("b")), word("x.y"), (word("c"),))
    assert shape(missing) == ("CheckResolves", (word("a"),), word("x.y"), ())


def test_an_expectation_says_when_and_whether_it_must_fail() -> None:
    expect = statement('expect failure when $f != none "title" while a -- b down within 60s { a.t is down }')
    assert isinstance(expect, Expect)
    assert expect.is_failure
    assert shape(expect.condition) == operation("!=", ("Name", "f"), word("none"))
    assert shape(expect.state) == ("While", word("a"), word("b"), False)
    assert shape(expect.within) == ("Literal", "quantity", "60s")


def test_a_line_and_a_block_say_what_they_are_worth() -> None:
    expect = statement("expect points 3 { a reaches b points 2 ; points reaches points }")
    assert isinstance(expect, Expect)
    assert shape(expect.points) == ("Literal", "number", "3")
    weighted, plain = expect.body.statements
    assert isinstance(weighted, CheckPoints)
    assert (weighted.span.text, weighted.check.span.text) == ("a reaches b points 2", "a reaches b")
    assert isinstance(plain, CheckReach)
    assert shape(plain.sources) == (word("points"),)


def test_spans_reach_from_the_first_to_the_last_character() -> None:
    text = "  host a {\n    mtu 1400 ; app x { }\n  } # c\n"
    node = statement(text)
    assert isinstance(node, Node)
    assert node.body is not None
    mtu, app = node.body.statements
    assert isinstance(mtu, Attribute)
    assert isinstance(app, Later)
    spans: list[Span] = [node.span, node.body.span, mtu.span, mtu.values[0].span, app.span]
    assert [span.text for span in spans] == [text[2:-5], text[9:-5], "mtu 1400", "1400", "app x { }"]


def test_spans_in_expressions_are_those_of_the_file() -> None:
    text = 'let x = a-${n + host(range, 99)}\nlet y = "b $n"'
    document, _ = read(text)
    tree = repr(document.statements)
    assert f"start={text.index('n +')}, end={text.index('n +') + 1}" in tree
    assert f"start={text.index('range')}, end={text.index('range') + 5}" in tree
    assert f"start={text.index('$n')}, end={text.index('$n') + 2}" in tree


def test_line_ends_of_other_systems_and_a_byte_order_mark_are_nothing_special() -> None:
    document, found = read("\ufefflab x\r\nlet a = 1,\r\n  2\r\n")
    assert found == []
    assert len(document.statements) == 2
