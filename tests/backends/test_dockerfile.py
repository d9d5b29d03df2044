"""The images: what the Dockerfile and the bake file say of them, and what must never get into them."""

import json
from base64 import b64encode
from pathlib import Path

from netdsl.codegen.contract import Options
from tests.compiling import EXAMPLES, compiled_file, compiled_text
from tests.outputs import dockerfile

LAB = """lab x
network n 10.0.0.0/24
image tools {
  packages iperf3, curl
  platforms arm64
  run "echo \\"\\$HOME\\" > /etc/said"
}
host a { interface on n ; image tools }
host b { interface on n ; image tools }
host c { interface on n }
host d { interface on n ; serve http }
"""


def test_an_image_has_its_packages_its_steps_and_its_platforms(tmp_path: Path) -> None:
    outcome = compiled_text(LAB, tmp_path)
    instructions = list(dockerfile(outcome.text("Dockerfile")))
    stages = [words.split(" AS ")[1] for name, words in instructions if name == "FROM"]
    assert len(stages) == 2, "nodes with the same needs share an image"
    steps = [words for name, words in instructions if name == "RUN"]
    assert [step for step in steps if "iperf3" in step and "curl" in step]
    assert "--network=none " + json.dumps(["sh", "-c", 'echo "$HOME" > /etc/said']) in steps
    targets = json.loads(outcome.text("docker-bake.json"))["target"]
    assert [targets[stage]["platforms"] for stage in stages] == [["linux/arm64"], ["linux/amd64", "linux/arm64"]]


def test_steps_of_an_image_have_a_network_where_the_caller_agrees(tmp_path: Path) -> None:
    """And the image has another name: one that was built without it is not taken for it."""
    without, agreed = (
        list(dockerfile(compiled_text(LAB, tmp_path, options=options).text("Dockerfile")))
        for options in (Options(), Options(has_build_network=True))
    )
    step = json.dumps(["sh", "-c", 'echo "$HOME" > /etc/said'])
    assert [words for name, words in without if name == "RUN" and step in words] == [f"--network=none {step}"]
    assert [words for name, words in agreed if name == "RUN" and step in words] == [step]
    names = [[words.split(" AS ")[1] for name, words in one if name == "FROM"] for one in (without, agreed)]
    assert (names[0][0] != names[1][0], names[0][1]) == (True, names[1][1])


def test_it_is_small_cached_and_asks_nothing(tmp_path: Path) -> None:
    text = compiled_text(LAB, tmp_path).text("Dockerfile")
    instructions = list(dockerfile(text))
    assert instructions[0] == ("ARG", "BASE=debian:trixie-slim")
    assert {words.split()[0] for name, words in instructions if name == "FROM"} == {"${BASE}"}
    installs = [words for name, words in instructions if name == "RUN" and "apt-get install" in words]
    assert len(installs) == 2
    assert all("--mount=type=cache" in step and "-y --no-install-recommends" in step for step in installs)
    assert ("ENV", "DEBIAN_FRONTEND=noninteractive") in instructions
    assert not [words for name, words in instructions if name in ("COPY", "ADD")]
    assert all(f"org.opencontainers.image.{word}=" in text for word in ("title", "description", "base.name", "vendor"))


def test_no_key_and_no_secret_is_in_the_output(tmp_path: Path) -> None:
    """So none can get into an image layer, a label or what Compose prints."""
    outcome = compiled_file(EXAMPLES / "ipsec-corners/lab.net", tmp_path)
    kept = [path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()]
    secrets = (b"PRIVATE KEY", b"Ar3etTnp", b64encode(b"Ar3etTnp"))
    assert [any(secret in content for content in kept) for secret in secrets] == [True, False, True]
    assert outcome.files is not None
    for path, content in outcome.files.items():
        assert not [secret for secret in secrets if secret in content], path
