"""What parts have in common whose devices have a daemon, or the kernel, and several other ends."""

from netdsl.ir.lab import Lab
from netdsl.ir.tunnel import Start, TunnelEnd
from netdsl.payload.devices import child_of
from netdsl.payload.part import TunnelRecord
from netdsl.payload.quoting import flat


def peer_record(end: TunnelEnd, lab: Lab) -> TunnelRecord:
    """The line of `tunnels.tsv` of an end's only child. A node is ready when each that it opens was up, but for those that
    the lab expects to stay down."""
    (child,) = end.children
    is_unsure = lab.is_meant_to_fail or lab.expects_down(end.tunnel) or child.start is not Start.BOOT
    return TunnelRecord(
        tunnel=flat(end.tunnel),
        child=child_of(end),
        piece=f"{flat(end.tunnel)}.{child.name}",
        start="boot",
        ready="may" if is_unsure else "must",
    )
