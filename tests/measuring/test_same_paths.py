"""Several labs are measured along the same paths."""

from netdsl.measuring.paths import choose, worlds_of
from netdsl.measuring.same_paths import same_pairs
from tests.compiling import lab_of

SITES = """lab two
network inet 198.51.100.0/24
network left 10.1.0.0/24
network right 10.2.0.0/24
router a { interface wan on inet .1 ; interface lan on left .1 }
router b { interface wan on inet .2 ; interface lan on right .1 }
host one { interface on left .10 ; default via a }
host two { interface on right .10 ; default via b }
"""
TUNNEL = lab_of(
    SITES + "wireguard t { between a protecting left and b protecting right ; addresses 10.99.0.0/24 }\n"
    "expect { one reaches two }\n"
)
APART = lab_of(SITES + "expect { one reaches a }\n")


def test_labs_that_suggest_the_same_are_measured_as_they_suggest() -> None:
    assert same_pairs([TUNNEL, TUNNEL]) == ((), ())


def test_a_path_of_one_is_measured_in_each_where_it_passes() -> None:
    with_tunnel, apart = same_pairs([TUNNEL, APART])
    assert with_tunnel[0] == ("one", "10.2.0.10")
    assert ("one", "10.2.0.10") not in apart
    assert apart == tuple(pair for pair in with_tunnel if pair != ("one", "10.2.0.10"))
    names = [
        {path.name for path in choose(lab, worlds_of(lab), pairs)}
        for lab, pairs in ((TUNNEL, with_tunnel), (APART, apart))
    ]
    assert names[1] < names[0]
