"""Icons as the content of SVG symbols, drawn for a square of 20 pixels (the lock: 10 by 12).

They have no classes: a CSS rule with an ancestor does not apply inside `<use>`. Lines and colours are inherited from
it.
"""

from typing import assert_never

from netdsl.graph.model import Device
from netdsl.ir.node import NodeKind

ICONS = {
    "router": '<circle cx="10" cy="10" r="8.6"/>'
    '<path d="M10 8.4V3.6M8.2 5.2 10 3.4 11.8 5.2M10 11.6V16.4M8.2 14.8 10 16.6 11.8 14.8'
    'M3.6 10H7.6M6 8.2 7.8 10 6 11.8M16.4 10H12.4M14 8.2 12.2 10 14 11.8"/>',
    "host": '<rect x="2.2" y="3" width="15.6" height="10.6" rx="1.4"/><path d="M10 13.8V17M6.4 17.2H13.6"/>',
    "server": '<rect x="3.2" y="2.4" width="13.6" height="15.2" rx="1.4"/>'
    '<path d="M3.4 7.4H16.6M3.4 12.6H16.6M9 5H13.6M9 10H13.6M9 15.1H13.6"/>'
    '<path stroke="none" fill="currentColor" d="M5.4 4.3h1.6v1.4H5.4zM5.4 9.3h1.6v1.4H5.4zM5.4 14.4h1.6v1.4H5.4z"/>',
    "switch": '<rect x="1.4" y="4" width="17.2" height="12" rx="1.6"/>'
    '<path d="M5 8H14.6M12.8 6.4 14.6 8 12.8 9.6M15 12.2H5.4M7.2 10.6 5.4 12.2 7.2 13.8"/>',
    "wall": '<path d="M1 3H19V17H1ZM1 7.7H19M1 12.3H19M10 3V7.7M5.5 7.7V12.3M14.5 7.7V12.3M10 12.3V17"/>',
    "lock": '<rect stroke="none" fill="currentColor" x="0.5" y="5" width="9" height="7" rx="1.3"/>'
    '<path d="M2.4 5V3.4a2.6 2.6 0 0 1 5.2 0V5"/>',
    "cloud": '<path d="M10 25a7 7 0 0 1-1.6-13.8A9.5 9.5 0 0 1 26.6 8.6 8.2 8.2 0 0 1 34 25Z"/>',
}
LOOKS = {"lock": "lo", "cloud": "u"}  # the class of the `<use>` element; `i` for all others
BOXES = {"lock": "0 0 10 12.5", "cloud": "0 0 44 28"}


def icon_of(device: Device) -> str:
    """The icon's name: by the node's kind, `server` for a host with services."""
    match device.kind:
        case NodeKind.HOST:
            return "server" if device.services else "host"
        case NodeKind.ROUTER:
            return "router"
        case NodeKind.SWITCH:
            return "switch"
        case _:
            assert_never(device.kind)
