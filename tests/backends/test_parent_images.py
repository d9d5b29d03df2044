"""Parent images: where a node needs one, and what the Dockerfile says of it then."""

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from netdsl.backends.dockerfile.render import dockerfile
from netdsl.codegen.contract import Options
from netdsl.codegen.images import Stage, stages
from netdsl.codegen.parents import parent_image
from netdsl.credentials.contract import Credentials
from netdsl.disk.shipped import shipped_text
from netdsl.ir.lab import Lab
from netdsl.ir.node import Node
from netdsl.payload.contract import Needs, PayloadFile
from netdsl.payload.part import Share, parts
from netdsl.payload.render import payload
from tests import outputs
from tests.compiling import compiled_text, lab_of

LAB = """lab x
network n 10.0.0.0/24
host a { interface on n }
host b { interface on n ; serve http }
host c { interface on n }
"""
PACKAGE = "netdsl.backends.dpdk"


@dataclass
class _Part:
    """A part whose programs are in a parent image."""

    nodes: Collection[str]
    name: str = "plane"

    def shared(self, lab: Lab) -> tuple[PayloadFile, ...]:
        return ()

    def share(self, node: Node, lab: Lab) -> Share | None:
        return Share(needs=Needs(("ethtool",), parent="dpdk")) if node.id in self.nodes else None


def _made(*with_parent: str) -> tuple[tuple[Stage, ...], dict[str, Stage]]:
    lab = lab_of(LAB)
    made, of_node = stages(lab, payload(lab, Credentials({}, None), (*parts(), _Part(with_parent))), Options())
    return made, {str(node): stage for node, stage in of_node.items()}


def test_nodes_without_a_parent_have_the_image_that_they_had() -> None:
    (before,), _ = _made()
    made, of_node = _made("c")
    assert [of_node["a"], of_node["b"]] == [before, before]
    assert [stage.parent for stage in made] == ["", "dpdk"]
    assert of_node["c"].name != before.name
    assert "ethtool" in of_node["c"].packages
    assert "ethtool" not in before.packages


def test_the_parents_stages_come_first_and_once() -> None:
    made, of_node = _made("b", "c")
    text = dockerfile("x", made)
    instructions = list(outputs.dockerfile(text))
    beginnings = [words for name, words in instructions if name == "FROM"]
    assert beginnings == [
        "--platform=${BUILDPLATFORM} ${TOOLS} AS netdsl-dpdk-build",
        "netdsl-dpdk-build AS netdsl-dpdk-app",
        "${BASE} AS netdsl-dpdk",
        f"${{BASE}} AS {of_node['a'].name}",
        f"netdsl-dpdk AS {of_node['c'].name}",
    ]
    assert instructions[:2] == [("ARG", "BASE=debian:trixie-slim"), ("ARG", "TOOLS=debian:trixie-slim")]


def test_the_files_of_a_parent_are_in_the_dockerfile_byte_by_byte() -> None:
    made, _ = _made("c")
    text = dockerfile("x", made)
    for name in (
        "build.sh",
        "app.sh",
        "hugetlbfs.patch",
        "l3fwd.patch",
        "bng.c",
        "bng.h",
        "bng_packet.c",
        "bng_table.c",
    ):
        content = shipped_text(PACKAGE, "image", name)
        assert content == f"{content.rstrip()}\n", "one line end at the end: the here-document has one, too"
        assert f'<<"{name}"' in text
        assert f"\n{content}{name}\n" in text
        assert name not in content.splitlines(), "a here-document ends at its name"


def test_a_lab_without_such_nodes_says_nothing_of_it(tmp_path: Path) -> None:
    assert "dpdk" not in compiled_text(LAB, tmp_path).text("Dockerfile")


def test_a_changed_file_of_a_parent_makes_another_image() -> None:
    """The name of a stage is a hash of all that is in it: the parent's stages have the files in them."""
    assert shipped_text(PACKAGE, "image", "hugetlbfs.patch") in parent_image("dpdk").stages
