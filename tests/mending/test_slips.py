"""Labs that hold, each with one slip at every place that can have it: what fails is helped, and what helps does."""

from pathlib import Path

import pytest

from netdsl.pipeline.analysis import check_text

from .asking import after, checked
from .mutation import Slip, slips
from .test_near_misses import SITE, TUNNEL, WAYS

EXAMPLES = Path(__file__).parents[2] / "examples"
LABS = {
    "site": SITE,
    "ways": WAYS,
    "tunnel": TUNNEL,
    **{
        name: (EXAMPLES / name / "lab.net").read_text(encoding="utf-8")
        for name in ("dmz", "host-to-host", "site-to-site", "site-to-site-v6")
    },
}
UNHELPED = {
    "site-to-site-v6": {
        "route left out: default via gw-$x",
        "protecting left out: between gw-$x protecting site-$x and gw-s protecting cloud",
    }
}
"""In a loop, where the name of what is missing has the loop's variable."""


@pytest.mark.parametrize("name", sorted(LABS))
def test_a_slip_that_makes_a_line_fail_is_helped(name: str) -> None:
    unhelped = set()
    failing = 0
    for slip in slips(LABS[name]):
        found = checked(slip.text)
        if found.summary is None or not found.summary.failed:
            continue
        failing += 1
        if not any(proof.fixes for proof in found.summary.proofs):
            unhelped.add(str(slip))
        assert_helps(slip)
    assert failing >= 5
    assert unhelped == UNHELPED.get(name, set())


def assert_helps(slip: Slip) -> None:
    """With each fix its line holds, and every line that held."""
    found = checked(slip.text).summary
    assert found is not None
    for number, proof in enumerate(found.proofs):
        for fix in {fix.edits: fix for fix in proof.fixes}.values():
            mended = check_text(after(fix).encode()).summary
            assert mended is not None, f"{slip}: {fix.title}"
            held = [now.holds for before, now in zip(found.proofs, mended.proofs, strict=True) if before.holds]
            assert all(held), f"{slip}: {fix.title}"
            assert mended.proofs[number].holds, f"{slip}: {fix.title}"
