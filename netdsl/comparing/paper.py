"""A lab's targets compared without running them: nothing is read or written, no engine is called."""

from collections.abc import Sequence
from dataclasses import replace

from netdsl.codegen.contract import Options
from netdsl.codegen.options import options_of
from netdsl.codegen.registry import target_of
from netdsl.codegen.traits import Costs, Described, Linear, Trait
from netdsl.comparing.paper_types import Estimate, Limit, OnPaper, Paper, Severity
from netdsl.diagnostics.core import Diagnostic, Diagnostics
from netdsl.ir.lab import Lab
from netdsl.payload.contract import Payload
from netdsl.payload.digest import payload_digest
from netdsl.pipeline.compilation import closed, keyless_payload


def paper(lab: Lab, targets: Sequence[str], options: Options) -> Paper:
    """What the lab is in each of the targets, in their order. Sets `options.targets`.

    Raises UnknownTarget, BrokenTarget, and BadOption for a value that no target accepts.
    """
    options = replace(options, targets=tuple(targets))
    if options.is_closed:
        lab = closed(lab)
    inside = keyless_payload(lab)
    digest = payload_digest(inside)
    return Paper(
        lab=lab.name,
        title=lab.title or "",
        nodes=len(lab.nodes),
        networks=len(lab.networks),
        tunnels=len({end.tunnel for node in lab.nodes for end in node.tunnels}),
        gateways=_gateways(lab),
        targets=tuple(_on_paper(lab, target, inside, digest, options) for target in targets),
    )


def _on_paper(lab: Lab, target: str, inside: Payload, digest: str, options: Options) -> OnPaper:
    target_options = options_of(target, options)
    found = Diagnostics()
    traits: list[Trait] = []
    costs: list[Costs] = []
    target_object = target_of(target)
    is_readable = target_object.check_support(lab, target_options, found)
    for backend in target_object.backends if is_readable else ():
        if isinstance(backend, Described):
            described = backend.traits(lab, inside, target_options)
            traits += described.traits
            costs += described.costs
    estimates = () if found.has_errors else tuple(_estimate(lab, case) for case in costs)
    limits = tuple(map(_limit, found))
    return OnPaper(target, tuple(traits), None if found.has_errors else digest, estimates, limits)


def _limit(found: Diagnostic) -> Limit:
    severity = Severity.CANNOT if found.is_error else Severity.DIFFERS
    return Limit(severity, found.rule.code, found.primary.place.span.shown, found.message, found.help or "")


def _estimate(lab: Lab, costs: Costs) -> Estimate:
    def size(line: Linear | None) -> int | None:
        return None if line is None else round(line.of(lab))

    def seconds(line: Linear | None) -> float | None:
        return None if line is None else line.of(lab)

    return Estimate(
        case=costs.case,
        memory=size(costs.memory),
        disk=size(costs.disk),
        fresh=seconds(costs.fresh),
        warm=seconds(costs.warm),
        measured_on=costs.measured_on,
    )


def _gateways(lab: Lab) -> int:
    return sum(bool(node.tunnels) for node in lab.nodes)
