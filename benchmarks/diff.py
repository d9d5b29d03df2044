"""How long it takes to say what changed: CPU of `diff`, in labs of 100 nodes.

usage: benchmarks/diff.py [--nodes N] [--shape hosts,mesh,...]

Changes: `nothing`; `filter`: one line of a filter takes one port more (shapes with filters alone); `network`: one more,
with two hosts. `ratio` is against a matrix of pings of the lab, which is the same on other machines.
"""

import argparse
import time

from labs import SHAPES

from netdsl.diff import diff
from netdsl.diff.services import service_classes
from netdsl.pipeline.analysis import Checked, check_text
from netdsl.verify import World, matrix

_NETWORK = "\nnetwork more 10.254.254.0/24\nhost more-1 { interface on more }\nhost more-2 { interface on more }\n"
_LINE, _WIDER = "accept forward tcp/8080", "accept forward tcp/8080, tcp/2222"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--nodes", type=int, default=100)
    parser.add_argument("--shape", default=",".join(SHAPES))
    asked = parser.parse_args()
    print(f"{'shape':10}{'change':>9}{'flows':>9}{'classes':>9}{'matrix s':>10}{'diff s':>9}{'ratio':>8}", flush=True)
    for shape in asked.shape.split(","):
        text = SHAPES[shape](asked.nodes)
        before = _checked(text)
        flows, once = _matrix(before)
        changes = {"nothing": text, "network": text + _NETWORK}
        if _LINE in text:
            changes["filter"] = text.replace(_LINE, _WIDER, 1)
        for change, source in changes.items():
            after = _checked(source)
            classes = 0 if before.lab is None or after.lab is None else len(service_classes((before.lab, after.lab)))
            started = time.process_time()
            diff(before, after)
            used = time.process_time() - started
            line = f"{shape:10}{change:>9}{flows:9}{classes:9}{once:10.2f}{used:9.2f}{used / once:8.1f}"
            print(line, flush=True)


def _checked(text: str) -> Checked:
    checked = check_text(text.encode())
    if checked.lab is None:
        raise SystemExit("\n".join(found.message for found in checked.diagnostics))
    return checked


def _matrix(checked: Checked) -> tuple[int, float]:
    """Flows, and seconds of CPU for the indexes and a matrix of pings."""
    assert checked.lab is not None
    started = time.process_time()
    flows = sum(1 for _ in matrix(World(checked.lab)))
    return flows, time.process_time() - started


if __name__ == "__main__":
    main()
