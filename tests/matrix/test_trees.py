"""Every example and every target: the files that come out, or the refusal."""

from pathlib import Path

import pytest

from netdsl.codegen.contract import Options
from netdsl.codegen.registry import target_names
from tests.compiling import EXAMPLES, LABS, compiled_file, compiled_text

EXPECTED = Path(__file__).parent / "expected"
FIXED = Path(__file__).parents[2] / "backends/vagrant/machine"
DELAYED = "lab x\nnetwork lan 10.0.0.0/24 { delay 10ms }\nhost a { interface on lan }\n"


def test_there_are_three_targets() -> None:
    assert target_names() == ("compose", "vagrant", "namespaces")


@pytest.mark.parametrize("target", ["compose", "vagrant", "namespaces"])
@pytest.mark.parametrize("lab", LABS, ids=lambda lab: lab.parent.name)
def test_a_target_makes_these_files(lab: Path, target: str, tmp_path: Path) -> None:
    options = Options(is_closed=target == "namespaces")  # it has no way out of a lab
    outcome = compiled_file(lab, tmp_path / "credentials", target=target, options=options)
    assert outcome.files is not None, outcome.rendered()
    fixed = {f"machine/{path.relative_to(FIXED).as_posix()}" for path in FIXED.rglob("*") if path.is_file()}
    if target == "vagrant":
        assert fixed <= outcome.files.keys()
    credentials = sorted(path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*") if path.is_file())
    listing = "".join(f"{path}\n" for path in [*sorted(outcome.files.keys() - fixed), *credentials])
    expected = EXPECTED / f"{target}-{lab.parent.name}.txt"
    assert listing == expected.read_text(encoding="utf-8")


@pytest.mark.parametrize("driver", ["macvlan", "bridge", "ipvlan"])
@pytest.mark.parametrize("lab", ["dmz", "site-to-site"])
def test_the_inside_is_the_same_with_each_driver(lab: str, driver: str, tmp_path: Path) -> None:
    path = EXAMPLES / lab / "lab.net"
    plain, other = (
        compiled_file(path, tmp_path / "credentials", options=Options(driver=name)).files for name in (None, driver)
    )
    assert plain is not None
    assert other is not None
    inside = {name: content for name, content in plain.items() if name.startswith("payload/nodes/")}
    assert inside == {name: content for name, content in other.items() if name.startswith("payload/nodes/")}


@pytest.mark.parametrize("target", ["compose", "vagrant", "namespaces"])
def test_what_a_target_cannot_do_is_refused(target: str, tmp_path: Path) -> None:
    assert compiled_text(DELAYED, tmp_path / "credentials", target=target).errors == ["unsupported-by-target"]
