"""`without fragmentation up to N`: the smallest link of the way there and of the way back."""

import pytest

from .asking import checked

TEXT = """
network a 10.1.0.0/24
network there 192.0.2.0/24
network back 198.51.100.0/24 { mtu 1300 }
network b 10.2.0.0/24
router r1 { interface on there .1 ; interface on back .1 ; interface on a .1 ; route b via 192.0.2.2 }
router r2 { interface on there .2 ; interface on back .2 ; interface on b .1 ; route a via %s }
host h { interface on a .10 ; default via r1 }
host s { interface on b .10 ; default via r2 ; serve http }
expect { h reaches s %s without fragmentation up to %s }
"""


@pytest.mark.parametrize("service", ["", "tcp/80"])
@pytest.mark.parametrize(
    ("hop", "size", "holds"),
    [
        ("192.0.2.1", 1500, True),
        ("192.0.2.1", 1501, False),
        ("198.51.100.1", 1300, True),
        ("198.51.100.1", 1301, False),
    ],
)
def test_the_way_back_counts_as_the_way_there(service: str, hop: str, size: int, holds: bool) -> None:
    found = [each for each in checked(TEXT % (hop, service, size)).diagnostics if each.is_error]
    assert [each.rule.code for each in found] == ([] if holds else ["expectation-fails"])
    assert all("too big" in each.message for each in found)
