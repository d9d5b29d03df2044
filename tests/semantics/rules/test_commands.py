"""Commands that need a capability which their node has not."""

import pytest

from tests.semantics.rules.sketch import Sketch, place


def told(command: str, *capabilities: str) -> list[str]:
    sketch = Sketch().network("lan", "10.0.0.0/24").host("h", lan="10.0.0.5/24")
    sketch.change("h", runs=(command,), run_places=(place("run"),), capabilities=capabilities)
    return [finding.message for finding in sketch.findings]


@pytest.mark.parametrize(
    ("command", "missing"),
    [
        ("tcpdump -i lan -Z root", "NET_RAW"),
        ("tcpdump -i lan", "NET_RAW, SETGID, SETUID"),
        ("tcpdump -i lan -w /tmp/x", "NET_RAW, SETGID, SETUID, CHOWN"),
        ("sleep 1; exec timeout -k 1 5 /usr/sbin/suricata -i lan > /tmp/y 2>&1", "NET_RAW"),
        ("while true; do nmap -sS 10.0.0.9; done", "NET_RAW"),
        ("A=1 nice -n 5 arping 10.0.0.9 &", "NET_RAW"),
        ("cd /tmp && ip -4 route add 10.1.0.0/24 via 10.0.0.1 || true", "NET_ADMIN"),
        ("x=$(nft list ruleset)", "NET_ADMIN"),
        ("udhcpc -i lan", "NET_ADMIN, NET_RAW"),
    ],
)
def test_a_program_without_its_right_is_told(command: str, missing: str) -> None:
    (message,) = told(command)
    assert message.endswith(f"cannot work here: `h` has not {missing}")


@pytest.mark.parametrize(
    "command",
    [
        "nmap -sT 10.0.0.9",
        "tcpdump --version; tcpdump -r /tmp/x",
        "ip route show; ip -6 address",
        "echo 'tcpdump -i lan' > tcpdump",
        "nft -c -f /tmp/x",
        "sh /opt/tcpdump.sh",
        'echo "unfinished',
        "$TOOL -i lan # tcpdump",
    ],
)
def test_what_is_not_sure_is_not_told(command: str) -> None:
    assert told(command) == []


def test_a_node_with_the_right_may() -> None:
    assert told("tcpdump -i lan", "NET_RAW", "SETGID", "SETUID") == []
    assert told("tcpdump -i lan", "NET_RAW") == ["`tcpdump` cannot work here: `h` has not SETGID, SETUID"]
