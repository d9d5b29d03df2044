"""Which ranges of the machine that runs it a lab's source may take."""

from pathlib import Path

import pytest

from netdsl.codegen.pools import public_pool
from tests.compiling import compiled_text

_LAB = "lab x\nnetwork lan 10.0.0.0/24\nhost a {{ interface on lan }}\ntarget {} {{ pool = {} }}\n"


@pytest.mark.parametrize(
    "prefix",
    ["10.0.0.0/8", "172.16.0.0/12", "192.168.7.0/24", "100.64.0.0/10", "240.0.0.0/4", "255.1.0.0/16", "fd00::/48"],
)
def test_private_ranges_and_class_e_are_free(prefix: str) -> None:
    assert public_pool(prefix) is None


@pytest.mark.parametrize(
    "prefix",
    ["8.8.8.8/29", "10.0.0.0/7", "172.0.0.0/8", "100.0.0.0/8", "0.0.0.0/0", "198.18.0.0/15", "127.0.0.0/8", "::/0"],
)
def test_all_others_are_not(prefix: str) -> None:
    message = f"`{prefix}` has public addresses: a source has private ones alone, or 240.0.0.0/4"
    assert public_pool(prefix) == message


@pytest.mark.parametrize("target", ["compose", "vagrant"])
def test_a_source_takes_no_public_pool(target: str, tmp_path: Path) -> None:
    found = compiled_text(_LAB.format(target, "8.0.0.0/16"), tmp_path / "keys", target=target)
    assert (found.errors, found.files) == (["setting-of-caller"], None)
    (one,) = found.diagnostics
    assert one.primary.place.span.text == "pool = 8.0.0.0/16"
    assert one.help == "whoever calls netdsl says it: `--set pool=8.0.0.0/16`"
