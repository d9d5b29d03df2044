"""What a machine is called: on processors that say their name, and on those that do not."""

import platform
from collections.abc import Sequence
from pathlib import Path as FilePath

import pytest

from netdsl.measuring.machine import fingerprint, load, usable_cores

LSCPU = "Architecture:  aarch64\nVendor ID:     ARM\nModel name:    Neoverse-N1\n"


def _root(folder: FilePath, cpuinfo: str = "", meminfo: str = "", release: str = "") -> FilePath:
    for name, text in (("proc/cpuinfo", cpuinfo), ("proc/meminfo", meminfo), ("etc/os-release", release)):
        if text:
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text(text)
    return folder


def _nothing(_: Sequence[str]) -> str:
    return ""


def test_a_processor_with_a_name(tmp_path: FilePath) -> None:
    root = _root(
        tmp_path,
        "processor\t: 0\nmodel name\t: Some  CPU @ 3.00GHz\n",
        "MemTotal:       16384 kB\nMemFree: 1 kB\n",
        'NAME="Debian"\nPRETTY_NAME="Debian GNU/Linux 13 (trixie)"\n',
    )
    found = fingerprint(root, _nothing)
    assert (found.processor, found.memory, found.system) == (
        "Some CPU @ 3.00GHz",
        2**24,
        "Debian GNU/Linux 13 (trixie)",
    )
    assert found.cores == usable_cores() >= 1
    assert found.architecture == platform.machine()
    assert found.kernel == f"{platform.system()} {platform.release()}"


def test_arm_is_known_by_lscpu(tmp_path: FilePath) -> None:
    root = _root(tmp_path, "processor\t: 0\nBogoMIPS\t: 50.00\nCPU part\t: 0xd0c\n")
    assert fingerprint(root, lambda words: LSCPU if words[0] == "lscpu" else "").processor == "ARM Neoverse-N1"


def test_macos_says_it_by_sysctl(tmp_path: FilePath) -> None:
    said = {"machdep.cpu.brand_string": "Apple M1\n", "hw.memsize": "17179869184\n"}
    found = fingerprint(tmp_path, lambda words: said.get(words[-1], ""))
    assert (found.processor, found.memory) == ("Apple M1", 2**34)


def test_what_is_not_known_is_said_so(tmp_path: FilePath, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(platform, "processor", lambda: "")
    found = fingerprint(tmp_path, _nothing)
    assert (found.processor, found.memory) == ("unknown", 0)


def test_this_machine_has_a_name_and_a_load() -> None:
    assert fingerprint().memory > 0
    assert load() >= 0
