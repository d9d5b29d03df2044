"""Kinds of tunnels that need one another in a node: what has an address is there before what sends from it."""

import pytest

from tests.kinds.asking import lab
from tests.kinds.conftest import Pair

OFFICE = """
network isp 192.0.2.0/24
network left 10.1.0.0/24
network right 10.2.0.0/24
network office 10.5.0.0/24
router a { interface wan on isp .1 ; interface lan on left .1 ; interface on office .1 }
router b { interface wan on isp .2 ; interface lan on right .1 ; interface on office .2 }
tunnel segment vxlan { between a.wan and b.wan ; carries office }
"""
BRANCH = """
network isp 192.0.2.0/24
network right 10.2.0.0/24
network office 10.5.0.0/24
router a { interface wan on isp .1 ; interface on office .1 }
router b { interface wan on isp .2 ; interface lan on right .1 }
host c { interface wan on isp .3 ; interface on office .3 }
tunnel segment vxlan { between a.wan and c.wan ; carries office }
"""


@pytest.mark.parametrize("kind", ["gre", "ipip"])
@pytest.mark.parametrize(
    "text",
    [
        OFFICE + "tunnel t %s { between a.office protecting left and b.office protecting right }",
        BRANCH + "tunnel t %s { between a.wan protecting office and b.wan protecting right }",
    ],
    ids=["over the segment", "from an address on the segment"],
)
def test_a_device_stands_on_a_segment(pair: Pair, text: str, kind: str) -> None:
    one, other = pair(lab(text % kind))
    assert (one.start(), other.start()) == ("", "")
    assert one.inside("ping", "-n", "-c", "1", "-W", "2", "10.2.0.1").returncode == 0
