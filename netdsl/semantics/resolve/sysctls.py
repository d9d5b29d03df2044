"""Sysctls: those of a network namespace, on interfaces that the node has."""

import re

from netdsl.diagnostics import catalogue
from netdsl.diagnostics.suggest import closest
from netdsl.semantics.bindings import Placed
from netdsl.semantics.items import Item
from netdsl.semantics.resolve import attributes, namespace
from netdsl.semantics.resolve.placement import report_repeated
from netdsl.semantics.resolve.work import NodeDraft, Work
from netdsl.semantics.texts import text_of
from netdsl.semantics.values import IntRange, Value
from netdsl.source import Place
from netdsl.syntax import tree as syntax

_PER_INTERFACE = re.compile(r"(?P<table>net\.ipv[46]\.(?:conf|neigh))\.(?P<interface>[^.]+)\.[^.]+")


def sysctls(node: NodeDraft, work: Work) -> tuple[tuple[tuple[str, str], Place], ...]:
    """The node's own, each key once; the same again with the same value is no mistake (a template used twice)."""
    found: dict[str, tuple[str, Item]] = {}
    for statement, item in node.block.of(syntax.Assignment):
        if statement.word != "sysctl":
            continue
        key = attributes.placed(statement.key, item, work.diagnostics)
        value = attributes.placed(statement.value, item, work.diagnostics)
        if key is None or value is None or not _is_key(node, key, work):
            continue
        written = _text(value, work)
        if written is None:
            continue
        name = text_of(key.value)
        first = found.get(name)
        if first is not None and first[0] != written:
            report_repeated(name, item, first[1], work.diagnostics)
        found.setdefault(name, (written, item))
    return tuple(((name, text), item.place) for name, (text, item) in found.items())


def _is_key(node: NodeDraft, placed: Placed[Value], work: Work) -> bool:
    key = text_of(placed.value)
    found = _PER_INTERFACE.fullmatch(key)
    problem = _problem(key, found)
    if problem is None:
        return found is None or _is_interface(node, found["interface"], placed.place, work)
    message, advice = problem
    work.diagnostics.report(catalogue.INVALID_SYSCTL, message, placed.place, help=advice)
    return False


def _problem(key: str, per_interface: re.Match[str] | None) -> tuple[str, str | None] | None:
    """Why no node has this sysctl, and help; None where all have it."""
    group, _, name = key.rpartition(".")
    if per_interface is not None:
        group = f"{per_interface['table']}.*"
    names = namespace.BY_PREFIX.get(group, frozenset())
    if not key.startswith("net."):
        return (
            f"`{key}` is not of a node's network",
            "a node has the sysctls below `net.` of its own, all others are the machine's",
        )
    if group.endswith("neigh.*") and per_interface and per_interface["interface"] in ("all", "default"):
        advice = f"interfaces have it: `{per_interface['table']}.INTERFACE.{name}`" if name in names else None
        return f"no network namespace has `{key}`: neighbours that are no interface's are the machine's", advice
    if name in namespace.NOT_SETTABLE.get(group, frozenset()):
        return f"no network namespace can set `{key}`", "the kernel has it once, for the machine, or sets it by itself"
    if name in names:
        return None
    near = closest(name, names)
    advice = None if near is None else f"did you mean `{key.removesuffix(name)}{near}`?"
    return f"no network namespace has `{key}` to set", advice


def _is_interface(node: NodeDraft, name: str, place: Place, work: Work) -> bool:
    if name in ("all", "default", "lo") or name in node.interfaces:
        return True
    if not node.is_broken:
        message = f"`{node.id}` has no interface `{name}`"
        advice = work.near(name, (*node.interfaces, "all", "default"))
        work.diagnostics.report(catalogue.INVALID_SYSCTL, message, place, help=advice)
    return False


def _text(value: Placed[Value], work: Work) -> str | None:
    if isinstance(value.value, bool | tuple | IntRange):
        work.wrong_kind(value, "a number or a string")
        return None
    text = text_of(value.value)
    if text and text.isprintable():
        return text
    message = "the value of a sysctl is one line of text"
    work.diagnostics.report(catalogue.INVALID_SYSCTL, message, value.place)
    return None
