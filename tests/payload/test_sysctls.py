"""Sysctls are applied by the envelope; the script says when one is not in effect."""

import pytest

from .node import Node

MAC = "02:00:00:00:00:01"


def started(node: Node, rows: str, **settings: str) -> str:
    node.link("eth0", MAC)
    for key, value in settings.items():
        path = "/proc/sys/net/" + key.replace("__", "/")
        node.inside("sh", "-c", f"echo {value} > {path}")
    node.data(interfaces__tsv=f"{MAC}\twan\tlab\n", sysctl__tsv=rows)
    return node.start()


def test_what_is_in_effect_is_accepted(node: Node) -> None:
    rows = "net.ipv4.ip_forward\t1\nnet.ipv4.ip_local_port_range\t20000 40000\n"
    assert started(node, rows, ipv4__ip_forward="1", ipv4__ip_local_port_range="20000 40000") == ""


@pytest.mark.parametrize(
    ("setting", "wanted", "all_", "own", "forwards", "accepted"),
    [
        ("rp_filter", "1", "1", "0", "0", True),  # the maximum of both
        ("rp_filter", "1", "0", "2", "0", False),
        ("send_redirects", "0", "0", "1", "0", False),  # or: what the case study's hardening does not reach
        ("send_redirects", "0", "0", "0", "0", True),
        ("accept_source_route", "0", "0", "1", "0", True),  # and
        ("accept_redirects", "0", "0", "1", "0", False),  # or on a host
        ("accept_redirects", "0", "0", "1", "1", True),  # and on a router
        ("arp_ignore", "2", "1", "2", "0", True),
        ("disable_policy", "1", "1", "0", "0", False),  # the interface alone
    ],
)
def test_all_and_the_interface_combine_as_in_the_kernel(
    node: Node, setting: str, wanted: str, all_: str, own: str, forwards: str, accepted: bool
) -> None:
    settings = {"ipv4__ip_forward": forwards, f"ipv4__conf__all__{setting}": all_, f"ipv4__conf__eth0__{setting}": own}
    log = started(node, f"net.ipv4.conf.wan.{setting}\t{wanted}\n", **settings)
    assert (log == "") is accepted
    assert accepted or f"not ready: sysctl net.ipv4.conf.wan.{setting} is in effect" in log


def test_a_setting_of_all_is_checked_on_every_interface(node: Node) -> None:
    log = started(node, "net.ipv4.conf.all.send_redirects\t0\n", ipv4__conf__all__send_redirects="0")
    assert "sysctl net.ipv4.conf.wan.send_redirects is in effect 1, not 0 (all: 0, the interface alone: 1)" in log


def test_a_missing_key_is_said(node: Node) -> None:
    assert "sysctl net.ipv4.no_such_key is missing, not 1" in started(node, "net.ipv4.no_such_key\t1\n")
