"""The target's abilities, and findings about what it lacks, at the user's line."""

from netdsl.codegen.abilities import Abilities, NetworkDriver
from netdsl.codegen.contract import Options
from netdsl.codegen.limits import SETTINGS
from netdsl.diagnostics import catalogue
from netdsl.diagnostics.core import Diagnostics, Rule
from netdsl.ir.lab import Lab
from netdsl.ir.node import NodeKind
from netdsl.source import Place

_PLAIN = "its networks are plain segments: every node hears every other"

ABILITIES = Abilities(
    node_kinds=frozenset({NodeKind.HOST, NodeKind.ROUTER, NodeKind.SWITCH}),
    network_drivers=(
        NetworkDriver("bridge"),
        NetworkDriver("macvlan", (None, "bridge"), _PLAIN),
        NetworkDriver("ipvlan", (None, "l2"), _PLAIN),
    ),
    settings=SETTINGS,
    one_platform="namespaces have this machine's processor",
)


def check_support(lab: Lab, options: Options, diagnostics: Diagnostics) -> None:
    """There is no way out of a lab, and no network for what makes an image."""
    for node in lab.nodes:
        if node.has_uplink and not options.is_closed:
            message = f"the target `namespaces` has no way out of a lab: `{node.id}` cannot have an uplink"
            _report(diagnostics, catalogue.UNSUPPORTED_BY_TARGET, message, node.origin, "with --closed it has none")
    for image in lab.images:
        if image.runs and options.has_build_network:
            message = f"the target `namespaces` gives the `run` lines of `{image.id}` no network"
            _report(diagnostics, catalogue.UNSUPPORTED_BY_TARGET, message, image.origin, "leave --build-network out")


def _report(diagnostics: Diagnostics, rule: Rule, message: str, place: Place | None, remedy: str | None) -> None:
    if place is not None:
        diagnostics.report(rule, message, place, help=remedy)
