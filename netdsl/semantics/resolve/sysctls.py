"""Sysctls: those of a network namespace, on interfaces that the node has."""

import re

from netdsl.diagnostics import catalogue
from netdsl.diagnostics.suggest import did_you_mean
from netdsl.semantics.bindings import Placed
from netdsl.semantics.items import Item
from netdsl.semantics.resolve import attributes
from netdsl.semantics.resolve.placement import report_repeated
from netdsl.semantics.resolve.work import NodeDraft, Work
from netdsl.semantics.texts import text_of
from netdsl.semantics.values import IntRange, Value
from netdsl.source import Place
from netdsl.syntax import tree as syntax

NAMESPACED = ("net.ipv4.", "net.ipv6.", "net.netfilter.", "net.mptcp.", "net.sctp.", "net.unix.")
NAMESPACED_CORE = ("net.core.somaxconn", "net.core.xfrm_acq_expires", "net.core.xfrm_aevent_etime",
                   "net.core.xfrm_aevent_rseqth", "net.core.xfrm_larval_drop", "net.core.optmem_max")  # fmt: skip
"""What each network namespace has of its own: net/core/sysctl_net_core.c (netns_core_table), net/xfrm/xfrm_sysctl.c."""

_KEY = re.compile(r"[a-z0-9_]+(?:\.[A-Za-z0-9_-]+)+", re.ASCII)
_PER_INTERFACE = re.compile(r"net\.ipv[46]\.(?:conf|neigh)\.([^.]+)\..+", re.ASCII)


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
    if not key.startswith("net."):
        message = f"`{key}` is not of a node's network"
        advice: str | None = "a node has the sysctls below `net.` of its own, all others are the machine's"
    elif not _KEY.fullmatch(key) or not (key.startswith(NAMESPACED) or key in NAMESPACED_CORE):
        message = f"`{key}` is not a node's own"
        advice = "of those below `net.core`, most are the machine's" if key.startswith("net.core.") else None
    else:
        return _is_interface(node, key, placed.place, work)
    work.diagnostics.report(catalogue.INVALID_SYSCTL, message, placed.place, help=advice)
    return False


def _is_interface(node: NodeDraft, key: str, place: Place, work: Work) -> bool:
    found = _PER_INTERFACE.fullmatch(key)
    name = "all" if found is None else found[1]
    if name in ("all", "default", "lo") or name in node.interfaces:
        return True
    if not node.is_broken:
        message = f"`{node.id}` has no interface `{name}`"
        advice = did_you_mean(name, (*node.interfaces, "all", "default"))
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
