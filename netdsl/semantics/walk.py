"""A way through any part of the syntax tree, without knowing every statement by name."""

from collections.abc import Iterable, Iterator
from dataclasses import fields, is_dataclass

from netdsl.syntax import tree as syntax

Part = object
"""Whatever a field of the tree holds: a statement, a value, a tuple of them, a word, None."""

_FIELDS: dict[type, tuple[str, ...]] = {
    kind: tuple(field.name for field in fields(kind) if field.name != "span")
    for kind in vars(syntax).values()
    if isinstance(kind, type) and is_dataclass(kind)
}


_NAMED = frozenset({syntax.Node, syntax.Network, syntax.Ipsec, syntax.Child, syntax.Service, syntax.Pki, syntax.Image})
_WITH_BODY = frozenset(
    {
        syntax.Network, syntax.Link, syntax.Node, syntax.Interface, syntax.Serve, syntax.Attribute, syntax.Image,
        syntax.Target, syntax.Firewall, syntax.Nat, syntax.Ipsec, syntax.Side, syntax.Child, syntax.Pki,
    }
)  # fmt: skip
"""Most statements have neither name nor block: told in one step."""


def parts_of(node: Part) -> tuple[Part, ...]:
    """What a node of the tree holds, but for its span, in the order of the text."""
    return tuple([getattr(node, name) for name in _FIELDS[type(node)]])


def names_in(values: Iterable[Part]) -> Iterator[syntax.Name]:
    """All value names that stand in some values, deep inside too; in no order. Depth costs no recursion."""
    waiting = list(values)
    while waiting:
        part = waiting.pop()
        match part:
            case syntax.Name():
                yield part
            case tuple():
                waiting.extend(part)
            case str() | bool() | None | syntax.Literal():
                pass
            case _:
                waiting.extend(parts_of(part))


def name_in(statement: syntax.Statement) -> syntax.Value | None:
    """The name by which a statement declares an element or a child."""
    if type(statement) not in _NAMED:
        return None
    match statement:
        case (
            syntax.Node(name=name) | syntax.Network(name=name) | syntax.Ipsec(name=name) | syntax.Child(name=name)
            | syntax.Service(name=name) | syntax.Pki(name=name) | syntax.Image(name=name)
        ):  # fmt: skip
            return name
    return None


def body_of(statement: syntax.Statement) -> syntax.Body | None:
    """The block of a statement that is kept, None where it has none."""
    if type(statement) not in _WITH_BODY:
        return None
    match statement:
        case (
            syntax.Node(body=body) | syntax.Network(body=body) | syntax.Interface(body=body) | syntax.Link(body=body)
            | syntax.Serve(body=body) | syntax.Attribute(body=body) | syntax.Firewall(body=body) | syntax.Nat(body=body)
            | syntax.Ipsec(body=body) | syntax.Side(body=body) | syntax.Child(body=body) | syntax.Pki(body=body)
            | syntax.Image(body=body) | syntax.Target(body=body)
        ):  # fmt: skip
            return body
    return None
