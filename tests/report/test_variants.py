"""The page of runs of one source with different parameters."""

import pytest

from netdsl.codegen.contract import Options
from netdsl.comparing.compare import compare
from netdsl.comparing.variants import subject, variants
from netdsl.pipeline.analysis import check_text
from netdsl.report import page
from tests.comparing.test_variation import WITH, WITHOUT

pytestmark = pytest.mark.slow  # it draws plots

LAB = """lab tiny
param vpn = ipsec in ipsec, none
network a 10.0.0.0/24
host one { interface on a .1 }
host two { interface on a .2 ; if $vpn == none { firewall { policy drop ; accept input icmp } } }
expect { one reaches two icmp }
"""


def test_it_says_what_is_varied_and_what_that_is_on_paper() -> None:
    subjects = [subject(value, check_text(LAB.encode(), {"vpn": value}), Options()) for value in ("ipsec", "none")]
    text = page(compare([WITH, WITHOUT]), variants("vpn", subjects, ("compose",), Options()), None)
    for words in (
        "The runs differ in a parameter: <code>vpn = ipsec, none</code>",
        "compose vpn=ipsec",
        "What the lab is with each value",
        "two to one (10.0.0.1): in clear with ipsec; does not pass with none",
        "Overhead on the wire",
        "first answer",
    ):
        assert words in text, words
    assert "No parameters were given" not in text
