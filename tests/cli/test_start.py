"""What a verb loads before it works: the time of a small lab is mostly that."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
_RUN = """
import sys
from netdsl.cli.main import netdsl
netdsl.main(["check", sys.argv[1]], standalone_mode=False)
print(*sys.modules)
"""
_OF_OTHER_VERBS = {
    "cryptography",
    "igraph",
    "jinja2",
    "jsonschema_rs",
    "msgspec",
    "python_on_whales",
    "rich",
    "ruamel",
    "yaml",
}
_OF_OTHER_STAGES = {"codegen", "credentials", "payload", "runtime", "testing"}
_OF_BACKENDS = ("backend", "driver", "meter", "part")  # not `services`: what can be served is part of the language


def test_a_verb_on_a_running_lab_loads_no_compiler() -> None:
    text = """
import sys
import netdsl.cli.exec_verb
from netdsl.codegen.registry import driver_of
for target in ("compose", "vagrant"):
    driver_of(target)
print(*sys.modules)
"""
    done = subprocess.run([sys.executable, "-c", text], capture_output=True, text=True, check=True)
    rooms = {name.split(".")[1] for name in done.stdout.split() if name.startswith("netdsl.")}
    assert not rooms & {"syntax", "semantics", "lower", "packets", "verify", "pipeline", "credentials", "testing"}
    assert not {name.partition(".")[0] for name in done.stdout.split()} & {
        "lark",
        "jinja2",
        "yaml",
        "cryptography",
        "python_on_whales",
    }


def test_a_check_loads_no_stage_or_library_that_only_other_verbs_need() -> None:
    lab = ROOT / "examples" / "dmz" / "lab.net"
    loaded = subprocess.run(
        [sys.executable, "-c", _RUN, lab], capture_output=True, text=True, check=True
    ).stdout.split()
    assert "netdsl.verify" in loaded
    assert not {name.partition(".")[0] for name in loaded} & _OF_OTHER_VERBS
    assert not {name.split(".")[1] for name in loaded if name.startswith("netdsl.")} & _OF_OTHER_STAGES
    assert not [name for name in loaded if name.startswith("netdsl.backends.") and name.endswith(_OF_BACKENDS)]
