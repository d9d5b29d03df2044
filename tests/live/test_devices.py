"""A tunnel's device stays when its outer packets cannot be sent, and carries when they can: in the running lab."""

from pathlib import Path

import pytest

from tests.compiling import TESTS
from tests.live.conftest import compiled_lab
from tests.live.expected import expectations_hold

pytestmark = pytest.mark.live

SITE = "http://10.2.0.1/"
WAY = "192.0.2.0/29"


def test_what_cannot_be_sent_is_lost_and_the_device_stays(tmp_path: Path, engine: str, run_name: str) -> None:
    source = TESTS / "live/unsent.net"
    with compiled_lab(source, tmp_path / "lab", f"{run_name}-unsent", "--closed") as lab:
        lab.prepare()
        lab.up()
        expectations_hold(source, lab.folder, timeout=300)
        assert lab.is_ready("a")
        lab.say("a", "nft", "flush", "chain", "inet", "netdsl", "output")
        assert lab.fetch("pc", SITE) == "b.http"
        lab.say("a", "ip", "route", "delete", WAY)
        assert lab.fetch("pc", SITE) is None
        assert lab.fetch("pc", "http://10.1.0.1/") == "a.http"
        assert "10.2.0.0/24 dev to-b" in lab.say("a", "ip", "route")
        assert lab.is_ready("a")
        lab.say("a", "ip", "route", "add", WAY, "dev", "wan")
        assert lab.fetch("pc", SITE) == "b.http"
        assert lab.complaints() == []
