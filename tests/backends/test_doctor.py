"""What `doctor` says of the kernel: what targets need of it, and what parts do without it."""

from collections.abc import Sequence

import pytest

from netdsl.backends.compose import doctor


@pytest.mark.parametrize("missing", ["esp", "gre", "ipip", "vxlan"])
def test_what_the_kernel_lacks_is_said_with_what_happens_without(monkeypatch: pytest.MonkeyPatch, missing: str) -> None:
    def run(command: Sequence[str]) -> str | None:
        return None if command[-1] != "true" and missing in " ".join(command).split() else ""

    monkeypatch.setattr(doctor, "_run", run)
    monkeypatch.setattr("shutil.which", lambda name: name)
    found = {check.what: check.remedy for check in doctor._kernel() if not check.is_ok}
    assert (
        found
        == {
            "esp": {
                "kernel: ESP": "IPsec runs in user space (/dev/net/tun); nodes of a tunnel with transport mode, AH, "
                "IPComp, extended sequence numbers or another thing that only the kernel has do not start",
            },
            "gre": {
                "kernel: GRE tunnels": "GRE runs in user space (/dev/net/tun); nodes of a tunnel with `key` do not start",
            },
            "ipip": {
                "kernel: IPIP tunnels": "IPIP runs in user space (/dev/net/tun); nodes of a tunnel with both families "
                "inside do not start",
            },
            "vxlan": {
                "kernel: vxlan": "needed by --driver ipvlan",
                "kernel: VXLAN tunnels": "nodes with such a tunnel do not start",
            },
        }[missing]
    )
