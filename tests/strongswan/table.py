"""The table of scenarios in docs/strongswan.md, from the labs themselves.

python -m tests.strongswan.table > docs/strongswan.md
"""

import re
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from tests.strongswan.comparing import Point
from tests.strongswan.reasons import reason
from tests.strongswan.scenarios import KERNEL_ESP, Scenario, checked, compared, lab_name, not_said, scenarios, unsaid

_HEAD = """\
# The scenarios of strongSwan's tests, as labs

strongSwan tests itself with scenarios of up to eight hosts (`testing/tests` in its sources). Those that the language can
say are labs in [tests/strongswan/labs](../tests/strongswan/labs); what the originals set and assert stands in
`tests/strongswan/originals.yaml`. Each lab is compiled, its swanctl.conf is compared with the original's setting by
setting, the verifier is asked each ping that the original asserts, and `make test-full` brings each lab up and tests what
it expects: in containers, and where *ESP* is `kernel`, in containers in [User-Mode Linux](engine.md#user-mode-linux). This
page is made by `python -m tests.strongswan.table`.

*Points* are the settings of connections and children that are equal, of all. A letter is a reason below the table.
*States* are what the original asserts of a host's SAs and the lab expects too, of all: algorithms, who began, address
translation, mode and protocol, virtual addresses.
"""


def page(store: Path) -> str:
    """The whole page; certificates are made in `store`."""
    letters: dict[str, str] = {}
    rows = [_row(scenario, store, letters) for scenario in scenarios()]
    lines = [
        _HEAD,
        "| scenario | lines expected | points | differs | states | ESP |",
        "| --- | --- | --- | --- | --- | --- |",
        *rows,
        "",
    ]
    lines += [f"- **{letter}** {text}." for text, letter in letters.items()]
    lines += ["", "## Not said", "", "| scenario | what it needs |", "| --- | --- |"]
    lines += [f"| {name} | {text} |" for name, text in sorted(not_said().items())]
    lines += ["", *(f"[{one.name}]: ../tests/strongswan/labs/{one.lab.name}" for one in scenarios())]
    return "\n".join(lines) + "\n"


def own_reasons(scenario: Scenario) -> dict[str, str]:
    """What the lab itself says: `# differs in SETTING: because`."""
    return dict(re.findall(r"^# differs in ([\w ]+): (.+)$", scenario.lab.read_text(), re.MULTILINE))


def why(point: Point, scenario: Scenario) -> str | None:
    """The lab's own reason first; None where there is none."""
    return own_reasons(scenario).get(point.setting) or reason(point)


def _row(scenario: Scenario, store: Path, letters: dict[str, str]) -> str:
    found = list(compared(scenario, store))
    equal = sum(point.is_equal for point in found)
    summary = checked(scenario).summary
    assert summary is not None
    lines = len(summary.proofs)
    differing = " ".join(dict.fromkeys(_differing(found, scenario, letters))) or "–"
    esp = "kernel" if lab_name(scenario.name) in KERNEL_ESP else "both"
    asserted = len(scenario.states)
    states = f"{asserted - len(unsaid(scenario))} of {asserted}" if asserted else "–"
    return f"| [{scenario.name}] | {lines} | {equal} of {len(found)} | {differing} | {states} | {esp} |"


def _differing(found: list[Point], scenario: Scenario, letters: dict[str, str]) -> Iterator[str]:
    for point in found:
        if not point.is_equal:
            text = why(point, scenario)
            assert text is not None, (scenario.name, point)
            yield letters.setdefault(f"`{point.setting}`: {text}", _letter(len(letters)))


def _letter(number: int) -> str:
    return chr(ord("a") + number) if number < 26 else f"{chr(ord('a') + number // 26 - 1)}{chr(ord('a') + number % 26)}"


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        sys.stdout.write(page(Path(folder)))
