"""Targets as other packages have them, beside ours: entry points name them."""

from typing import cast

from netdsl.codegen.abilities import Abilities, NetworkDriver
from netdsl.codegen.contract import Artifact, Layout, Options
from netdsl.codegen.target import Target
from netdsl.diagnostics.core import Diagnostics
from netdsl.ir.lab import Lab
from netdsl.ir.node import NodeKind
from netdsl.payload.contract import Payload
from netdsl.runtime.driver import Check, Driver


class NamesBackend:
    name = "names"

    def check_support(self, lab: Lab, options: Options, diagnostics: Diagnostics) -> None: ...

    def emit(self, lab: Lab, payload: Payload, layout: Layout, options: Options) -> tuple[Artifact, ...]:
        return (Artifact("names", "".join(f"{node.id}\n" for node in lab.nodes).encode()),)


ABILITIES = Abilities(
    node_kinds=frozenset({NodeKind.HOST, NodeKind.ROUTER}),
    network_drivers=(NetworkDriver("bridge"), NetworkDriver("macvlan", (None, "bridge"), "only as a bridge")),
    settings={"colour": lambda value: None if value in ("red", "blue") else f"`{value}` is no colour"},
)

names = Target("names", (NamesBackend(),), ABILITIES)
not_a_target = NamesBackend()


class _Doctor:
    """As much of a driver as `doctor` asks for."""

    def doctor(self) -> tuple[Check, ...]:
        return (Check("engine", True, "1.0"),)


ready = Target("ready", (NamesBackend(),), ABILITIES, driver=lambda: cast(Driver, _Doctor()))
