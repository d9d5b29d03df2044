"""What holds with one kind of ESP alone."""

from dataclasses import replace

import pytest

from netdsl.ir.expectation import Expectation
from netdsl.packets.world import World
from netdsl.pipeline.analysis import check_text
from netdsl.verify import Esp
from netdsl.verify.expectations import proofs_of
from netdsl.verify.types import Proof, Summary

LAB = """lab x
network inet 192.0.2.0/24
network left 10.1.0.0/24
network right 10.2.0.0/24
router gl { interface wan on inet .1 ; interface lan on left .1 ; route right via gr }
router gr { interface wan on inet .2 ; interface lan on right .1 ; route left via gl }
host a { interface on left .10 ; default via gl }
host b { interface on right .10 ; default via gr ; serve http tcp/80 }
ipsec vpn { between gl protecting left and gr protecting right ; auth psk ; start on traffic }
expect { %s }
"""


def summary(lines: str, esp: Esp = Esp.KERNEL, *, lab: str = LAB) -> Summary:
    found = check_text((lab % lines).encode(), esp=esp).summary
    assert found is not None
    return found


@pytest.mark.parametrize("esp", list(Esp))
def test_a_line_that_holds_with_one_kind_is_named_whichever_is_asked_for(esp: Esp) -> None:
    """In user space the answer of `gr` to an address behind the tunnel is led into the tunnel."""
    found = summary("a reaches b tcp/80 ; a reaches 192.0.2.2", esp)
    (one,) = found.depending
    assert one.line == found.proofs[1].line
    assert one.esp is Esp.KERNEL
    assert one.reason == next(proof.reason for proof in summary("a reaches 192.0.2.2", Esp.USER).proofs)
    assert str(found).endswith("; 1 of them depends on the kind of ESP")


def test_what_holds_with_each_is_not_named() -> None:
    found = summary("vpn is up ; a reaches b tcp/80 ; a to b is encrypted on inet")
    assert found.depending == ()
    assert str(found) == "3 expectations hold"


def test_what_fails_here_and_holds_with_the_other_is_named() -> None:
    (one,) = summary("a cannot reach 192.0.2.2").depending
    assert one.esp is Esp.USER


def test_a_failure_block_is_named_as_a_whole() -> None:
    block = LAB.replace("expect {", "expect failure {")
    (one,) = summary("a reaches b ; a reaches 192.0.2.2", lab=block).depending
    assert (one.line, one.esp, one.reason) == (None, Esp.USER, "every line of the block holds")


def test_a_lab_without_esp_is_proven_once(monkeypatch: pytest.MonkeyPatch) -> None:
    def never(*_: object) -> None:
        raise AssertionError("proven again")

    monkeypatch.setattr("netdsl.verify.by_esp.proofs_of", never)
    plain = "".join(line for line in LAB.splitlines(keepends=True) if not line.startswith("ipsec"))
    assert summary("a reaches b", lab=plain) == replace(summary("a reaches b", lab=plain), depending=())
    with pytest.raises(AssertionError, match="proven again"):
        summary("a reaches b")


def test_what_cannot_be_known_with_one_kind_is_not_said_to_hold_with_the_other_alone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def unsure(world: World) -> list[tuple[Expectation, list[Proof]]]:
        found = [(block, list(proofs)) for block, proofs in proofs_of(world)]
        return [(block, [replace(proof, is_exact=proof.holds) for proof in proofs]) for block, proofs in found]

    monkeypatch.setattr("netdsl.verify.by_esp.proofs_of", unsure)
    assert summary("a reaches b tcp/80 ; a reaches 192.0.2.2").depending == ()
