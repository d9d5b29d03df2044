"""Nodes of random labs without an engine: they are those of the target `namespaces`."""

from pathlib import Path

import pytest

from tests.differential.observing import brought_up
from tests.differential.regressions import regression
from tests.differential.spaces import InSpaces

pytestmark = pytest.mark.live

_READ_ONLY = ("/proc/sys/net/ipv4/ip_forward", "/netdsl/lab/x", "/netdsl/node/x", "/sys/class/net/lo/mtu")


def test_a_node_of_a_random_lab_is_confined_and_goes(tmp_path: Path) -> None:
    with brought_up(regression(163), tmp_path, "fuzz-spaces", InSpaces) as (_, running):
        read = "cat /proc/1/status; ls /dev; cat /proc/sys/kernel/hostname; ls -d /proc/[0-9]*"
        said = running.run("pc-a", "sh", "-c", read).stdout
        process = Path("/proc", running.first_process("pc-a"))
        assert "CapBnd:\t0000000000001000\n" in said  # NET_ADMIN
        assert "CapPrm:\t0000000000001000\n" in said
        assert "NoNewPrivs:\t1\n" in said
        written = [running.run("pc-a", "sh", "-c", f"echo 0 >{path}") for path in _READ_ONLY]
        assert [("Read-only" in done.stderr) for done in written] == [True] * len(_READ_ONLY)
        assert running.run("pc-a", "ls", str(tmp_path)).returncode != 0
        assert process.exists()
    assert not process.exists()
