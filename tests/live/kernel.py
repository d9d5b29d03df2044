"""Brings labs up in User-Mode Linux and asks them what they expect, one after the other.

`python -m tests.live.kernel FOLDER PROJECT SOURCE...` runs in it. The lab of `NAME.net` is compiled already, in
FOLDER/NAME for the project PROJECT-NAME. FOLDER/NAME.failure gets what did not hold: it is empty where all did.
"""

import subprocess
import sys
from pathlib import Path

from tests.live.compose import ComposeLab
from tests.live.expected import expectations_hold
from tests.live.machine import Machine

_UML = Machine(patience=8)
_UNTIL_UP = 60.0  # seconds, of containers: `netdsl test` waits as long as containers need


def main(folder: Path, project: str, sources: list[Path]) -> None:
    for source in sources:
        lab = ComposeLab(folder / source.stem / "compose", f"{project}-{source.stem}", _UML)
        (folder / f"{source.stem}.failure").write_text(_failure(source, lab))


def _failure(source: Path, lab: ComposeLab) -> str:
    try:
        try:
            lab.up()
            _UML.wait_until(lambda: _are_tunnels_up(lab), _UNTIL_UP, pause=2)
            expectations_hold(source, lab.folder, timeout=300 * _UML.patience)
            assert lab.complaints() == []
        finally:
            lab.take_away()
    except (AssertionError, subprocess.TimeoutExpired) as error:
        return str(error) or repr(error)
    return ""


def _are_tunnels_up(lab: ComposeLab) -> bool:
    lines = [line.split("\t") for node in lab.nodes() for line in lab.status(node).splitlines()]
    return all(words[3] == "up" for words in lines if words[0] == "tunnel")


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], [Path(word) for word in sys.argv[3:]])
