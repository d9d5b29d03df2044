"""Labs that hold, each with one slip at every place that can have it: what fails is helped, and what helps does."""

from pathlib import Path
from random import Random

import pytest

from netdsl.pipeline.analysis import Checked, check_text
from netdsl.verify import Outcome, World, matrix
from tests.differential.generate import generate

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


SLOW = ("dmz", "host-to-host", "site-to-site", "site-to-site-v6", "tunnel")


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=[pytest.mark.slow] * (name in SLOW)) for name in sorted(LABS)]
)
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
        assert_helps(slip, found)
    assert failing >= 5
    assert unhelped == set()


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(1, 7))
def test_a_slip_in_a_random_lab_is_never_helped_wrongly(seed: int) -> None:
    """Its expectations are what the lab does."""
    lab = with_expectations(generate(seed), Random(seed))
    found = list(slips(lab))
    for slip in Random(seed).sample(found, min(len(found), 6)):
        assert_helps(slip, checked(slip.text))


def with_expectations(text: str, rng: Random) -> str:
    """A lab that expects some of what happens in it."""
    lab = check_text(text.encode()).lab
    assert lab is not None
    cells = [cell for cell in matrix(World(lab)) if cell.is_exact]
    passing = [cell for cell in cells if cell.passes]
    refused = [cell for cell in cells if cell.outcome in (Outcome.DROPPED, Outcome.REJECTED)]
    lines = [f"{cell.source} reaches {cell.address}" for cell in rng.sample(passing, min(6, len(passing)))]
    lines += [f"{cell.source} cannot reach {cell.address}" for cell in rng.sample(refused, min(2, len(refused)))]
    return "\n".join([text, "expect {", *lines, "}", ""])


def assert_helps(slip: Slip, wrong: Checked) -> None:
    """With each fix its line holds, and every line that held."""
    found = wrong.summary
    for number, proof in enumerate(() if found is None else found.proofs):
        for fix in {fix.edits: fix for fix in proof.fixes}.values():
            mended = check_text(after(fix).encode()).summary
            assert found is not None
            assert mended is not None, f"{slip}: {fix.title}"
            held = [now.holds for before, now in zip(found.proofs, mended.proofs, strict=True) if before.holds]
            assert all(held), f"{slip}: {fix.title}"
            assert mended.proofs[number].holds, f"{slip}: {fix.title}"
