"""What may stand where, and what stands once: one table each, and the sorting of a block's lines by them."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TypeVar, cast

from netdsl.diagnostics import catalogue
from netdsl.diagnostics.core import Diagnostics, Label
from netdsl.semantics.items import Item
from netdsl.source import Place
from netdsl.syntax import tree as syntax

S = TypeVar("S")

FILE = "file"
_HOSTS = ("host", "router")
_NODES = (*_HOSTS, "switch")
_SEGMENTS = ("network", "link")

WORDS: dict[type, str] = {
    syntax.Service: "service", syntax.Network: "network", syntax.Link: "link",
    syntax.Interface: "interface", syntax.Routing: "routing", syntax.Loopback: "loopback",
    syntax.Neighbour: "neighbour", syntax.Uplink: "uplink", syntax.Serve: "serve", syntax.File: "file",
    syntax.Run: "run", syntax.Record: "record", syntax.Image: "image", syntax.Target: "target",
    syntax.Firewall: "firewall", syntax.Policy: "policy", syntax.AcceptTunnel: "accept tunnel", syntax.Nat: "nat",
    syntax.DestinationNat: "dnat", syntax.SourceNat: "snat", syntax.Masquerade: "masquerade", syntax.Ipsec: "ipsec",
    syntax.Between: "between", syntax.Auth: "auth", syntax.Identity: "identity", syntax.Secret: "secret",
    syntax.Over: "over", syntax.Start: "start", syntax.Dpd: "dpd", syntax.Rekey: "rekey", syntax.Pool: "pool",
    syntax.Child: "child", syntax.Mode: "mode", syntax.Pki: "pki",
}  # fmt: skip
"""The word that a statement is called by, where it does not depend on what it says."""

BELONGS: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(
        ("service", "network", "link", "host", "router", "switch", "ipsec", "pki", "target"), (FILE,)
    ),
    "image": (FILE, *_NODES),
    **dict.fromkeys(("driver", "delay", "jitter", "loss", "rate"), _SEGMENTS),
    "mtu": (*_SEGMENTS, "interface"),
    "mac": ("interface",),
    **dict.fromkeys(("interface", "run", "file", "env", "sysctl", "cpu", "memory"), _NODES),
    "packages": ("image",), "platforms": ("image",),
    **dict.fromkeys(
        ("route", "default", "routing", "loopback", "neighbour", "uplink", "serve", "firewall", "resolver"), _HOSTS
    ),
    "nat": ("router",),
    "zone": ("serve",), "record": ("serve",),
    **dict.fromkeys(("policy", "accept", "drop", "reject", "accept tunnel"), ("firewall",)),
    **dict.fromkeys(("dnat", "snat", "masquerade"), ("nat",)),
    **dict.fromkeys(
        ("gateway", "client", "auth", "identity", "secret", "ike", "over", "dpd", "mobike", "pool", "child"), ("ipsec",)
    ),
    **dict.fromkeys(("between", "esp", "ah", "mode", "start", "rekey", "only"), ("ipsec", "child")),
    **dict.fromkeys(("algorithm", "subject", "intermediate", "crl", "validity"), ("pki",)),
    "=": ("target",),
}  # fmt: skip
"""Which blocks a statement may stand in. `run` is in an image too, see `_places`."""

ONCE = frozenset({
    "driver", "delay", "jitter", "loss", "rate", "mtu", "mac", "cpu", "memory", "routing", "zone", "between",
    "gateway", "over", "dpd", "mobike", "mode", "start", "algorithm", "subject", "intermediate", "crl", "validity",
})  # fmt: skip
"""What takes one value, and so stands once in a block."""

_SHOWN = {"=": "key = value"}
_CHECKED_BEFORE = (
    syntax.Lab, syntax.Expect, syntax.Later, syntax.Template, syntax.Import, syntax.Use, syntax.Param, syntax.Let,
)  # fmt: skip
"""What `semantics.placement` has looked at, by the text alone."""


@dataclass(slots=True, eq=False)
class Block:
    """The lines of one block that may stand there, in order, and by what they are."""

    items: list[Item] = field(default_factory=list)
    by_type: dict[type, list[Item]] = field(default_factory=dict)
    by_word: dict[str, Item] = field(default_factory=dict)

    def of(self, kind: type[S]) -> list[tuple[S, Item]]:
        """The statements of one type, each with its item."""
        return [(cast(S, item.statement), item) for item in self.by_type.get(kind, ())]

    def first(self, kind: type[S]) -> tuple[S, Item] | None:
        found = self.by_type.get(kind)
        return (cast(S, found[0].statement), found[0]) if found else None

    def attribute(self, word: str) -> tuple[syntax.Attribute, Item] | None:
        """The one attribute called `word`."""
        item = self.by_word.get(word)
        return None if item is None else (cast(syntax.Attribute, item.statement), item)

    def attributes(self, word: str) -> list[tuple[syntax.Attribute, Item]]:
        """All attributes called `word`: for those whose lists add up."""
        return [line for line in self.of(syntax.Attribute) if line[0].word == word]


def word_of(statement: syntax.Statement) -> str:
    """What a statement is called in the tables above and in messages."""
    match statement:
        case syntax.Attribute(word) | syntax.Later(word):
            return word
        case syntax.Assignment(word):
            return word or "="
        case syntax.Node(kind):
            return kind
        case syntax.Side(role):
            return role
        case syntax.Proposals(protocol):
            return protocol
        case syntax.FilterRule(verdict):
            return verdict
        case syntax.Route(prefixes):
            return "default" if prefixes is None else "route"
        case _:
            return WORDS.get(type(statement), type(statement).__name__.lower())


def sort_block(items: Iterable[Item], body: str, diagnostics: Diagnostics) -> Block:
    """The lines that belong in a block of this kind; the others are reported: misplaced-statement,
    not-supported-yet, repeated-statement (the first one counts)."""
    block = Block()
    for item in items:
        statement = item.statement
        if isinstance(statement, _CHECKED_BEFORE) or (isinstance(statement, syntax.Node) and statement.kind == "vnf"):
            continue
        word = word_of(statement)
        places = _places(word)
        if body not in places:
            _report(item, word, body, places, diagnostics)
            continue
        if word in ONCE:
            first = block.by_word.get(word)
            if first is not None:
                report_repeated(word, item, first, diagnostics)
                continue
        block.by_word.setdefault(word, item)
        block.items.append(item)
        block.by_type.setdefault(type(statement), []).append(item)
    return block


def report_repeated(what: str, item: Item, first: Item, diagnostics: Diagnostics) -> None:
    """repeated-statement, with the place of the first one."""
    by_text = item.via == first.via  # then it is wrong once, however often the block is used
    diagnostics.report(
        catalogue.REPEATED_STATEMENT,
        f"`{what}` stands twice in this block",
        Place(item.statement.span) if by_text else item.place,
        related=(Label(Place(first.statement.span) if by_text else first.place, "the first one"),),
        help="it takes one value: remove one of the two",
    )


def _places(word: str) -> tuple[str, ...]:
    if word == "run":
        return (*_NODES, "image")
    return BELONGS.get(word, ())


def _report(item: Item, word: str, body: str, places: tuple[str, ...], diagnostics: Diagnostics) -> None:
    shown = _SHOWN.get(word, word)
    place = Place(item.statement.span)  # wrong by the text alone: said once, however often it is used
    if not places:
        diagnostics.report(
            catalogue.NOT_SUPPORTED_YET, f"`{shown}` is of the language, but not compiled by this version", place
        )
        return
    where = "outside every block" if body == FILE else f"in {_article(body)} `{body}`"
    outside = FILE in places
    inside = [place for place in places if place != FILE]
    remedy = "outside every block" if outside and not inside else "in " + _either(inside)
    if outside and inside:
        remedy += ", or outside every block"
    diagnostics.report(
        catalogue.MISPLACED_STATEMENT,
        f"`{shown}` stands {where}" if body == FILE else f"`{shown}` does not belong {where}",
        place,
        help=f"`{shown}` belongs {remedy}",
    )


def _either(names: list[str]) -> str:
    shown = [f"{_article(name)} `{name}`" for name in names]
    return shown[0] if len(shown) == 1 else ", ".join(shown[:-1]) + " or " + shown[-1]


def _article(word: str) -> str:
    return "an" if word[0] in "aeiou" else "a"
