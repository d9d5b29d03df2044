"""What this target can do, and what of a lab it does not have or makes in another way: said at the user's line."""

from netdsl.codegen.abilities import Abilities, NetworkDriver, TakenPort
from netdsl.codegen.contract import BadOption, Options
from netdsl.diagnostics import catalogue
from netdsl.diagnostics.core import Diagnostics
from netdsl.ir.lab import Lab
from netdsl.ir.node import Node, NodeKind
from netdsl.ir.service import Protocol
from netdsl.source import Place

from .lower import LEAST_MEMORY_MIB, MANAGEMENT_PREFIX, project_ranges
from .ranges import NoRange
from .settings import OF_CALLER, OF_IMAGE, PROVIDERS, SETTINGS, TARGET, settings_of

VIRTUALBOX_ADAPTERS = 8
_PLAIN = "its networks are plain segments: every node hears every other"

ABILITIES = Abilities(
    node_kinds=frozenset({NodeKind.HOST, NodeKind.ROUTER, NodeKind.SWITCH}),
    network_drivers=(
        NetworkDriver("macvlan", (None, "bridge"), _PLAIN),
        NetworkDriver("bridge"),
        NetworkDriver("ipvlan", (None, "l2"), _PLAIN),
    ),
    options={"provider": PROVIDERS},
    settings=SETTINGS,
    of_caller=OF_CALLER,
    taken_ports=(TakenPort(Protocol.TCP, 22, "the machine's own SSH server, for `vagrant ssh`,"),),
    mac_prefixes={MANAGEMENT_PREFIX: "the management interfaces"},
    has_parts_of_processors=False,
    least_memory=LEAST_MEMORY_MIB,
    one_platform="virtual machines have the host's processor",
)


def check_support(lab: Lab, options: Options, diagnostics: Diagnostics) -> None:
    """Report what cannot be made, and what is made in another way. Raises BadOption for what the command line says."""
    if settings_of(lab, options).provider == "virtualbox":
        for node in lab.nodes:
            _check_adapters(node, diagnostics)
    _check_ranges(lab, options, diagnostics)
    _list_boxes(lab, options, diagnostics)


def _check_adapters(node: Node, diagnostics: Diagnostics) -> None:
    adapters = len(node.wired) + 1 + node.has_uplink
    if adapters > VIRTUALBOX_ADAPTERS:
        message = f"`{node.id}` needs {adapters} network adapters; VirtualBox has {VIRTUALBOX_ADAPTERS}"
        remedy = "one is the management's" + (", one the uplink's" if node.has_uplink else "")
        _refuse(diagnostics, message, node.origin, remedy)


def _check_ranges(lab: Lab, options: Options, diagnostics: Diagnostics) -> None:
    try:
        project_ranges(lab, options)
    except NoRange as error:
        if "pool" in options.settings:
            raise BadOption(str(error)) from error
        said = (one.origin for one in lab.settings if one.target == TARGET and one.key == "pool")
        place = next(said, None) or _somewhere(lab)
        remedy = "give a prefix that the lab does not use: `target vagrant { pool = PREFIX }`"
        _refuse(diagnostics, str(error), place, remedy)


def _list_boxes(lab: Lab, options: Options, diagnostics: Diagnostics) -> None:
    """Another box than the twin of the containers' base: what is installed from it may have other versions."""
    for key, box in options.settings.items():
        if key == "box" or key.startswith(OF_IMAGE):
            message = f"what `{box}` holds is not known here: packages may have other versions than in the containers"
            _list(diagnostics, message, _somewhere(lab))


def _somewhere(lab: Lab) -> Place | None:
    """A place for what is about the lab as a whole: its first node."""
    return next((node.origin for node in lab.nodes if node.origin is not None), None)


def _refuse(diagnostics: Diagnostics, message: str, place: Place | None, remedy: str | None = None) -> None:
    if place is not None:
        diagnostics.report(catalogue.UNSUPPORTED_BY_TARGET, message, place, help=remedy)


def _list(diagnostics: Diagnostics, message: str, place: Place | None) -> None:
    if place is not None:
        diagnostics.report(catalogue.DIFFERS_IN_TARGET, message, place)
