"""Reading a target's files back with other parsers than the code that wrote them. Each function fails where a file cannot
be read, and gives what it says."""

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath

import jsonschema_rs
import yaml

from netdsl.codegen.contract import Artifact, Emission
from netdsl.codegen.manifest import manifest_artifact
from netdsl.codegen.write import commit, plan
from tests import vagrantfile

Tree = dict[str, "str | Tree"]
"""A strongSwan file: sections and settings by name."""

FIELDS = {
    "interfaces.tsv": 3,
    "files.tsv": 4,
    "sysctl.tsv": 2,
    "services.tsv": 5,
    "tunnels.tsv": 10,
    "parents.tsv": 3,
    "digests.tsv": 3,
    "networks.tsv": 2,
}
"""Fields of each table, as netdsl/payload/README.md has them."""

MACHINE = {
    "guest/mgmt.range": r"\d+(\.\d+){3}/\d+\n",
    "nodes/*/image": r"[a-z0-9][a-z0-9-]*\n",
    "nodes/*/capabilities.conf": r"\[Service\]\nCapabilityBoundingSet=(CAP_[A-Z_]+( CAP_[A-Z_]+)*)?\n",
    "nodes/*/uplink": r"[0-9a-f]{2}(:[0-9a-f]{2}){5}\n",
    "images/*/online": r"",
    "images/*/packages": r"([a-z0-9][a-z0-9+.-]+\n)*",
}
"""The form of each small file in `machine/` that differs between labs (backends/vagrant/README.md): shell, nft and systemd
read them."""

_WORD = r"[^\s\"';{}$`\\]+"
_COMMANDS = "link set|link add|address add|route replace|neighbour replace|xfrm state add"
_BATCH = re.compile(rf"(?:{_COMMANDS})(?: (?:{_WORD}|rfc4106\(gcm\(aes\)\)))+")


def read_all(files: Mapping[str, bytes]) -> None:
    """Every file of an output, each by its own parser; a path that leaves the folder is a failure too."""
    for path, content in files.items():
        pure = PurePosixPath(path)
        assert not pure.is_absolute()
        assert ".." not in pure.parts
        assert path.isprintable()
        assert pure.as_posix() == path
        for pattern, form in MACHINE.items():
            if pure.parts[0] == "machine" and pure.match(f"machine/{pattern}"):
                assert re.fullmatch(form, content.decode(), re.ASCII), (path, content)
        if not {"files", "lab", "run", "guest"} & set(pure.parts):
            _read_one(pure.name, content)


def _read_one(name: str, content: bytes) -> None:
    if name in FIELDS or name.endswith(".conntrack"):
        table(content, FIELDS.get(name, 5))
    elif name == "swanctl.conf":
        strongswan(content.decode())
    elif name.endswith(".batch"):
        batch(content)
    elif name.endswith(".nft"):
        nft_strings(content.decode())
    elif name == "compose.yaml":
        compose(content)
    elif name == "Vagrantfile":
        vagrantfile.read(content.decode())
    elif name == "docker-bake.json":
        json.loads(content)
    elif name == "Dockerfile":
        list(dockerfile(content.decode()))


_COMPOSE = jsonschema_rs.validator_for(
    json.loads(Path(__file__).with_name("compose-spec.json").read_text(encoding="utf-8"))
)


def compose(content: bytes) -> dict[str, dict[str, dict[str, object]]]:
    """The project as PyYAML reads it (YAML 1.1, merge keys resolved), validated by the compose-spec's schema (compose-go
    2.4.8, Apache-2.0)."""
    document: dict[str, dict[str, dict[str, object]]] = yaml.load(content, Loader=yaml.CSafeLoader)
    _COMPOSE.validate(document)
    assert {"name", "services"} <= document.keys() <= {"name", "services", "networks", "x-node"}
    return document


def plain(text: str) -> str:
    """A string of compose.yaml as Compose hands it on; every `$` in it must be doubled."""
    assert "$" not in text.replace("$$", ""), f"{text!r} would be interpolated"
    return text.replace("$$", "$")


def table(content: bytes, fields: int) -> list[list[str]]:
    """A tab-separated file: each line a record with exactly this many fields, none empty."""
    text = content.decode()
    assert text == "" or text.endswith("\n")
    assert "\r" not in text
    assert "\0" not in text
    records = [line.split("\t") for line in text.split("\n")[:-1]]
    for record in records:
        assert len(record) == fields, record
        assert all(record), record
    return records


def batch(content: bytes) -> list[str]:
    """Lines for `ip -batch`: words between blanks, nothing quoted, no other command than those that are meant."""
    lines = content.decode().splitlines()
    for line in lines:
        assert _BATCH.fullmatch(line), line
    return lines


_NFT = re.compile(r'"([^"\n]*)"|[^"]')


def nft_strings(text: str) -> list[str]:
    """The strings of a rule set; braces outside of them balance. nft's strings know no escape."""
    depth = 0
    found: list[str] = []
    for match in _NFT.finditer(text):
        if match[1] is not None:
            found.append(match[1])
            assert match[1].isprintable()
            continue
        depth += {"{": 1, "}": -1}.get(match[0], 0)
        assert depth >= 0
    assert depth == 0
    assert text.count('"') == 2 * len(found)
    return found


# --- strongSwan: the states of settings_lexer.l, the rules of settings_parser.y

_OUTSIDE = re.compile(r"[\t\r ]+|(?P<comment>\#[^\n]*)|(?P<end>\n)|(?P<mark>[{}=])|(?P<name>[^#{}=\"\r\n\t ]+)")
_VALUE = re.compile(r"[\t\r ]+|(?P<over>[#}\n])|\"(?P<string>(?:[^\\\"]|\\(?:.|\n))*)\"|(?P<word>[^#}\"\r\n\t ]+)")
_ESCAPED = re.compile(r"\\(\n|.)|\r", re.DOTALL)


def strongswan(text: str) -> Tree:
    """A file of strongSwan's, by its grammar: `name { … }`, `name = words "or a string"`, `include file`."""
    tree: Tree = {}
    opened: list[Tree] = [tree]
    names: list[str] = []
    at = 0
    while at < len(text):
        match = _OUTSIDE.match(text, at)
        assert match is not None, f"unexpected {text[at : at + 20]!r}"
        at = match.end()
        if (name := match["name"]) is not None:
            names.append(name)
        elif match["mark"] == "=":
            (key,) = names
            names = []
            value, at = _value(text, at)
            assert key not in opened[-1], f"{key} twice"
            opened[-1][key] = value
        elif match["mark"] == "{":
            (key,) = names
            names = []
            section: Tree = {}
            assert key not in opened[-1], f"{key} twice"
            opened[-1][key] = section
            opened.append(section)
        elif match["mark"] == "}" or match["end"]:
            if names:
                assert names == ["include", "secrets.conf"], names
                opened[-1]["include"] = names[1]
                names = []
            if match["mark"]:
                opened.pop()
                assert opened
    assert not names
    assert len(opened) == 1, "a section is not closed"
    return tree


def _value(text: str, at: int) -> tuple[str, int]:
    words: list[str] = []
    while at < len(text):
        match = _VALUE.match(text, at)
        assert match is not None, f"unexpected {text[at : at + 20]!r}"
        if match["over"]:
            break
        at = match.end()
        if match["string"] is not None:
            words.append(_ESCAPED.sub(_unescape, match["string"]))
        elif match["word"]:
            words.append(match["word"])
    return " ".join(words), at


def _unescape(match: re.Match[str]) -> str:
    return {"n": "\n", "r": "\r", "t": "\t", "\n": "", None: ""}.get(match[1], match[1] or "")


def settings(tree: Tree, name: str) -> Iterator[str]:
    """All values of a setting, at any depth."""
    for key, value in tree.items():
        if isinstance(value, dict):
            yield from settings(value, name)
        elif key == name:
            yield value


# --- Dockerfile: lines, those that end with a backslash joined; exec forms are JSON

_INSTRUCTION = re.compile(r"(ARG|FROM|ENV|WORKDIR|COPY|ONBUILD|RUN|LABEL|ENTRYPOINT|CMD) (.+)", re.DOTALL)


def dockerfile(text: str) -> Iterator[tuple[str, str]]:
    """The instructions, in order, without here-documents.

    No directive (`# syntax=`, `# escape=`) may stand at the file's head.
    """
    assert not re.match(r"#\s*(syntax|escape|check)\s*=", text)
    pending, documents = "", list[str]()
    for line in text.split("\n"):
        if documents:
            documents = documents[1:] if line == documents[0] else documents
            continue
        if not pending and (not line.strip() or line.startswith("#")):
            continue
        if line.endswith("\\"):
            pending += line[:-1]
            continue
        match = _INSTRUCTION.fullmatch(pending + line)
        assert match is not None, pending + line
        pending = ""
        exec_form = match[2].removeprefix("--network=none ")
        if exec_form.startswith("["):
            assert all(isinstance(word, str) for word in json.loads(exec_form))
        yield match[1], match[2]
        documents = re.findall(r'<<"([\w.]+)"', match[2]) if match[1] == "COPY" else []
    assert not pending
    assert not documents


def write_output(folder: Path, files: Mapping[str, bytes]) -> None:
    """An output folder with these files, and a manifest that lists them."""
    emission = Emission("x", tuple(Artifact(path, content) for path, content in files.items()))
    commit(plan((*emission.artifacts, manifest_artifact(emission, "x", {})), folder))
