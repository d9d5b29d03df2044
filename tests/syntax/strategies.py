"""Whole sources, made by the grammar: each parses. Names and addresses are plausible, not always sound.

`sources()` is for any test that wants arbitrary labs; `mutated(source)` breaks one.
"""

import re
from collections.abc import Callable

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

Text = SearchStrategy[str]

names: Text = st.deferred(
    lambda: st.sampled_from(
        ["a", "b1", "gw", "gw-s", "lan", "isp-a", "server", "client", "up", "host", "tunnel", "x.y"]
    )
)
value_names: Text = st.deferred(lambda: st.sampled_from(["x", "range", "n", "wan_addr"]))
numbers: Text = st.deferred(lambda: st.integers(0, 70000).map(str))


def _join(*parts: Text | str, by: str = " ") -> Text:
    """The parts in a row; empty ones leave no blank behind."""
    taken = [st.just(part) if isinstance(part, str) else part for part in parts]
    return st.tuples(*taken).map(lambda texts: by.join(text for text in texts if text))


def _maybe(part: Text) -> Text:
    return st.one_of(st.just(""), part)


def _many(part: Text, smallest: int = 1, largest: int = 3) -> Text:
    separators = st.sampled_from([", ", ",", " , ", ",\n    ", ", # why\n    "])
    rows = st.lists(part, min_size=smallest, max_size=largest)
    return st.tuples(rows, separators).map(lambda drawn: drawn[1].join(drawn[0]))


addresses: Text = st.deferred(
    lambda: st.one_of(
        st.ip_addresses(v=4).map(str),
        st.ip_addresses(v=6).map(str),
        st.sampled_from([".1", ".0.99", "::2", "10.0.0.256", "fc00::1"]),
    )
)
prefixes: Text = st.deferred(
    lambda: st.one_of(
        st.tuples(st.ip_addresses(v=4), st.integers(0, 33)).map(lambda pair: f"{pair[0]}/{pair[1]}"),
        st.tuples(st.ip_addresses(v=6), st.integers(0, 129)).map(lambda pair: f"{pair[0]}/{pair[1]}"),
    )
)
services: Text = st.deferred(
    lambda: st.sampled_from(["tcp/80", "udp/1-9", "icmp", "icmp/echo-request", "web", "tcp/70000"])
)
quantities: Text = st.deferred(
    lambda: st.sampled_from(["10ms", "0.5", "64MiB", "100mbit", "0.1%", "5s", "64pkt", "3h"])
)
strings: Text = st.deferred(
    lambda: st.sampled_from(
        ['"text"', '""', '"C=FI, CN=$x"', '"a # b { ; }"', '"\\"\\\\\\n\\$"', '"${x + 1}%"', '"$5"']
    )
)

_atoms: Text = st.deferred(
    lambda: st.one_of(value_names, st.integers(0, 300).map(str), prefixes, st.sampled_from([".5", '"s"', "10ms", "-1"]))
)


def _operations(inner: Text) -> Text:
    operators = st.sampled_from(["+", "-", "*", "/", "%", "==", "<", "and", "or"])
    return st.one_of(
        st.tuples(inner, operators, inner).map(lambda drawn: f"({drawn[0]} {drawn[1]} {drawn[2]})"),
        st.lists(inner, max_size=3).map(lambda drawn: f"host({', '.join(drawn)})"),
        inner.map(lambda drawn: f"not ({drawn})"),
    )


expressions: Text = st.deferred(lambda: st.recursive(_atoms, _operations, max_leaves=5))
splices: Text = st.deferred(
    lambda: st.one_of(
        value_names.map(lambda name: f"${name}"),
        expressions.map(lambda text: f"${{{text}}}"),
        st.sampled_from(["client-$x", "10.$x.0.0/24", "tcp/$x", "$x.gw", "1..$n", "::${n+2}", "$x-to-cloud"]),
    )
)
values: Text = st.deferred(
    lambda: st.one_of(
        names,
        numbers,
        addresses,
        prefixes,
        services,
        quantities,
        strings,
        splices,
        st.sampled_from(["1..4", "10/s", "*", "-1", "[a, [1, $x]]"]),
    )
)
named: Text = st.deferred(lambda: st.one_of(names, splices))

_comparisons: Text = st.deferred(
    lambda: st.one_of(
        _join(splices, st.sampled_from(["==", "!=", "<", ">="]), values),
        splices,
        splices.map(lambda text: f"not {text}"),
    )
)
conditions: Text = st.deferred(
    lambda: st.recursive(
        _comparisons,
        lambda inner: st.tuples(
            inner, st.sampled_from([" and ", " or ", "\n      and ", " # why\n      or "]), inner
        ).map(lambda drawn: f"({drawn[0]}){drawn[1]}({drawn[2]})"),
        max_leaves=3,
    )
)

_clauses: Text = st.deferred(
    lambda: st.one_of(
        *(
            _join(word, _many(named))
            for word in ("from", "to", "in", "out", "through", "except through", "except from", "except to")
        ),
        st.just("limit 10/s"),
        st.sampled_from(["state new, invalid", "flags syn", "without ack, rst"]),
        _join("log", _maybe(strings)),
    )
)
_while: Text = st.deferred(lambda: _join("while", names, _maybe(_join("--", names)), st.sampled_from(["up", "down"])))
_rest: Text = st.deferred(lambda: _join(st.lists(_clauses, max_size=3).map(" ".join), _maybe(_while)))
_chains: Text = st.deferred(lambda: _many(st.sampled_from(["input", "output", "forward"])))
_verdicts: Text = st.deferred(lambda: st.sampled_from(["accept", "drop", "reject"]))
_actuals: Text = st.deferred(lambda: _many(_join(value_names, "=", values)).map(lambda text: f"({text})"))

simple_statements: Text = st.deferred(
    lambda: st.one_of(
        _join("lab", names, _maybe(strings)),
        _join("param", value_names, _maybe(_join("=", _many(values))), _maybe(_join("in", _many(values)))),
        _join("let", value_names, "=", _many(values)),
        _join('import "site.net"', _maybe(_join("as", names))),
        _join("use", named, _maybe(_join("as", named)), _maybe(_actuals)),
        _join("service", names, "=", _many(services)),
        _join("network", named, _maybe(_many(prefixes))),
        _join("link", named, "--", named, _maybe(prefixes)),
        _join(st.sampled_from(["host", "router", "switch", "vnf", "image"]), named),
        _join("interface", _maybe(named), "on", named, _maybe(_many(addresses))),
        _join("route", _many(prefixes), "via", _many(named)),
        _join("default via", _many(st.one_of(named, addresses))),
        st.sampled_from(
            [
                "routing auto",
                "routing none",
                "uplink nat",
                "mobike no",
                "backup of t",
                "encap yes for a",
                "mode transport",
                "over ipv6",
                "auth psk",
                "stp yes",
            ]
        ),
        _join("identity", names, "of", named, "for", _many(named)),
        _join("bypass", _many(prefixes), "for", _many(named)),
        _join("only", _many(services), _maybe(_join("from", _many(services))), _maybe(_join("for", _many(named)))),
        _join("at", st.one_of(named, addresses), "for", _many(named)),
        _join("loopback", _many(addresses)),
        _join("neighbour", addresses, "02:00:5e:10:00:01"),
        _join("serve", names, _maybe(names), services),
        _join("file", st.sampled_from(["/etc/motd", '"/a b"']), "from", strings),
        _join("run", strings),
        _join(st.sampled_from(["sysctl net.ipv4.ip_forward", "env KEY", "key", "vnf-memory"]), "=", values),
        _join(
            st.sampled_from(["driver", "mtu", "delay", "cpu", "memory", "capability", "packages", "subject", "mac"]),
            _many(values),
        ),
        st.sampled_from(
            ["driver macvlan private", "hugepages 256MiB of 2MiB", "intermediate path-length 0", "key 7 for a"]
        ),
        _join("record", names, "->", named),
        _join("record", names, st.sampled_from(["cname", "mx", "ptr", "txt"]), values, _maybe(named)),
        _join("delegate", names, "to", _many(named)),
        _join("forwarder", _many(named), _maybe(_join("for", _many(named)))),
        _join("policy", _maybe(_chains), _verdicts),
        _join(_verdicts, _chains, _maybe(_many(services)), _rest),
        _join("accept tunnel", _many(named)),
        _join("dnat", _many(services), _clauses, "->", named, _maybe(services), _maybe(_while)),
        _join("snat", _maybe(services), _clauses, "->", addresses),
        _join("masquerade", _rest),
        _join("netmap", prefixes, "->", prefixes, _rest),
        _join("between", _many(named), _maybe(_join("protecting", _many(named))), "\n      and", _many(named)),
        _join("between", _many(named), "and", _many(named), _join("protecting", _many(named)), "and", _many(named)),
        _join(st.sampled_from(["gateway", "client"]), _many(named), _maybe(_join("protecting", _many(named)))),
        _join("auth certificate", _maybe(_join("from", names)), _maybe(_join("for", _many(named)))),
        _join("identity", values, "for", named),
        _join("secret", strings, _maybe(_join("for", named))),
        _join(st.sampled_from(["ike", "esp", "ah", "rekey ike"]), _many(values)),
        _join("pool", _many(values), _maybe(_join("from", named))),
        _join("start", st.sampled_from(["at boot", "on traffic", "by hand"]), _maybe(_join("by", named))),
        _join("dpd", quantities, names),
        st.sampled_from(["ospf { area 0 on x }", "bgp 65001 { neighbor r2 ; announce lan }", "tinc t { gateway a }"]),
    )
)

_subjects: Text = st.deferred(lambda: _many(st.sampled_from(["a", "client-*", "$x", "b.gw"])))
_goals: Text = st.deferred(
    lambda: _join(_many(named, largest=2), _maybe(st.sampled_from(["ipv4", "ipv6"])), _maybe(services))
)
_being: Text = st.deferred(lambda: st.sampled_from(["is", "are", "is not", "are not"]))
check_lines: Text = st.deferred(
    lambda: _join(_claims, _maybe(st.sampled_from(["points 2", "points $x"]))),
)
_claims: Text = st.deferred(
    lambda: st.one_of(
        _join(
            _subjects,
            st.sampled_from(["reach", "reaches"]),
            _goals,
            _maybe(_join("answered by", names)),
            _maybe(_join("through", named)),
        ),
        _join(_subjects, "cannot reach", _goals),
        _join(_subjects, "cannot resolve", names),
        _join(_subjects, _being, st.sampled_from(["up", "down"])),
        _join(_subjects, "to", _goals, _being, "encrypted on", _many(named)),
        _join(_subjects, "to", _goals, st.sampled_from(["goes", "go", "goes not"]), "through", _many(named)),
        _join(_subjects, st.sampled_from(["resolve", "resolves"]), names, "to", _many(named)),
        _join(_subjects, st.sampled_from(["route", "routes"]), prefixes, "via", named),
        _join(
            _subjects,
            st.sampled_from(["use", "uses", "uses not"]),
            st.sampled_from(["ike", "esp", "$p"]),
            _maybe(st.sampled_from(["aes128-sha256-x25519", "aes256gcm16", "$x", '"aes128"'])),
        ),
        _join(_subjects, _being, st.sampled_from(["begun by", "behind nat at"]), _many(named)),
        _join(
            _subjects,
            _being,
            st.sampled_from(["encapsulated in udp", "compressed", "in tunnel mode", "in transport mode"]),
        ),
        _join(_subjects, st.sampled_from(["have", "has", "has not"]), _many(named), "from", named),
        st.just("bgp a to b is up"),
    )
)

_separators: Text = st.deferred(
    lambda: st.sampled_from(["\n", "\n\n\n", " ; ", ";", " # why\n", "\n# a line\n", "   \r\n\t"])
)


@st.composite
def _lines(draw: Callable[[SearchStrategy[str]], str], line: Text, largest: int = 4) -> str:
    lines = draw(st.lists(line, max_size=largest))  # type: ignore[arg-type]
    return "".join(text + draw(_separators) for text in lines)


def _block(head: Text, line: Text) -> Text:
    openings = st.sampled_from(["{ ", "{\n  ", "{ # why\n", "{"])
    return st.tuples(head, openings, _lines(line)).map(lambda drawn: f"{drawn[0]} {drawn[1]}{drawn[2]}}}")


_heads: Text = st.deferred(
    lambda: st.one_of(
        _join(
            st.sampled_from(["host", "router", "network", "ipsec", "child", "pki", "image", "target", "template"]),
            names,
        ),
        _join("template t(", _many(value_names, largest=2), ")", by=""),
        _join("interface on", named),
        _join("for", value_names, "in", _many(values)),
        st.sampled_from(["nat", "firewall", "firewall stateless", "firewall engine nftables", "serve dns"]),
    )
)


def _nested(line: Text) -> Text:
    branches = st.tuples(_block(_join("if", conditions), line), _maybe(_block(st.just(" else"), line))).map("".join)
    return st.one_of(line, _block(_heads, line), branches)


_expect_heads: Text = st.deferred(
    lambda: _join(
        "expect",
        _maybe(_join("failure", _maybe(_join("when", conditions)))),
        _maybe(strings),
        _maybe(_while),
        _maybe(st.just("within 60s")),
        _maybe(st.just("points 3")),
    )
)
_checks: Text = st.deferred(
    lambda: st.recursive(
        check_lines,
        lambda line: st.one_of(
            _block(_join("for", value_names, "in", _many(values)), line), _block(_join("if", conditions), line)
        ),
        max_leaves=4,
    )
)
statements: Text = st.deferred(
    lambda: st.one_of(
        st.recursive(simple_statements, _nested, max_leaves=6), simple_statements, _block(_expect_heads, _checks)
    )
)


def sources() -> Text:
    """A file with a few statements of every kind, comments, and uneven blanks."""
    return _lines(statements, largest=6)


JUNK = [
    *'{}()[];,"#$\\=<>-:/*.% \n\t\0\u202e\u00a0',
    "${",
    "..",
    "->",
    "--",
    "and",
    "else",
    "if",
    "10.0.0.1",
    "}\n}",
    "\r\n",
]
_PIECE = re.compile(r"\s+|\w+|.")


@st.composite
def mutated(draw: Callable[[SearchStrategy[object]], object], texts: Text) -> str:
    """A source with a few pieces lost, doubled, swapped or made up."""
    pieces = _PIECE.findall(str(draw(texts)))
    for _ in range(int(str(draw(st.integers(1, 4))))):
        at = int(str(draw(st.integers(0, max(0, len(pieces) - 1)))))
        match draw(st.sampled_from(["lose", "double", "junk", "lose many"])):
            case "lose":
                pieces[at : at + 1] = []
            case "double":
                pieces[at:at] = pieces[at : at + 3]
            case "junk":
                pieces.insert(at, str(draw(st.sampled_from(JUNK))))
            case _:
                pieces[at : at + 12] = []
    return "".join(pieces)
