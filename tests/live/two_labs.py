"""The labs that compare kinds: two sites of one range, and a hub with three spokes behind NAT, by a parameter each."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from netdsl.pipeline.analysis import check
from tests.compiling import TESTS
from tests.live.expected import expectations_hold
from tests.live.lab import Lab
from tests.live.sizes import Leg, all_sizes, sizes_are_as_predicted, some_sizes

KINDS = ("ipsec", "wireguard", "openvpn", "tinc")
_PARTS = dict(zip(KINDS, ("strongswan", "wireguard", "openvpn", "tinc"), strict=True))
_LEGS = {
    "overlap": ("a.pc", "10.102.0.10", "a.gw", "wan", "isp"),
    "spokes": ("s1.pc", "10.0.0.10", "s1.gw", "wan", "s1.home"),
}


@dataclass(frozen=True, slots=True)
class Case:
    lab: str
    kind: str
    outside: str  # ipv4, ipv6

    @property
    def source(self) -> Path:
        return TESTS / f"labs/{self.lab}.net"

    @property
    def parameters(self) -> dict[str, str]:
        return {"vpn": self.kind, "outside": self.outside}

    @property
    def words(self) -> tuple[str, ...]:
        return tuple(word for name, value in self.parameters.items() for word in ("-D", f"{name}={value}"))

    @property
    def has_sizes(self) -> bool:
        """Behind source NAT tinc's packets are parts of a TCP connection, and have no length of their own."""
        return (self.lab, self.kind) != ("spokes", "tinc")


def cases(is_full: Callable[[Case], bool]) -> list[Any]:
    """All of them, as parameters of a test; those that are `full` are marked so."""
    found = []
    for lab in _LEGS:
        for kind in KINDS:
            for outside in ("ipv4", "ipv6"):
                case = Case(lab, kind, outside)
                marks = (pytest.mark.full,) if is_full(case) else ()
                found.append(pytest.param(case, id=f"{lab}-{kind}-{outside}", marks=marks))
    return found


def holds(case: Case, lab: Lab, folder: Path, *words: str, sizes: Sequence[int] | None = None) -> None:
    """Each expectation, and the bytes outside of the sizes: some unless they are given. Raises AssertionError."""
    expectations_hold(case.source, lab.folder, *words, *case.words, timeout=300 * lab.machine.patience)
    meaning = check(case.source, case.parameters).lab
    assert meaning is not None
    if case.has_sizes:
        wanted = some_sizes() if sizes is None else sizes
        leg = Leg("vpn", _PARTS[case.kind], *_LEGS[case.lab])
        count = sizes_are_as_predicted(meaning, lab, leg, wanted, folder)
        assert count > len(wanted) / 2, "more should have passed in one piece"


__all__ = ["KINDS", "Case", "all_sizes", "cases", "holds"]
