"""Values: what a literal, a splice and an expression mean."""

from decimal import Decimal
from ipaddress import IPv4Address, IPv4Network, IPv6Address, ip_address, ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netdsl.diagnostics.core import Diagnostic
from netdsl.ir.filter import Limit
from netdsl.ir.service import PortService, Protocol
from netdsl.pipeline.analysis import check_text
from netdsl.semantics.evaluate import evaluate, evaluate_list
from netdsl.semantics.functions import call
from netdsl.semantics.items import Expanded
from netdsl.semantics.literals import Problem, host_bits_problem, kind_of_text, literal_value
from netdsl.semantics.texts import text_of
from netdsl.semantics.values import Failed, IntRange, LongAddress, Mac, Quantity, ShortAddress, Value, Word
from netdsl.syntax import tree as syntax
from tests.semantics.expanding import expanded


def value_of(written: str, **lets: str) -> Value | Failed:
    """What `route WRITTEN via hop` reads in a lab with these lets."""
    lab = lab_with(written, lets)
    (item,) = [one for one in lab.items[-1].children if isinstance(one.statement, syntax.Route)]
    assert isinstance(item.statement, syntax.Route)
    assert item.statement.prefixes is not None
    return evaluate(item.statement.prefixes[0], item, lab.diagnostics)


def values_of(written: str, **lets: str) -> list[Value]:
    lab = lab_with(written, lets)
    (item,) = [one for one in lab.items[-1].children if isinstance(one.statement, syntax.Route)]
    assert isinstance(item.statement, syntax.Route)
    assert item.statement.prefixes is not None
    return [placed.value for placed in evaluate_list(item.statement.prefixes, item, lab.diagnostics)]


def problem_of(written: str, **lets: str) -> Diagnostic:
    lab = lab_with(written, lets)
    item = lab.items[-1].children[0]
    assert isinstance(item.statement, syntax.Route)
    assert item.statement.prefixes is not None
    evaluate_list(item.statement.prefixes, item, lab.diagnostics)
    (found,) = [one for one in lab.diagnostics if one.is_error]
    return found


def lab_with(written: str, lets: dict[str, str]) -> Expanded:
    lines = [f"let {name} = {text}" for name, text in lets.items()]
    return expanded("\n".join([*lines, "host h {", f"  route {written} via hop", "}"]))


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("web", Word("web")),
        ("a.gw.wan", Word("a.gw.wan")),
        ("10.1.0.0/16", IPv4Network("10.1.0.0/16")),
        ("fc00:4300:a::/64", ip_network("fc00:4300:a::/64")),
        ("10.1.0.99", IPv4Address("10.1.0.99")),
        ("::2", IPv6Address("::2")),
        (".2", ShortAddress((2,))),
        (".0.99", ShortAddress((0, 99))),
        ("tcp/8080", PortService(Protocol.TCP, 8080, 8080)),
        ("udp/1-9", PortService(Protocol.UDP, 1, 9)),
        ("icmp/echo-request", PortService(Protocol.ICMP, icmp_type="echo-request")),
        ("1..4", IntRange(1, 4)),
        ("10ms", Quantity(Decimal(10), "ms")),
        ("0.1%", Quantity(Decimal("0.1"), "%")),
        ("10/s", Limit(10, "s")),
        ("02:00:5E:10:00:01", Mac("02:00:5e:10:00:01")),
        ("7", 7),
    ],
)
def test_a_literal_of_the_field_has_its_own_kind(written: str, meant: Value) -> None:
    assert value_of(written) == meant


@pytest.mark.parametrize(
    ("written", "lets", "meant"),
    [
        ("10.$n.0.0/24", {"n": "4"}, IPv4Network("10.4.0.0/24")),
        ("tcp/$port", {"port": "8080"}, PortService(Protocol.TCP, 8080, 8080)),
        ("fc00:4300:$x::99", {"x": "b"}, IPv6Address("fc00:4300:b::99")),
        ("::aae$x", {"x": "a"}, IPv6Address("::aaea")),
        (".0.${i+1}", {"i": "1"}, ShortAddress((0, 2))),
        (".${10+n}", {"n": "3"}, ShortAddress((13,))),
        ("client-$i", {"i": "7"}, Word("client-7")),
        ("$x$i", {"x": "a", "i": "1"}, Word("a1")),
        ("1..$n", {"n": "5"}, IntRange(1, 5)),
        ("1..${n - 1}", {"n": "1"}, IntRange(1, 0)),
        ("$r", {"r": "10.0.0.0/8"}, IPv4Network("10.0.0.0/8")),
        ("$s", {"s": '"two words"'}, "two words"),
        ("${n*2}ms", {"n": "5"}, Quantity(Decimal(10), "ms")),
    ],
)
def test_a_splice_is_the_literal_that_its_text_makes(written: str, lets: dict[str, str], meant: Value) -> None:
    assert value_of(written, **lets) == meant


@pytest.mark.parametrize(
    ("expression", "lets", "meant"),
    [
        ("7 / 2", {}, 3),
        ("0 - 7 % 3", {}, -1),
        ("2 * (3 + 4)", {}, 14),
        ("host(10.1.0.0/16, 99)", {}, IPv4Address("10.1.0.99")),
        ("host(fc00::/64, -1)", {}, IPv6Address("fc00::ffff:ffff:ffff:ffff")),
        ("subnet(172.16.0.0/12, 24, 5)", {}, IPv4Network("172.16.5.0/24")),
        ("subnet(10.0.0.0/8, 16, -1)", {}, IPv4Network("10.255.0.0/16")),
        ("pick(xs, 4)", {"xs": "a, b, c"}, Word("b")),
        ("pick(r, 4)", {"r": "5..7"}, 6),
        ("len(xs)", {"xs": "a, b, c"}, 3),
        ("min(3, 1, 2)", {}, 1),
        ("max(3, 1)", {}, 3),
        ("if(x == a, 1, 2)", {"x": "q", "a": "q"}, 1),
        ("if(1 > 2, 1, 2)", {}, 2),
        ("if(1 == 1, 5, 1 / 0)", {}, 5),
        ("hash(x)", {"x": "3"}, 2811266800713428421),
    ],
)
def test_an_expression_calculates(expression: str, lets: dict[str, str], meant: Value) -> None:
    assert value_of("${" + expression + "}", **lets) == meant


def test_a_quoted_splice_is_a_string_whatever_it_holds() -> None:
    assert value_of("$t", x="5", t='"$x"') == "5"


def test_a_list_value_adds_its_members_to_a_list() -> None:
    assert values_of("$xs, .9", xs=".1, .2") == [ShortAddress((1,)), ShortAddress((2,)), ShortAddress((9,))]


def test_brackets_keep_a_list_one_member() -> None:
    assert value_of("${len(xs)}", xs="[a, 1], [b, 2]") == 2


def test_lets_stand_in_any_order() -> None:
    assert value_of("$c", c="${b + 1}", a="1", b="${a + 1}") == 3


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ("10.0.0.256", "bad-literal"),
        ("10.0.0", "bad-literal"),
        ("10.0.01.1", "bad-literal"),
        (".1.2.3.4", "bad-literal"),
        ("10.0.0.0/33", "bad-literal"),
        ("10.0/16", "bad-literal"),
        ("fc00::1::2", "bad-literal"),
        ("fc00::/129", "bad-literal"),
        ("${host(10.0.0.1/16, 1)}", "host-bits-set"),
        ("tcp/70000", "port-out-of-range"),
        ("udp/0", "port-out-of-range"),
        ("tcp/9-1", "bad-literal"),
        ("tcp/http", "bad-literal"),
        ("icmp/hello", "bad-literal"),
        ("0/s", "out-of-range"),
        ("${1 / 0}", "division-by-zero"),
        ("${1 % 0}", "division-by-zero"),
        ("${1 + 10.0.0.1}", "wrong-kind"),
        ("${host(5, 1)}", "wrong-kind"),
        ("${host(10.0.0.0/24, 256)}", "out-of-range"),
        ("${subnet(10.0.0.0/24, 16, 0)}", "out-of-range"),
        ("${subnet(10.0.0.0/24, 25, 2)}", "out-of-range"),
        ("${1 < 10.0.0.1}", "wrong-kind"),
        ("${if(5, 1, 2)}", "wrong-kind"),
        ("${2 * host(10.0.0.0/8)}", "wrong-arity"),
        ("${hots(10.0.0.0/8, 1)}", "unknown-function"),
        ("$nothing", "unknown-value"),
        ("${10000000000000000000 * 10000000000000000000 * 10}", "out-of-range"),
    ],
)
def test_what_is_wrong_with_a_value_is_said_once(written: str, code: str) -> None:
    assert problem_of(written).rule.code == code


def test_host_bits_come_with_the_prefix_that_was_meant() -> None:
    assert (
        problem_of("${subnet(10.1.2.3/16, 24, 1)}").help
        == "the prefix is `10.1.0.0/16`; an address stands alone: `10.1.2.3`"
    )


def test_a_wrong_kind_says_what_is_needed_and_what_is_there() -> None:
    found = problem_of("${1 + r}", r="10.0.0.0/8")
    assert found.message == "a number is needed, `10.0.0.0/8` is a prefix"
    assert found.primary.place.span.text == "r"


def test_a_splice_that_makes_no_value_says_what_it_gives() -> None:
    assert problem_of("$a/$a", a="x").message == "`$a/$a` gives `x/x`, which is no value"


def test_a_function_one_letter_away_is_suggested() -> None:
    assert problem_of("${hots(10.0.0.0/8, 1)}").help == "did you mean `host`?"


def test_texts_that_double_line_by_line_are_bounded() -> None:
    doubling = {f"t{i}": f'"$t{i - 1}$t{i - 1}"' for i in range(1, 60)}
    assert problem_of("$t59", t0='"ab"', **doubling).rule.code == "out-of-range"


def test_lists_that_double_line_by_line_are_bounded() -> None:
    doubling = {f"t{i}": f"[$t{i - 1}, $t{i - 1}]" for i in range(1, 60)}
    assert problem_of("$t59", t0="a", **doubling).rule.code == "loop-limit"


def test_a_condition_may_be_long() -> None:
    condition = " and ".join(["$n == 1"] * 5_000)
    assert [item.name for item in expanded(f"let n = 1\nif {condition} {{ host h {{ }} }}").items] == ["h"]


@given(st.ip_addresses())
def test_every_address_is_read_back_from_its_text(address: object) -> None:
    kind = kind_of_text(str(address))
    assert kind is syntax.Kind.ADDRESS
    assert literal_value(kind, str(address)) == address


@given(st.integers(0, 2**32 - 1), st.integers(0, 32))
def test_a_prefix_is_itself_or_has_host_bits(number: int, length: int) -> None:
    written = f"{ip_address(number)}/{length}"
    value = literal_value(syntax.Kind.PREFIX, written)
    network = IPv4Network(written, strict=False)
    if str(network) == written:
        assert value == network
    else:
        assert isinstance(value, LongAddress)
        assert (value.address.ip, value.address.network) == (ip_address(number), network)
        help_ = f"the prefix is `{network}`; an address stands alone: `{ip_address(number)}`"
        assert host_bits_problem(value).help == help_


@given(st.text(max_size=40))
def test_any_text_is_a_literal_or_none(text: str) -> None:
    kind = kind_of_text(text)
    if kind is not None:
        value = literal_value(kind, text)
        assert isinstance(value, Problem) or isinstance(text_of(value), str)


@given(st.integers(8, 24), st.integers(-(2**16), 2**16))
def test_subnets_lie_in_their_prefix_and_differ(length: int, number: int) -> None:
    whole = IPv4Network("10.0.0.0/8")
    part = call("subnet", (whole, length, number))
    if isinstance(part, IPv4Network):
        assert part.subnet_of(whole)
        assert part.prefixlen == length
    else:
        assert not -(2 ** (length - 8)) <= number < 2 ** (length - 8)


@pytest.mark.parametrize(
    ("text", "code", "help_text"),
    [
        (
            'lab x\nhost a { run "echo $i" }',
            "unknown-value",
            r"`\$i` leaves it to the shell: a `$` of the text itself has a backslash",
        ),
        (
            'lab x\nhost a { run "echo ${HOME}" }',
            "unknown-value",
            r"`\${HOME}` leaves it to the shell: a `$` of the text itself has a backslash",
        ),
        ('lab x\nlet count = 1\nhost a { run "${count} $cout" }', "unknown-value", "did you mean `count`?"),
        (
            "lab x\nfor i in 1..1 { network n-$i 10.$i-1.0.0/24 }",
            "bad-literal",
            "an expression stands in braces: `10.${i - 1}.0.0/24`",
        ),
        (
            'lab x\nlet x = "bü"\nhost pc-$x',
            "bad-literal",
            "`ü` (U+00FC latin small letter u with diaeresis): names have the letters a to z, digits and `-`",
        ),
        ("lab x\nnetwork n 10.0.0.0/8 { rate 100 }", "wrong-kind", "with its unit: `100mbit`"),
        ("lab x\nnetwork n 10.0.0.0/8 { delay 10 ms }", "wrong-arity", "a unit touches its number: `10ms`"),
        (
            "lab x\nfor i in [1..2] { host h-$i }",
            "wrong-kind",
            "`pick(list, n)` is one of a list; `for` goes through a list that has no brackets",
        ),
        ("lab x\nfor $i in 1..2 { host h-$i }", "invalid-name", "`i`"),
        (
            "lab x\nnetwork n 10.0.0.0/8\nhost a { interface on n ; resolver 8.8.8.8 }",
            "wrong-kind",
            "a node of the lab answers names: `serve dns { … }` there, and `resolver NODE` here",
        ),
        (
            "lab x\nnetwork n 10.0.0.0/8\nhost a { interface on n ; image nginx }",
            "unknown-name",
            "an image is Debian with more packages: `image NAME { packages … }` in the file",
        ),
        (
            "lab x\nnetwork n 10.0.0.0/8\nhost a { interface on n ; default via internet }",
            "unknown-name",
            "what is outside has no name: `uplink nat` in a router is the way out of a lab",
        ),
    ],
)
def test_the_remedy_is_written_out(text: str, code: str, help_text: str) -> None:
    found = [one for one in check_text(text.encode()).diagnostics if one.is_error]
    assert [(one.rule.code, one.help) for one in found] == [(code, help_text)]
