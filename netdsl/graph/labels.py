"""The labels of the formats whose programs do the layout (dot, Mermaid), in lines; a renderer quotes and joins them."""

from netdsl.graph.model import Device, Joint, Port, Segment


def device_lines(device: Device) -> tuple[str, ...]:
    """Name, packet processing (firewall, NAT, uplink), services, loopback addresses."""
    roles = [*(["firewall"] if device.has_firewall else []), *device.nat, *(["uplink"] if device.has_uplink else [])]
    return (
        str(device.id),
        *([", ".join(roles)] if roles else []),
        *device.services,
        *(f"lo {address}" for address in device.loopbacks),
    )


def segment_lines(segment: Segment) -> tuple[str, ...]:
    return (segment.label, *segment.prefixes, *segment.notes)


def port_lines(port: Port) -> tuple[str, ...]:
    """Interface, addresses, and what carries packets of tunnels that cross it."""
    return (port.interface, *port.addresses, *port.headers)


def joint_lines(joint: Joint) -> tuple[str, ...]:
    kind = "tunnel" if joint.is_encrypted else f"tunnel ({joint.header}, not encrypted)"
    return (f"{kind} {joint.tunnel}{joint.state.note}", *(f"{one} ↔ {other}" for one, other in joint.protects))
