"""Random labs with a line changed: what is told of flows is what following each flow by itself gives, and nothing else."""

import re
from random import Random

import pytest

from netdsl.diff import Turn, diff
from netdsl.diff.services import service_classes
from netdsl.packets.world import World
from netdsl.pipeline.analysis import Checked, check_text
from tests.diff.brute import followed, some_services, told
from tests.diff.mirror import parts
from tests.differential.generate import generate

_FEW = (12, 17)
_TRIES = 60


def _changed(text: str, rng: Random) -> Checked:
    """The lab with one line left out, with other ports, or with another policy."""
    lines = text.splitlines()
    for _ in range(_TRIES):
        at = rng.randrange(1, len(lines))
        line = lines[at]
        if "{" in line or "}" in line or line.startswith(("lab", "network", "link")):
            continue
        other = rng.choice(
            (
                "",
                re.sub(r"(tcp|udp)/\d+", lambda found: f"{found[1]}/{rng.choice((22, 53, 80, 443, 8080))}", line),
                line.replace("policy drop", "policy accept"),
            )
        )
        if other != line:
            checked = check_text("\n".join([*lines[:at], other, *lines[at + 1 :], ""]).encode())
            if checked.lab is not None:
                return checked
    return check_text(text.encode())


def _compare(seed: int) -> None:
    rng, text = Random(f"netdsl diff {seed}"), generate(seed)
    before, after = check_text(text.encode()), _changed(text, rng)
    assert before.lab is not None
    assert after.lab is not None
    found = diff(before, after)
    assert parts(diff(after, before)) == parts(found, is_mirrored=True)
    worlds = (World(before.lab), World(after.lab))
    classes = service_classes((before.lab, after.lab))
    named = tuple(text for one in classes for text in one.texts)
    for service in some_services(rng, named, 3):
        said = told(found, service, (before.lab, after.lab))
        alone = followed(worlds, service)
        # what can be known in neither lab is told where something that the packets meet has changed
        alone = {flow: turns for flow, turns in alone.items() if Turn.UNKNOWABLE not in turns or flow in said}
        assert said == alone, (seed, service)


@pytest.mark.slow
@pytest.mark.parametrize("seed", _FEW)
def test_what_is_told_is_what_each_flow_does(seed: int) -> None:
    _compare(seed)


@pytest.mark.slow
@pytest.mark.parametrize("seed", [23, *range(100, 111)])
def test_what_is_told_is_what_each_flow_does_in_more_labs(seed: int) -> None:
    _compare(seed)
