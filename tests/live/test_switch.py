"""A switch carries frames between its networks, with the drivers that the compiler chooses."""

import pytest

from tests.live.conftest import Starter
from tests.live.small import SWITCHED

pytestmark = pytest.mark.live


def test_two_hosts_on_both_sides_of_a_switch_hear_each_other(deploy: Starter) -> None:
    lab = deploy(SWITCHED, "switched")
    lab.up()
    assert lab.fetch("two", "http://10.9.3.1/") == "one.http"
    lab.say("sw", "ip", "link", "set", "left", "nomaster")
    assert lab.fetch("two", "http://10.9.3.1/") is None
