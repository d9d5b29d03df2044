"""What the kernel's ESP alone does: each expectation holds as predicted.

All labs that are asked for are brought up in one run of User-Mode Linux (docs/engine.md), whose kernel is built once.
"""

import sys

import pytest

from tests.kinds.ipsec.test_device import HOLDS, ROUTED
from tests.live.compose import compile_lab
from tests.live.machine import HERE, ROOT
from tests.strongswan.scenarios import KERNEL_ESP, LABS

pytestmark = pytest.mark.full

_TOOL = str(ROOT / "tools/user-mode-linux")
_SECONDS = 1800  # for each lab, on a machine that does much else
_NEIGHBOURS = """\
lab neighbours
network n fd00:1::/64
host a { interface on n fd00:1::1 }
host b { interface on n fd00:1::2 ; serve http }
ipsec t { between a and b ; auth psk ; start on traffic }
expect {
  a reaches b tcp/80
  a to b is encrypted on n
  t is up
}
"""
_OWN = {"routed": ROUTED % ("", HOLDS), "neighbours": _NEIGHBOURS}
_NAMES = (*_OWN, *sorted(KERNEL_ESP))


@pytest.fixture(scope="module")
def failures(
    request: pytest.FixtureRequest, engine: str, tmp_path_factory: pytest.TempPathFactory, run_name: str
) -> dict[str, str]:
    """What did not hold, for each lab that a test of this run asks about."""
    folder = tmp_path_factory.mktemp("kernel")
    for name, text in _OWN.items():
        (folder / f"{name}.net").write_text(text)
    names = _asked_for(request)
    sources = [(folder if name in _OWN else LABS) / f"{name}.net" for name in names]
    labs = [compile_lab(one, folder / one.stem, f"{run_name}-{one.stem}", "--closed") for one in sources]
    for lab in labs:
        lab.prepare()
    images = [
        word for image in sorted({one for lab in labs for one in lab.all_images()}) for word in ("--image", image)
    ]
    seconds = _SECONDS * len(names)
    HERE.say(_TOOL, "build", timeout=7200)
    words = (_TOOL, *images, "--share", str(folder), "--seconds", str(seconds), "run")
    program = (sys.executable, "-m", "tests.live.kernel", str(folder), run_name, *map(str, sources))
    done = HERE.run(*words, *program, folder=ROOT, timeout=seconds + 600)
    found = {name: folder / f"{name}.failure" for name in names}
    return {name: file.read_text() if file.exists() else done.stdout + done.stderr for name, file in found.items()}


def _asked_for(request: pytest.FixtureRequest) -> list[str]:
    items = (item for item in request.session.items if isinstance(item, pytest.Function))
    return [item.callspec.id for item in items if item.function is test_each_expectation_holds_as_predicted]


@pytest.mark.parametrize("name", _NAMES)
def test_each_expectation_holds_as_predicted(name: str, failures: dict[str, str]) -> None:
    assert failures[name] == ""
