"""The lab that WireGuard's words were designed with: a hub with a public address, three spokes behind NAT."""

from pathlib import Path

from netdsl.pipeline.analysis import check_text

LAB = Path(__file__).parents[2] / "syntax" / "data" / "wireguard.net"


def test_every_line_of_it_holds() -> None:
    checked = check_text(LAB.read_bytes())
    assert list(checked.diagnostics) == []
    assert checked.summary is not None
    assert all(proof.holds for proof in checked.summary.proofs)
