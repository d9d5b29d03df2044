"""Two sites of one range, and a hub with spokes behind NAT, by each kind, without an engine: what is expected holds, and
each packet is as long outside as the verifier says."""

import secrets
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.live.namespaces import NamespacesLab, compile_spaces
from tests.live.two_labs import KINDS, Case, all_sizes, cases, holds

pytestmark = pytest.mark.live


# One of each kind, both labs and both families; the rest is `full`.
QUICK = (
    Case("overlap", "ipsec", "ipv6"),
    Case("overlap", "tinc", "ipv4"),
    Case("spokes", "wireguard", "ipv4"),
    Case("spokes", "openvpn", "ipv4"),
)


@pytest.mark.parametrize("case", cases(lambda case: case not in QUICK))
def test_what_is_expected_holds_and_sizes_are_as_predicted(case: Case, tmp_path: Path) -> None:
    _hold(case, tmp_path)


@pytest.mark.full
@pytest.mark.parametrize("outside", ["ipv4", "ipv6"])
@pytest.mark.parametrize("kind", KINDS)
def test_every_size_is_as_predicted(kind: str, outside: str, tmp_path: Path) -> None:
    _hold(Case("overlap", kind, outside), tmp_path, all_sizes())


def _hold(case: Case, folder: Path, sizes: Sequence[int] | None = None) -> None:
    with _up(case.source, folder, *case.words) as lab:
        holds(case, lab, folder, "-t", "namespaces", sizes=sizes)


@contextmanager
def _up(source: Path, folder: Path, *words: str) -> Iterator[NamespacesLab]:
    lab = compile_spaces(source, folder / "lab", f"t{secrets.token_hex(3)}-{source.stem}", "--closed", *words)
    try:
        lab.prepare()
        lab.up()
        yield lab
    finally:
        lab.take_away()
