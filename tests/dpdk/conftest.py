"""The image of functions with a data plane of their own, built from the stages of a lab's Dockerfile.

A first build takes minutes.
"""

import subprocess
from collections.abc import Callable

import pytest

from netdsl.codegen.images import BASE
from netdsl.codegen.parents import parent_image
from tests.live.machine import HERE

IMAGE, UNPATCHED, TOOLS = "netdsl-dpdk-test", "netdsl-dpdk-test-unpatched", "netdsl-dpdk-test-tools"

_WITHOUT_THE_PATCH = """
FROM netdsl-dpdk-build AS unpatched-build
RUN cd /netdsl && patch -d dpdk -R -p1 <hugetlbfs.patch && ninja -C build app/dpdk-testpmd
FROM netdsl-dpdk AS unpatched
COPY --from=unpatched-build /netdsl/build/app/dpdk-testpmd /usr/local/bin/
"""

Build = Callable[[str, str], str]
"""Of a stage, with a tag: the tag."""


@pytest.fixture(scope="session")
def build() -> Build:
    if HERE.run("docker", "version", timeout=30).returncode:
        pytest.fail("no Docker Engine answers (tools/engine install, tools/engine start)")
    parent = parent_image("dpdk")
    text = "\n".join((f"ARG BASE={BASE}", *parent.arguments, parent.stages, _WITHOUT_THE_PATCH))

    def built(stage: str, tag: str) -> str:
        words = ("docker", "build", "--quiet", "--target", stage, "--tag", tag, "-")
        done = subprocess.run(words, input=text, capture_output=True, text=True, timeout=3000, check=False)
        assert done.returncode == 0, done.stderr
        return tag

    return built


@pytest.fixture(scope="session")
def image(build: Build) -> str:
    return build("netdsl-dpdk", IMAGE)


@pytest.fixture(scope="session")
def unpatched(build: Build) -> str:
    """The same programs, built without the patch of the Environment Abstraction Layer."""
    return build("unpatched", UNPATCHED)


@pytest.fixture(scope="session")
def tools(build: Build) -> str:
    """The stage that builds: a compiler, and the gateway's source."""
    return build("netdsl-dpdk-build", TOOLS)
