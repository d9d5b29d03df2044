"""Unrolling: params, lets, loops, conditions, templates, files as templates."""

from pathlib import Path

import pytest

from netdsl.diagnostics.core import Diagnostics
from netdsl.semantics.evaluate import evaluate, evaluate_list
from netdsl.semantics.expand import expand
from netdsl.semantics.files import FolderReader
from netdsl.semantics.items import Expanded, Item
from netdsl.semantics.load import load
from netdsl.semantics.scopes import lookup
from netdsl.semantics.values import Word
from netdsl.syntax import tree as syntax
from netdsl.syntax.description import ElementKind
from tests.semantics.expanding import codes, errors, expanded, node, only, paths

LABS = Path(__file__).parent.parent / "labs"


def hop_of(lab: Expanded, path: str) -> str | None:
    """The full name of the node that a node's default route goes to."""
    item = node(lab, path)
    (route,) = [one for one in item.children if isinstance(one.statement, syntax.Route)]
    assert isinstance(route.statement, syntax.Route)
    hop = evaluate(route.statement.next_hops[0], route, lab.diagnostics)
    assert isinstance(hop, Word)
    place = route.at(route.statement.next_hops[0].span)
    element = lookup(hop, lab.diagnostics, place, (ElementKind.NODE,))
    return None if element is None else element.path


def network_of(lab: Expanded, path: str) -> str | None:
    item = node(lab, path)
    (interface,) = [one for one in item.children if isinstance(one.statement, syntax.Interface)]
    assert isinstance(interface.statement, syntax.Interface)
    assert interface.statement.network is not None
    name = evaluate(interface.statement.network, interface, lab.diagnostics)
    assert isinstance(name, Word)
    element = lookup(name, lab.diagnostics, interface.place, (ElementKind.NETWORK,))
    return None if element is None else element.path


def words_in(lab: Expanded, item: Item) -> list[str]:
    """The kinds of statement in a node, in order."""
    return [type(child.statement).__name__ for child in item.children]


# --- the lab itself


def test_a_lab_has_its_name_and_title() -> None:
    lab = expanded('lab vpn-hunt "Another"\nhost h { }')
    assert (lab.name, lab.title) == ("vpn-hunt", "Another")


def test_a_lab_without_a_name_has_its_files() -> None:
    assert expanded("host h { }").name == "lab"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("host h { }\nlab late", "misplaced-statement"),
        ("lab one\nlab two\nhost h { }", "repeated-statement"),
        ("host h { lab inside }", "misplaced-statement"),
        ("if 1 == 1 { param x = 1 }", "misplaced-statement"),
        ("host h { template t { } }", "misplaced-statement"),
        ("host h { expect { h reaches h } }", "misplaced-statement"),
        ('for _i in 1..1 { import "a.net" as a }', "misplaced-statement"),
    ],
)
def test_a_statement_of_the_language_has_its_place(text: str, code: str) -> None:
    assert errors(expanded(text)) == [code]


@pytest.mark.parametrize(
    "line",
    [
        "ospf area 0",
        "ospf { area 0 on lan }",
        "bgp 65000",
        "bgp 65000 {\n  neighbor 10.0.0.1 remote-as 65001 {\n    a: b\n  }\n}",
        "vnf a { ConnectTo = b }",
        "vnf f { app l2fwd { } }",
        "vrf red",
        "vlan 10",
        "cores 4",
    ],
)
def test_what_people_type_of_a_later_version_is_passed_over_and_told_once(line: str) -> None:
    for text in (f"{line}  # a comment\nhost h", f"host h {{ {line} }}"):
        lab = expanded(text)
        (finding,) = list(lab.diagnostics)
        assert finding.rule.code == "not-supported-yet"
        assert finding.message == f"`{line.split()[0]}` is part of the language, but not compiled by this version"
        assert finding.primary.place.span.text == line.partition(" {")[0]
        assert paths(lab) == ["h"]


@pytest.mark.parametrize("word", ["vnf f { app l2fwd }", "bench b { repeat 3 }", "host h { bgp 65001 { } }"])
def test_what_is_not_compiled_yet_says_so_once(word: str) -> None:
    lab = expanded("for _i in 1..3 {\n" + word.replace("host h", "host h$_i") + "\n}")
    assert errors(lab) == ["not-supported-yet"]


# --- parameters


def test_a_parameter_has_its_default() -> None:
    assert paths(expanded("param n = 2\nfor i in 1..$n { host h$i { } }")) == ["h1", "h2"]


def test_a_parameter_is_given() -> None:
    assert paths(expanded("param n = 2\nfor i in 1..$n { host h$i { } }", n="3")) == ["h1", "h2", "h3"]


@pytest.mark.parametrize(
    ("text", "given", "code"),
    [
        ("param n\nhost h$n { }", {}, "missing-parameter"),
        ("param clients = 2\nhost h$clients { }", {"client": "3"}, "unknown-parameter"),
        ("param n = 2 in 1..4\nhost h$n { }", {"n": "5"}, "outside-domain"),
        ("param n = 9 in 1..4\nhost h$n { }", {}, "outside-domain"),
        ("param d = bridge in bridge, macvlan\nhost h-$d { }", {"d": "bridg"}, "outside-domain"),
        ("param n = 2\nhost h$n { }", {"n": "two"}, "wrong-kind"),
        ("param n = 2\nhost h$n { }", {"n": "; host x"}, "bad-literal"),
        ("param n = 2\nhost h$n { }", {"n": "10.0.0.256"}, "bad-literal"),
    ],
)
def test_what_is_wrong_with_a_parameter(text: str, given: dict[str, str], code: str) -> None:
    assert codes(expanded(text, **given)) == [code]


def test_a_parameter_that_is_a_string_takes_any_text() -> None:
    lab = expanded('param t = "x"\nhost h { run "$t" }', t="a; b $(c)")
    run = node(lab, "h").children[0]
    assert isinstance(run.statement, syntax.Run)
    assert evaluate(run.statement.command, run, lab.diagnostics) == "a; b $(c)"


def test_a_parameter_outside_its_domain_is_shown_where_it_was_given() -> None:
    found = only(expanded("param d = bridge in bridge, macvlan\nhost h-$d { }", d="bridg"))
    assert found.message == "`d` is `bridg`, which is not in bridge, macvlan"
    assert (found.primary.place.span.source.text, found.help) == ("-D d=bridg", "did you mean `bridge`?")


def test_a_parameter_may_be_made_of_another() -> None:
    assert paths(expanded("param a = ${b + 1}\nparam b = 1\nhost h$a { }", b="5")) == ["h6"]


# --- values


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("let a = $b\nlet b = $a\nhost h { }", "value-cycle"),
        ("let a = 1\nlet a = 2\nhost h$a { }", "duplicate-name"),
        ("let a = 1\nfor a in 1..2 { host h$a { } }\nhost g$a { }", "shadowed-name"),
        ("let a-b = 1\nhost h { }", "invalid-name"),
        ("let faults = none\nhost h$fault { }", "unknown-value"),
        ("let x = 1\nif x == none { }\nif $x == 1 { host h { } }", "wrong-kind"),
        ("let x = 1\nif x == 1 { }\nif $x == 1 { host h { } }", "wrong-kind"),
        ("if 5 { host h { } }", "wrong-kind"),
    ],
)
def test_what_is_wrong_with_a_value_name(text: str, code: str) -> None:
    assert errors(expanded(text)) == [code]


def test_a_cycle_shows_the_way_round() -> None:
    found = next(iter(expanded("let a = $b\nlet b = $c\nlet c = $a\nhost h { }").diagnostics))
    assert found.message == "`a` is defined by itself: `a` → `b` → `c` → `a`"


@pytest.mark.parametrize(
    "text",
    [
        "let a = 1\nhost h { }",
        "param a = 1\nhost h { }",
        "template t(a) { host h { } }\nuse t (a = 1)",
    ],
)
def test_a_value_that_nothing_uses_is_a_warning(text: str) -> None:
    assert codes(expanded(text)) == ["unused-value"]


def test_a_value_used_in_a_branch_not_taken_is_used() -> None:
    assert codes(expanded("let a = 1\nif 1 == 2 { host h$a { } }\nhost g { }")) == []


def test_a_value_that_begins_with_an_underscore_is_unused_on_purpose() -> None:
    assert codes(expanded("let _a = 1\nhost h { }")) == []


def test_a_let_of_a_block_ends_with_it() -> None:
    lab = expanded("for i in 1..2 { let n = ${i * 10}\n host h$n { } }\nhost g$n { }")
    assert (paths(lab), errors(lab)) == (["h10", "h20"], ["unknown-value"])


def test_a_mistake_in_a_template_is_said_though_nothing_uses_it() -> None:
    assert codes(expanded("template t { host h { route 10.0.0.256 via $x } }\nhost g { }")) == [
        "unused-template",
        "bad-literal",
        "unknown-value",
    ]


# --- loops and conditions


def test_loops_nest_and_their_elements_belong_to_the_scope_around() -> None:
    lab = expanded("for x in a, b { for i in 1..2 { host c-$x$i { } } }")
    assert paths(lab) == ["c-a1", "c-a2", "c-b1", "c-b2"]
    assert list(lab.root.elements) == ["c-a1", "c-a2", "c-b1", "c-b2"]


def test_a_loop_goes_through_lists_of_lists() -> None:
    lab = expanded("let ps = [a, 1], [b, 2]\nfor p in $ps { host ${pick(p, 0)}-${pick(p, 1)} { } }")
    assert paths(lab) == ["a-1", "b-2"]


def test_a_condition_chooses_one_branch() -> None:
    text = "param f = a\nif $f == a { host x { } } else if $f == b { host y { } } else { host z { } }"
    assert [paths(expanded(text, f=f)) for f in ("a", "b", "c")] == [["x"], ["y"], ["z"]]


def test_yes_is_a_condition() -> None:
    text = "param f = yes\nif $f and not $f == no { host x { } }"
    assert [paths(expanded(text, f=f)) for f in ("yes", "no")] == [["x"], []]


def test_conditions_stand_in_nodes_too() -> None:
    lab = expanded("host h { if 1 == 1 { loopback 10.0.0.1 } else { uplink nat } }")
    assert words_in(lab, node(lab, "h")) == ["Loopback"]


@pytest.mark.parametrize(
    "text",
    [
        "for i in 1..10001 { host h$i { } }",
        "for _i in 1..10000 { for _j in 1..10000 { } }",
        "template t { use u }\ntemplate u { for _i in 1..9999 { use v } }\ntemplate v { for _i in 1..9999 { } }\nuse t",
    ],
)
def test_loops_are_bounded(text: str) -> None:
    assert errors(expanded(text)) == ["loop-limit"]


def test_a_name_in_a_loop_without_its_variable_is_twice() -> None:
    found = only(expanded("for _i in 1..3 { host h { } }"))
    assert (found.rule.code, found.help) == (
        "duplicate-name",
        "a name in a loop needs the loop's variable: `h-$i`",
    )


# --- names of elements


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("host Web { }", "invalid-name"),
        ("host a_b { }", "invalid-name"),
        ("host a.b { }", "invalid-name"),
        ("host h* { }", "pattern-not-allowed"),
        ("let n = 5\nhost $n { }", "wrong-kind"),
        ("network n\nhost n { }", "duplicate-name"),
        ("template t { host h { } }\nuse t\nuse t", "duplicate-name"),
        ("network lan\ntemplate t { network lan }\nuse t as a", "shadowed-name"),
    ],
)
def test_what_is_wrong_with_an_element_name(text: str, code: str) -> None:
    assert codes(expanded(text)) == [code]


def test_a_name_with_capitals_comes_with_the_right_one() -> None:
    assert only(expanded("host Web_Server { }")).help == "`web-server`"


def test_a_shadowed_name_shows_both_places() -> None:
    found = only(expanded("network lan\ntemplate t { network lan }\nuse t as a"))
    assert [str(found.primary.place), *(str(label.place) for label in found.related)] == [
        "lab.net:2:22",
        "lab.net:1:9",
    ]


def test_a_shadowed_name_is_told_once_for_all_uses() -> None:
    assert codes(expanded("network lan\ntemplate t { network lan }\nuse t as a\nuse t as b")) == ["shadowed-name"]


# --- templates


def test_a_template_with_a_name_makes_a_scope() -> None:
    lab = expanded("template t(n) { host h$n { } }\nuse t as a (n = 1)\nuse t as b (n = 2)")
    assert paths(lab) == ["a.h1", "b.h2"]


def test_a_template_without_a_name_stands_right_here() -> None:
    lab = expanded("template t(n) { host h$n { } }\nuse t (n = 1)\nuse t (n = 2)")
    assert paths(lab) == ["h1", "h2"]
    assert {"h1", "h2"} <= set(lab.root.elements)


def test_nodes_share_lines_by_a_template() -> None:
    lab = expanded("template t { uplink nat }\nhost h { use t\n loopback 10.0.0.1 }")
    assert words_in(lab, node(lab, "h")) == ["Uplink", "Loopback"]


def test_a_name_is_looked_up_in_its_own_scope_first() -> None:
    lab = expanded(
        "router net { }\n"
        "template site { router gw { default via net }\n host pc { default via gw } }\n"
        "use site as a\nuse site as b"
    )
    assert [hop_of(lab, path) for path in ("a.pc", "b.pc", "a.gw")] == ["a.gw", "b.gw", "net"]


def test_a_name_is_never_looked_up_at_the_place_of_use() -> None:
    lab = expanded(
        "template inner { host pc { default via gw } }\ntemplate outer { router gw { }\n use inner }\nuse outer as a"
    )
    assert hop_of(lab, "a.pc") is None
    assert errors(lab) == ["unknown-name"]


def test_inline_statements_see_one_another() -> None:
    lab = expanded("template t { router gw { }\n host pc { default via gw } }\ntemplate s { use t }\nuse s as a")
    assert hop_of(lab, "a.pc") == "a.gw"


def test_an_argument_is_looked_up_where_use_stands() -> None:
    lab = expanded(
        "template leaf(net) { host pc { interface on $net } }\n"
        "template site { network lan\n use leaf as l (net = lan) }\n"
        "use site as a"
    )
    assert network_of(lab, "a.l.pc") == "a.lan"


def test_a_path_from_an_argument_keeps_its_scope() -> None:
    lab = expanded(
        "template leaf(site) { host pc { default via $site.gw } }\n"
        "template side { router gw { } }\n"
        "use side as s\nuse leaf as l (site = s)"
    )
    assert hop_of(lab, "l.pc") == "s.gw"


def test_a_default_input_may_use_an_earlier_one() -> None:
    lab = expanded("template t(a, b = ${a + 1}) { host h$a-$b { } }\nuse t (a = 1)\nuse t (a = 5, b = 9)")
    assert paths(lab) == ["h1-2", "h5-9"]


def test_a_place_has_the_way_of_uses_to_it() -> None:
    lab = expanded("template t { host h { } }\ntemplate s { use t as i }\nuse s as o")
    place = node(lab, "o.i.h").place
    assert [str(place.span), *map(str, place.via)] == ["lab.net:1:14", "lab.net:2:14", "lab.net:3:1"]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("template site { }\nuse sit as a\nuse site as b", "unknown-template"),
        ("network site\nuse site as a", "unknown-template"),
        ("template t(a) { host h$a { } }\nuse t", "missing-parameter"),
        ("template t(a) { host h$a { } }\nuse t (a = 1, b = 2)", "unknown-parameter"),
        ("template t(a) { host h$a { } }\nuse t (a = 1, a = 2)", "duplicate-name"),
        ("template t(a = 1) { host h$a { } }\nuse t (a = x)", "wrong-kind"),
        ("template t { use t }\nuse t", "recursive-template"),
        ("template t { use u }\ntemplate u { use t }\nuse t", "recursive-template"),
        ("template t { uplink nat }\nhost h { use t as n }", "misplaced-statement"),
        ("template t { expect { h reaches h } }\nhost h { use t }", "misplaced-statement"),
        ("template t { host h { } }\nhost g { }", "unused-template"),
        ("template t { }\nif 1 == 2 { use t }\nhost g { }", ""),
        ("template a { }\ntemplate a { }\nuse a", "duplicate-name"),
    ],
)
def test_what_is_wrong_with_a_use(text: str, code: str) -> None:
    assert codes(expanded(text)) == ([code] if code else [])


def test_recursion_shows_the_chain() -> None:
    assert only(expanded("template t { use u }\ntemplate u { use t }\nuse t")).message == (
        "`t` uses itself: `t` → `u` → `t`"
    )


def test_a_template_may_be_declared_after_its_use() -> None:
    assert paths(expanded("use t as a\ntemplate t { host h { } }")) == ["a.h"]


def test_a_template_may_be_chosen_by_a_value() -> None:
    assert paths(expanded("param t = x\ntemplate x { host hx { } }\ntemplate y { host hy { } }\nuse $t", t="y")) == [
        "hy"
    ]


def test_uses_nest_to_a_limit() -> None:
    chain = [f"template t{i} {{ use t{i + 1} }}" for i in range(200)]
    assert errors(expanded("\n".join([*chain, "template t200 { }", "use t0"]))) == ["nesting-too-deep"]


def test_a_failed_use_excuses_the_names_that_it_would_have_given() -> None:
    lab = expanded("use sit as a\nhost pc { default via a.gw }")
    assert hop_of(lab, "pc") is None
    assert errors(lab) == ["unknown-template"]


# --- files as templates

SITE = "param n\nnetwork inside\nhost c$n { interface on inside }\nexpect { c$n reaches c$n }\n"


def test_a_file_is_a_template() -> None:
    lab = expanded('import "site.net" as site\nuse site as a (n = 1)\nuse site as b (n = 2)', {"site.net": SITE})
    assert paths(lab) == ["a.inside", "a.c1", "b.inside", "b.c2"]
    assert [item.scope.path for item in lab.expectations] == ["a", "b"]
    assert network_of(lab, "b.c2") == "b.inside"


def test_a_file_sees_nothing_of_who_uses_it() -> None:
    lab = expanded(
        'import "site.net" as site\nrouter gw { }\nuse site as a', {"site.net": "host pc { default via gw }"}
    )
    assert hop_of(lab, "a.pc") is None
    assert errors(lab) == ["unknown-name"]


def test_a_file_offers_its_templates() -> None:
    lab = expanded(
        'import "lib.net" as lib\nuse lib.t as a',
        {"lib.net": "param unset\nlet n = 7\npki ca { }\ntemplate t { host h$n { } }\nhost skipped$unset { }"},
    )
    assert paths(lab) == ["lib.ca", "a.h7"]
    assert codes(lab) == []


def test_a_file_offers_nothing_by_itself_unless_asked() -> None:
    lab = expanded('import "lib.net" as lib\nuse lib as l', {"lib.net": "pki ca { }\nhost h { }"})
    assert paths(lab) == ["l.ca", "l.h"]


def test_a_template_of_a_file_needs_its_parameters() -> None:
    lab = expanded('import "lib.net" as lib\nuse lib.t as a', {"lib.net": "param n\ntemplate t { host h$n { } }"})
    assert errors(lab) == ["missing-parameter"]


def test_an_import_without_a_name_has_its_files() -> None:
    lab = expanded('import "site.net"\nuse site as a', {"site.net": "host h { }"})
    assert paths(lab) == ["a.h"]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ('import "site.net" as site\nhost h { }', "unused-import"),
        ('import "site.net" as site\nuse site as a', "missing-parameter"),
        ('import "Bad Name.net"\nhost h { }', "invalid-name"),
        ('import "site.net" as site\nnetwork site\nuse site as a (n = 1)', "duplicate-name"),
    ],
)
def test_what_is_wrong_with_an_import(text: str, code: str) -> None:
    assert codes(expanded(text, {"site.net": SITE, "Bad Name.net": SITE})) == [code]


# --- expectations


def test_checks_are_unrolled() -> None:
    lab = expanded(
        "host a { }\nexpect { for i in 1..2 { a reaches h$i }\nif 1 == 2 { a reaches a } else { a cannot reach b } }"
    )
    assert [type(item.check).__name__ for item in lab.expectations[0].checks] == ["CheckReach"] * 3


@pytest.mark.parametrize(("fault", "is_failure"), [("lost", True), ("none", False)])
def test_a_failure_is_expected_when_its_condition_holds(fault: str, is_failure: bool) -> None:
    lab = expanded("param f = none\nhost h { }\nexpect failure when $f != none { h reaches h }", f=fault)
    assert [item.statement.is_failure for item in lab.expectations] == [is_failure]


# --- files of nodes


def test_files_are_read_beside_the_source_that_names_them() -> None:
    lab = expanded(
        'import "sub/site.net" as s\nuse s as a\nhost h { file /etc/a from "a.txt" }',
        {"a.txt": b"\xff\x00", "sub/a.txt": "sub", "sub/site.net": 'host h { file /etc/a from "a.txt" }'},
    )
    assert lab.files == {("lab.net", "a.txt"): b"\xff\x00", ("sub/site.net", "a.txt"): b"sub"}


def test_a_file_of_a_node_may_have_values_in_its_path() -> None:
    lab = expanded('for i in 1..2 { host h$i { file /a from "f$i" } }', {"f1": "1", "f2": "2"})
    assert lab.files == {("lab.net", "f1"): b"1", ("lab.net", "f2"): b"2"}


# --- pki


def test_the_address_in_a_subject_stays_as_it_is() -> None:
    lab = expanded('pki ca { subject "CN=$address" }')
    item = lab.items[0].children[0]
    assert isinstance(item.statement, syntax.Attribute)
    (subject,) = evaluate_list(item.statement.values, item, lab.diagnostics)
    assert subject.value == "CN=$address"


# --- the labs of the design


@pytest.mark.parametrize(
    ("name", "items", "expectations"),
    [
        ("host-to-host", 18, 2),
        ("site-to-site-v6", 17, 1),
        ("dmz", 13, 1),
        ("ipsec-corners", 12, 1),
        ("students", 10, 1),
        ("two-files/main", 13, 3),
    ],
)
def test_the_labs_of_the_design_expand_without_a_word(name: str, items: int, expectations: int) -> None:
    path = LABS / f"{name}.net"
    diagnostics = Diagnostics()
    sources = load(path.name, FolderReader(path.parent, path.name), diagnostics)
    lab = expand(sources, {}, diagnostics)
    assert (len(lab.items), len(lab.expectations), codes(lab)) == (items, expectations, [])


def test_a_path_is_as_long_as_a_file_s_name_can_be() -> None:
    lab = expanded(f"lab x\nnetwork {'n' * 101} 10.0.0.0/24\nnetwork {'m' * 100} 10.1.0.0/24\n")
    assert codes(lab) == ["invalid-name"]
