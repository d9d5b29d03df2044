"""What near misses cost: labs with one slip, their check alone and the changes that are tried after it, in CPU seconds.

python benchmarks/near_misses.py [NODES ...]
"""

import sys
import time

from labs import automatic, hosts

from netdsl.pipeline.analysis import check_text
from netdsl.pipeline.mending import with_near_misses

_EXPECT = "expect { h1 reaches h10 ; h7 reaches h11 ; h11 reaches h7 }\n"


def slips(nodes: int) -> dict[str, str]:
    """Labs that fail by one slip each; the last has nothing that helps alone."""
    ring, star = automatic(nodes) + _EXPECT, hosts(nodes) + "expect { h-1-* reach h-2-1 }\n"
    return {
        "none": ring,
        "a default route": ring.replace("  default via r10\n", ""),
        "a default route of all": star.replace(" ; default via r }", " }"),
        "two default routes": ring.replace("  default via r10\n", "").replace("  default via r1\n", ""),
    }


def main(counts: list[int]) -> None:
    print(f"{'slip':24} {'nodes':>6} {'lines':>6} {'helped':>7} {'check s':>8} {'tried s':>8}")
    for nodes in counts:
        for name, text in slips(nodes).items():
            start = time.process_time()
            checked = check_text(text.encode())
            middle = time.process_time()
            found = with_near_misses(checked, {}).summary
            end = time.process_time()
            failing = [] if found is None else [proof for proof in found.proofs if not proof.holds]
            helped = sum(bool(proof.fixes) for proof in failing)
            print(f"{name:24} {nodes:6} {len(failing):6} {helped:7} {middle - start:8.2f} {end - middle:8.2f}")


if __name__ == "__main__":
    main([int(word) for word in sys.argv[1:]] or [30, 300, 1000])
