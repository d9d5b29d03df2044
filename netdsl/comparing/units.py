"""Figures as text: three digits in a unit of fitting size."""

from netdsl.comparing.types import Spread, Unit
from netdsl.diagnostics.wording import counted

_Scale = tuple[float, str]

_SCALES: dict[Unit, tuple[_Scale, ...]] = {
    Unit.SECONDS: ((1.0, "s"), (1e-3, "ms"), (1e-6, "µs")),
    Unit.BYTES: ((1024.0**3, "GiB"), (1024.0**2, "MiB"), (1024.0, "KiB"), (1.0, "B")),
    Unit.BITS: ((1e9, "Gbit/s"), (1e6, "Mbit/s"), (1e3, "kbit/s"), (1.0, "bit/s")),
    Unit.PACKETS: ((1e6, "Mpps"), (1e3, "kpps"), (1.0, "pps")),
    Unit.SHARE: ((1e-2, "%"),),
}
"""Scales of a unit from large to small. A value is shown in the first scale that it reaches, otherwise in the last;
zero is shown in the unit itself."""


_HALF = 0.5


def shown(value: float, unit: Unit) -> str:
    """A value with three digits: `3.12 s`, `20.6 MiB`, `94.1 Mbit/s`, `8.20 kpps`, `1.50 %`."""
    size, name = scale(value, unit)
    return f"{_number(value / size, name)} {name}"


def shown_roughly(value: float, unit: Unit) -> str:
    """An estimate with two digits: `21 MiB`, `2.1 GiB`."""
    size, name = scale(value, unit)
    return f"{float(f'{value / size:.2g}'):g} {name}"


def shown_spread(spread: Spread, unit: Unit) -> str:
    """The median with its interval in the same unit: `3.12 [3.05, 3.31] s`; without one if there is none or it is a
    point."""
    if spread.low is None or spread.high is None or spread.low == spread.high == spread.median:
        return shown(spread.median, unit)
    size, name = scale(spread.median, unit)
    low, high = (_number(value / size, name) for value in (spread.low, spread.high))
    return f"{_number(spread.median / size, name)} [{low}, {high}] {name}"


def shown_ratio(ratio: float) -> str:
    """A ratio: `12.4 ×`; below a half as a fraction: `1/68.2`."""
    return f"{_digits(ratio)} ×" if ratio >= _HALF else f"1/{_digits(1 / ratio)}"


def shown_sizes(nodes: int, networks: int, tunnels: int) -> str:
    """The size of a lab: `9 nodes, 5 networks, 2 tunnels`."""
    return ", ".join((counted(nodes, "node"), counted(networks, "network"), counted(tunnels, "tunnel")))


def scale(value: float, unit: Unit) -> tuple[float, str]:
    """The scale in which a value is shown, as factor and name: (1048576.0, "MiB")."""
    scales = _SCALES[unit]
    if value == 0:
        return next((scale for scale in scales if scale[0] == 1.0), scales[-1])
    return next((scale for scale in scales if abs(value) >= scale[0] * 0.9995), scales[-1])


def _number(value: float, name: str) -> str:
    """Three digits; bytes alone are whole."""
    return f"{value:.0f}" if name == "B" and value == round(value) else _digits(value)


def _digits(value: float) -> str:
    size = abs(value)
    if size == 0:
        return "0"
    if size >= 99.95:
        return f"{value:.0f}"
    if size >= 9.995:
        return f"{value:.1f}"
    return f"{value:.2f}" if size >= 0.01 else f"{value:.1g}"
