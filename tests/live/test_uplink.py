"""The way out of a lab, against a container that plays the outside: nothing here leaves this machine."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.live.compose import ComposeLab
from tests.live.conftest import Starter
from tests.live.machine import HERE
from tests.live.small import WAY_OUT

pytestmark = pytest.mark.live

_SCRIPT = "mkdir /tmp/www && echo the outside >/tmp/www/index.html && exec busybox httpd -f -vv -p 80 -h /tmp/www"


@contextmanager
def outside(lab: ComposeLab, image: str) -> Iterator[tuple[str, str]]:
    """Somebody beyond the uplink: the container's id, and its address there."""
    words = ("--network", f"{lab.project}_uplink", "--entrypoint", "sh", image, "-c", _SCRIPT)
    name = HERE.say("docker", "run", "-d", "--init", *words).strip()
    try:
        form = "{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}"
        yield name, HERE.say("docker", "inspect", "--format", form, name).strip()
    finally:
        HERE.run("docker", "rm", "--force", name)


def test_what_is_behind_the_uplink_reaches_the_outside_with_the_uplinks_address(deploy: Starter) -> None:
    lab = deploy(WAY_OUT, "open")
    lab.up()
    with outside(lab, lab.image("pc")) as (name, address):
        url = f"http://{address}/"
        assert HERE.wait_until(lambda: lab.fetch("pc", url) == "the outside", 10) is not None
        lines = lab.say("edge", "ip", "-o", "-4", "address", "show", "dev", "uplink").split()
        uplink = lines[lines.index("inet") + 1].partition("/")[0]
        said = HERE.run("docker", "logs", name)
        assert uplink in said.stdout + said.stderr
        assert "10.9.2.2" not in said.stdout + said.stderr

        closed = deploy(WAY_OUT, "closed", "--closed")
        closed.up()
        assert closed.pings("pc", "10.9.2.1", address) == ("10.9.2.1",)
        assert closed.fetch("pc", url) is None
        assert "uplink" not in closed.say("edge", "ip", "-brief", "link")
        assert f"{closed.project}_uplink" not in HERE.say("docker", "network", "ls", "--format", "{{.Name}}").split()
        assert lab.fetch("pc", url) == "the outside"


def test_the_outside_reaches_nobody_behind_the_uplink(deploy: Starter) -> None:
    lab = deploy(WAY_OUT, "inward")
    lab.up()
    with outside(lab, lab.image("pc")) as (name, address):
        assert lab.pings("pc", address) == (address,)
        HERE.say("docker", "exec", name, "ping", "-n", "-c", "1", "-W", "1", address)
        done = HERE.run("docker", "exec", name, "ping", "-n", "-c", "2", "-W", "1", "10.9.2.2")
        assert done.returncode != 0
