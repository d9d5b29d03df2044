"""The rules of the language that need a finished lab: each a small function over `Bindings`.

They run on a lab whose names, addresses and next hops are all resolved; what makes that impossible is told before. A rule
does not fire as a consequence of another's mistake. In a lab that is broken on purpose (some `expect failure` block
stands in it) the rules that only say 'it will not work' are silent: the author knows, and the proof says which line
fails. README.md has one line for each rule.
"""

from netdsl.diagnostics import catalogue
from netdsl.diagnostics.core import Diagnostics
from netdsl.semantics.bindings import Bindings
from netdsl.semantics.rules.commands import check_commands
from netdsl.semantics.rules.dns import check_names
from netdsl.semantics.rules.expectations import check_expectations
from netdsl.semantics.rules.facts import Facts, facts_of
from netdsl.semantics.rules.filters import check_filters
from netdsl.semantics.rules.keys import check_keys
from netdsl.semantics.rules.nat import check_nat
from netdsl.semantics.rules.networks import check_networks
from netdsl.semantics.rules.ports import check_ports
from netdsl.semantics.rules.routes import check_routes
from netdsl.semantics.rules.services import check_services
from netdsl.semantics.rules.switches import check_switches
from netdsl.semantics.rules.tunnels import check_tunnels


def check_rules(bindings: Bindings, diagnostics: Diagnostics) -> None:
    """Report what is wrong with a finished lab; about linear in its size."""
    found = Diagnostics()
    facts = facts_of(bindings)
    _check(facts, found)
    for diagnostic in found:
        if not (facts.is_broken_on_purpose and diagnostic.rule.is_about_failure):
            diagnostics.add(diagnostic)


def _check(facts: Facts, diagnostics: Diagnostics) -> None:
    _empty_lab(facts, diagnostics)
    check_networks(facts, diagnostics)
    check_switches(facts, diagnostics)
    check_routes(facts, diagnostics)
    check_filters(facts, diagnostics)
    check_nat(facts, diagnostics)
    check_tunnels(facts, diagnostics)
    check_keys(facts, diagnostics)
    check_services(facts, diagnostics)
    check_ports(facts, diagnostics)
    check_names(facts, diagnostics)
    check_commands(facts, diagnostics)
    check_expectations(facts, diagnostics)


def _empty_lab(facts: Facts, diagnostics: Diagnostics) -> None:
    place = facts.bindings.place
    if not facts.bindings.nodes and place is not None:
        diagnostics.report(
            catalogue.EMPTY_LAB,
            f"the lab `{facts.bindings.name}` has no node",
            place,
            help="`host NAME { interface on NETWORK }` is one",
        )
