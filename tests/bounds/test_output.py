"""What is written and shown is bounded: images, files of the output, differences; commands are looked into once."""

from dataclasses import replace
from itertools import islice

import pytest

from netdsl.cli import difference as difference_module
from netdsl.cli.difference import difference
from netdsl.codegen import emit as emitting
from netdsl.codegen import images
from netdsl.codegen.contract import Layout, Options
from netdsl.codegen.emit import emit
from netdsl.codegen.images import stages
from netdsl.codegen.registry import target_of
from netdsl.ir.node import Interface, Served
from netdsl.ir.sizes import TooLarge
from netdsl.pipeline.compilation import keyless_payload
from netdsl.semantics.rules import commands
from tests.bounds.test_work import counted
from tests.verify.asking import checked, lab

IMAGES = """lab x
network n 10.0.0.0/16
image m { run "0123456789" }
for i in 1..%d { host h-$i { interface on n ; image m } }
host s { interface on n ; image m ; serve https }
"""


def test_an_image_is_looked_at_once_for_each_set_of_packages(monkeypatch: pytest.MonkeyPatch) -> None:
    made = counted(images, "_stage", monkeypatch)
    found = lab(IMAGES % 20)
    assert len(stages(found, keyless_payload(found), Options())[0]) == 2
    assert made.calls == 2


def test_commands_of_images_are_bounded_once_for_each_set_of_packages(monkeypatch: pytest.MonkeyPatch) -> None:
    found = lab(IMAGES % 2)
    monkeypatch.setattr(images, "MOST_CHARACTERS", 20)
    stages(found, keyless_payload(found), Options())
    monkeypatch.setattr(images, "MOST_CHARACTERS", 19)
    with pytest.raises(TooLarge, match="the `run` lines of images have more than 19 characters, once for each set of"):
        stages(found, keyless_payload(found), Options())


@pytest.mark.parametrize("target", ["compose", "vagrant"])
def test_all_files_of_an_output_are_bounded_together(target: str, monkeypatch: pytest.MonkeyPatch) -> None:
    found = lab(IMAGES % 2)
    made = emit(target_of(target), found, keyless_payload(found), Layout(), replace(Options(), targets=(target,)))
    size = sum(len(artifact.content) for artifact in made.artifacts)
    monkeypatch.setattr(emitting, "MOST_BYTES", size - 1)
    with pytest.raises(TooLarge, match="the files of the output are more than 0 MiB, all together"):
        emit(target_of(target), found, keyless_payload(found), Layout(), replace(Options(), targets=(target,)))


SYSCTLS = """lab x
for i in 1..9 { network n-$i 10.$i.0.0/24 }
host h { for i in 1..9 { interface i-$i on n-$i } ; sysctl net.ipv4.conf.all.log_martians = 1 }
"""


def test_an_interface_with_a_sysctl_is_compared_with_no_other_one(monkeypatch: pytest.MonkeyPatch) -> None:
    text = "for i in 1..100 { network n-$i ${subnet(10.0.0.0/8,24,i)} }\n"
    text += "host h { for i in 1..100 { interface i-$i on n-$i } ; sysctl net.ipv4.conf.all.log_martians = 1 }"
    many = lab(text)
    inside = keyless_payload(many)
    compares = counted(Interface, "__eq__", monkeypatch)
    monkeypatch.setattr(Interface, "__eq__", lambda self, other: compares(self, other))
    emit(target_of("compose"), many, inside, Layout(), Options())
    assert compares.calls < 1000


def test_sysctls_of_all_interfaces_of_containers_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    found = lab(SYSCTLS)
    emit(target_of("compose"), found, keyless_payload(found), Layout(), Options())
    monkeypatch.setattr("netdsl.backends.compose.lower.MOST_SYSCTLS", 10)
    with pytest.raises(TooLarge, match="the sysctls of all containers, once for each interface, are more than 10"):
        emit(target_of("compose"), found, keyless_payload(found), Layout(), Options())


RUNS = 'lab x\nnetwork n 10.0.0.0/16\nhost h { interface on n ; for i in 1..20 { run "%s" } }\n'


def test_a_command_is_looked_into_once(monkeypatch: pytest.MonkeyPatch) -> None:
    read = counted(commands, "_simple_commands", monkeypatch)
    assert {one.rule.code for one in checked(RUNS % "tcpdump -i n").diagnostics} == {"run-without-capability"}
    assert read.calls == 1
    assert [one.rule.code for one in checked(RUNS % "sleep $i").diagnostics] == []
    assert read.calls == 1


def test_commands_are_looked_into_up_to_a_number_of_characters(monkeypatch: pytest.MonkeyPatch) -> None:
    read = counted(commands, "_simple_commands", monkeypatch)
    monkeypatch.setattr(commands, "MOST_CHARACTERS", 100)
    checked(RUNS % "tcpdump -i n-$i")
    assert read.calls == 7


OLD = "".join(f"{number}\n" for number in range(40))
NEW = OLD.replace("20\n", "a\nb\n").replace("22\n", "")


def test_a_difference_of_many_lines_is_shown_as_one_change(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "".join(difference(OLD, NEW, "old", "new")).splitlines()[2] == "@@ -18,9 +18,9 @@"
    monkeypatch.setattr(difference_module, "_MOST_COMPARED", 8)
    found = list(difference(OLD, NEW, "old", "new"))
    assert [line.strip("\n") for line in found] == [
        "--- old", "+++ new", "@@ -18,9 +18,9 @@", " 17", " 18", " 19",
        "-20", "-21", "-22", "+a", "+b", "+21", " 23", " 24", " 25",
    ]  # fmt: skip


def test_texts_without_a_common_line_differ_from_the_first_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(difference_module, "_MOST_COMPARED", 0)
    assert list(difference("a", "b\n", "old", "new")) == ["--- old\n", "+++ new\n", "@@ -1,1 +1,1 @@\n", "-a\n", "+b\n"]
    assert list(islice(difference("a\n", "a\n", "old", "new"), 1)) == []


SERVED = """lab x
network n 10.0.0.0/16
host h { interface on n ; for p in 1..%d { serve tcp s-$p tcp/$p } ; serve http ; serve dns }
"""


def test_the_part_of_a_service_is_looked_up(monkeypatch: pytest.MonkeyPatch) -> None:
    found = lab(SERVED % 40)
    compared = counted(Served, "__eq__", monkeypatch)
    monkeypatch.setattr(Served, "__eq__", lambda self, other: compared(self, other))
    (node,) = keyless_payload(found).nodes.values()
    table = next(file.content.decode() for file in node.files if file.path == "services.tsv").splitlines()
    assert [line.split("\t")[-1] for line in table] == ["socat"] * 40 + ["busybox", "dnsmasq"]
    assert compared.calls == 0
