"""The kind of tunnel in docs/adding-a-tunnel.md is added to a copy of the compiler; a lab with it holds."""

import re
from pathlib import Path

import pytest

from tests.docs.copied import MAIN, ROOT, add_to_index, copy_compiler, run

PAGE = (ROOT / "docs/adding-a-tunnel.md").read_text(encoding="utf-8")
OLD, NEW = "ipip", "wrap"


def _copied(path: Path, target: Path) -> None:
    """Files of the kind with its name replaced, in their text too."""
    for file in [path] if path.is_file() else [one for one in path.rglob("*") if one.suffix in (".py", ".sh", ".md")]:
        place = target if path.is_file() else target / file.relative_to(path)
        place.parent.mkdir(parents=True, exist_ok=True)
        text = file.read_text(encoding="utf-8").replace(OLD, NEW).replace(OLD.title(), NEW.title())
        # words of others: the protocol's and the kernel's
        place.write_text(text.replace(f'"{NEW}", (6,)', f'"{OLD}", (6,)').replace(f"mode {NEW}6", f"mode {OLD}6"))


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The compiler with the kind: the files that the page names, and its name twice in the index."""
    root = tmp_path_factory.mktemp("house")
    copy_compiler(root)
    _copied(ROOT / f"grammar/{OLD}.lark", root / f"netdsl/grammar/{NEW}.lark")
    _copied(ROOT / f"netdsl/kinds/{OLD}", root / f"netdsl/kinds/{NEW}")
    _copied(ROOT / f"backends/{OLD}", root / f"netdsl/backends/{NEW}")
    for members in ("TUNNELS", "PARTS"):
        add_to_index(root, members, f'"{NEW}"')
    found = re.search(r"^## A kind under another name\n\n```text\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    assert found is not None
    (root / "lab.net").write_text(found[1])
    return root


@pytest.mark.slow
def test_a_lab_with_it_is_verified(house: Path) -> None:
    assert "copied: 5 expectations hold" in run(house, MAIN, "verify", "lab.net")


@pytest.mark.slow
@pytest.mark.parametrize("target", ["compose", "vagrant"])
def test_a_lab_with_it_is_compiled(house: Path, target: str) -> None:
    run(house, MAIN, "compile", "lab.net", "-t", target, "-o", target, "--credentials", "keys")
    node = house / target / "payload/nodes/a"
    record = (node / f"{NEW}.tsv").read_text().split("\t")
    assert record[:3] == ["t", "t", "type ipip local 192.0.2.1 remote 192.0.2.2 ttl 64"]
    assert NEW in (node / "parts").read_text().splitlines()
    assert f"{NEW}_start()" in (house / target / f"payload/lab/{NEW}/part.sh").read_text()


def test_the_page_names_every_file_of_the_kind() -> None:
    files = [path.name for place in (f"netdsl/kinds/{OLD}", f"backends/{OLD}") for path in (ROOT / place).glob("*.*")]
    assert [name for name in files if name not in ("__init__.py", "ir.py") and f"{name}`" not in PAGE] == []
