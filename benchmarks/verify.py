"""How fast the matrix of all pairs is: CPU of each flow, in labs of 30 to 300 nodes.

usage: benchmarks/verify.py [--nodes N,N,...] [--shape hosts,line,mesh,sites] [--repeat N]

`flows` are nodes times addresses of others. Each figure is the median of runs on one lab that is checked already. `ratio`
is the CPU of a flow against that in the lab before: 1 is linear in the flows. Only ratios are the same on other machines.
"""

import argparse
import statistics
import time

from labs import SHAPES

from netdsl.ir.lab import Lab
from netdsl.pipeline import check_text
from netdsl.verify import World, matrix

SIZES = (30, 100, 300)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--nodes", default=",".join(map(str, SIZES)))
    parser.add_argument("--shape", default=",".join(SHAPES))
    parser.add_argument("--repeat", type=int, default=3)
    asked = parser.parse_args()
    print(f"{'shape':10}{'nodes':>8}{'flows':>9}{'cpu s':>9}{'us/flow':>9}{'ratio':>9}", flush=True)
    for shape in asked.shape.split(","):
        before: float | None = None
        for nodes in map(int, asked.nodes.split(",")):
            lab = _lab(SHAPES[shape](nodes))
            runs = [_run(lab) for _ in range(asked.repeat)]
            flows, used = runs[0][0], statistics.median(used for _, used in runs)
            each = used / flows * 1e6
            ratio = f"{each / before:9.2f}" if before else f"{'-':>9}"
            print(f"{shape:10}{len(lab.nodes):8}{flows:9}{used:9.2f}{each:9.1f}{ratio}", flush=True)
            before = each


def _lab(text: str) -> Lab:
    checked = check_text(text.encode())
    if checked.lab is None:
        raise SystemExit("\n".join(found.message for found in checked.diagnostics))
    return checked.lab


def _run(lab: Lab) -> tuple[int, float]:
    """Flows, and seconds of CPU for the indexes and the matrix."""
    started = time.process_time()
    flows = sum(1 for _ in matrix(World(lab)))
    return flows, time.process_time() - started


if __name__ == "__main__":
    main()
