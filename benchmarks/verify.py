"""How fast the matrix of all pairs is: CPU of each flow, in labs of 30 to 300 nodes.

usage: benchmarks/verify.py [--nodes N,N,...] [--shape hosts,mesh,...] [--ask ping,tcp/8080] [--repeat N]

Shapes (labs.py): `hosts` around one router; a `line` of routers; a `mesh` of them; the mesh where every router filters
(`filters`) or has rp_filter (`rp-filter`); `sites` behind firewalls with tunnels. `flows` are nodes times addresses of
others. Each figure is the median of runs on one lab that is checked already. `ratio` is the CPU of a flow against that in
the lab before: 1 is linear in the flows. `to first` is it against the run's first shape and question in a lab of that
size. Only ratios are the same on other machines.
"""

import argparse
import statistics
import time

from labs import SHAPES

from netdsl.ir.lab import Lab
from netdsl.ir.service import WITH_PORTS, PortService, port
from netdsl.pipeline.analysis import check_text
from netdsl.verify import World, matrix

SIZES = (30, 100, 300)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--nodes", default=",".join(map(str, SIZES)))
    parser.add_argument("--shape", default=",".join(SHAPES))
    parser.add_argument("--ask", default="ping,tcp/8080")
    parser.add_argument("--repeat", type=int, default=3)
    asked = parser.parse_args()
    sizes = [int(nodes) for nodes in asked.nodes.split(",")]
    heads = f"{'shape':10}{'asked':>10}{'nodes':>8}{'flows':>9}{'cpu s':>9}{'us/flow':>9}{'ratio':>9}{'to first':>10}"
    print(heads, flush=True)
    first: dict[int, float] = {}
    for shape in asked.shape.split(","):
        labs = [_lab(SHAPES[shape](nodes)) for nodes in sizes]
        for question in asked.ask.split(","):
            before: float | None = None
            for size, lab in zip(sizes, labs, strict=True):
                runs = [_run(lab, _service(question)) for _ in range(asked.repeat)]
                flows, used = runs[0][0], statistics.median(used for _, used in runs)
                each = used / flows * 1e6
                ratio = f"{each / before:9.2f}" if before else f"{'-':>9}"
                named = f"{shape:10}{question:>10}{len(lab.nodes):8}{flows:9}{used:9.2f}{each:9.1f}{ratio}"
                print(f"{named}{each / first.setdefault(size, each):10.2f}", flush=True)
                before = each


def _lab(text: str) -> Lab:
    checked = check_text(text.encode())
    if checked.lab is None:
        raise SystemExit("\n".join(found.message for found in checked.diagnostics))
    return checked.lab


def _service(text: str) -> PortService | None:
    if text == "ping":
        return None
    protocol, _, number = text.partition("/")
    return port(WITH_PORTS[protocol], int(number))


def _run(lab: Lab, service: PortService | None) -> tuple[int, float]:
    """Flows, and seconds of CPU for the indexes and the matrix."""
    started = time.process_time()
    flows = sum(1 for _ in matrix(World(lab), service))
    return flows, time.process_time() - started


if __name__ == "__main__":
    main()
