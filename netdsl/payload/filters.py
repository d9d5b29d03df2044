"""What filters ask of the engine that renders them: asked before anything is made, reported at the rule."""

from collections.abc import Iterator, Set
from enum import StrEnum

from netdsl.diagnostics import catalogue
from netdsl.diagnostics.core import Diagnostics
from netdsl.ir.filter import DestinationNat, FilterRule, Firewall, SourceNat, Verdict
from netdsl.ir.lab import Lab
from netdsl.ir.node import Node
from netdsl.source import Place


class FilterFeature(StrEnum):
    """What not every engine has; the value is the word for a message."""

    REJECT = "`reject`"
    LIMIT = "`limit`"
    LOG = "`log`"
    THROUGH = "`through`"
    WHILE = "`while`"
    SOURCE_NAT = "source address translation"
    DESTINATION_NAT = "destination address translation"
    STATELESS = "`firewall stateless`"
    NETMAP = "`netmap`"


def check_filters(lab: Lab, engine: str, features: Set[FilterFeature], diagnostics: Diagnostics) -> None:
    """Reports every use of a feature that the engine does not have."""
    for node in lab.nodes:
        for feature, place in features_of(node):
            if feature not in features and place is not None:
                message = f"the filter engine `{engine}` has no {feature}"
                diagnostics.report(catalogue.UNSUPPORTED_BY_TARGET, message, place)


def features_of(node: Node) -> Iterator[tuple[FilterFeature, Place | None]]:
    """What each rule of a node asks for."""
    if node.firewall is not None:
        yield from _of_firewall(node.firewall)
    rules = node.firewall.rules if node.firewall is not None else ()
    for rule in (*rules, *node.nat.destination, *node.nat.source):
        match rule:
            case FilterRule():
                yield from ((feature, rule.origin) for feature in _of_rule(rule))
            case DestinationNat():
                yield FilterFeature.DESTINATION_NAT if rule.prefix is None else FilterFeature.NETMAP, rule.origin
            case SourceNat():
                yield FilterFeature.SOURCE_NAT if rule.prefix is None else FilterFeature.NETMAP, rule.origin
            case _:
                continue  # `accept tunnel`: addresses and ports alone
        if rule.state is not None:
            yield FilterFeature.WHILE, rule.origin
        match = rule.match
        if match.through or match.through_kinds or match.not_through or match.not_through_kinds:
            yield FilterFeature.THROUGH, rule.origin


def _of_firewall(firewall: Firewall) -> Iterator[tuple[FilterFeature, Place | None]]:
    if firewall.is_stateless:
        yield FilterFeature.STATELESS, firewall.origin
    for chain, _ in firewall.policies:
        verdict, place = firewall.policy(chain)
        if verdict is Verdict.REJECT:
            yield FilterFeature.REJECT, place


def _of_rule(rule: FilterRule) -> Iterator[FilterFeature]:
    if rule.verdict is Verdict.REJECT:
        yield FilterFeature.REJECT
    if rule.limit is not None:
        yield FilterFeature.LIMIT
    if rule.log is not None:
        yield FilterFeature.LOG
