"""The page in a real browser: nothing is fetched or refused, nothing is wider than a phone, files come out as they went in.

Fails where there is no browser: tools/browser install.
"""

import csv
import gzip
import json
import re
import time
from collections.abc import Iterator
from io import StringIO
from pathlib import Path

import pytest

from netdsl.measuring.store import read_run
from netdsl.report import page
from tests.report import made_up
from tests.report.browser import Browser, browsing
from tests.report.test_page import HOSTILE, hostile

pytestmark = pytest.mark.slow
DRAWING = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 900 300"><style>rect{fill:#036}</style>'
    '<rect width="900" height="300"/></svg>'
)


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("report") / "report.html"
    file.write_text(page(made_up.comparison(), made_up.paper(), DRAWING), encoding="utf-8")
    return file


@pytest.fixture(scope="module")
def chromium(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    with browsing(tmp_path_factory.mktemp("browser")) as browser:
        yield browser


@pytest.fixture
def browser(chromium: Browser) -> Browser:
    chromium.seen.clear()
    return chromium


def _await_file(path: Path) -> bytes:
    for _ in range(600):
        if path.exists():
            return path.read_bytes()
        time.sleep(0.1)
    pytest.fail(f"{path.name} was not saved; there is {sorted(one.name for one in path.parent.iterdir())}")


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("width", [320, 360, 1100])
def test_it_fits_and_asks_for_nothing(browser: Browser, report: Path, width: int, dark: bool) -> None:
    browser.open(report, width=width, dark=dark)
    assert browser.value("document.documentElement.scrollWidth") == width
    assert browser.complaints() == []
    assert browser.requests() == []
    assert browser.value("document.images[0].naturalWidth > 0") is True


def test_the_topology_fits_a_phone_and_can_be_enlarged(browser: Browser, report: Path) -> None:
    browser.open(report, width=390)
    scroll = "document.querySelector('.topology .scroll')"
    assert browser.value(f"{scroll}.scrollWidth - {scroll}.clientWidth") == 0
    browser.value("document.querySelector('.topology input').click()")
    assert browser.value("document.images[0].width") == 900
    assert browser.value("document.documentElement.scrollWidth") == 390
    browser.open(report, width=1100)
    assert browser.value("document.querySelector('.topology input').getClientRects().length") == 0


def test_the_policy_would_stop_a_page_that_fetches_or_runs_something_else(
    browser: Browser, report: Path, tmp_path: Path
) -> None:
    """The control of the test above: what is refused is seen, and so is what is fetched."""
    file = tmp_path / "changed.html"
    added = '<img src="http://127.0.0.1:9/x.png"><script>document.title = "run"</script><p style="color:red">x</p>'
    text = report.read_text(encoding="utf-8").replace("<footer>", f"{added}<footer>")
    file.write_text(text, encoding="utf-8")
    browser.open(file)
    assert len([one for one in browser.complaints() if "Content Security Policy" in one]) == 3
    assert browser.value("document.title") != "run"
    browser.seen.clear()
    file.write_text(text.replace("Content-Security-Policy", "X-Nothing"), encoding="utf-8")
    browser.open(file)
    assert browser.requests() == ["http://127.0.0.1:9/x.png"]
    assert browser.value("document.title") == "run"


def test_labels_of_plots_can_be_read_on_a_phone(browser: Browser, report: Path) -> None:
    browser.open(report, width=360)
    heights = browser.value(
        "[...document.querySelectorAll('svg.plot text')].map(t => t.getBoundingClientRect().height)"
    )
    assert isinstance(heights, list)
    assert min(heights) > 10


def test_no_label_of_a_plot_is_cut_off(browser: Browser, report: Path) -> None:
    browser.open(report, width=1100)
    outside = browser.value(
        """[...document.querySelectorAll('svg.plot')].flatMap(plot => {
             const box = plot.closest('figure').getBoundingClientRect();
             return [...plot.querySelectorAll('text')].filter(text => {
               const own = text.getBoundingClientRect();
               return own.left < box.left - 1 || own.right > box.right + 1;
             }).map(text => text.textContent);
           })"""
    )
    assert outside == []


def test_dark_is_dark_and_light_is_light(browser: Browser, report: Path) -> None:
    ground = "getComputedStyle(document.body).backgroundColor"
    bar = "getComputedStyle(document.querySelector('svg.plot .s-c0')).stroke"
    browser.open(report)
    assert (browser.value(ground), browser.value(bar)) == ("rgb(246, 247, 248)", "rgb(0, 114, 178)")
    browser.open(report, dark=True)
    assert (browser.value(ground), browser.value(bar)) == ("rgb(16, 20, 25)", "rgb(86, 180, 233)")


def test_text_stands_out_from_what_is_behind_it(browser: Browser, report: Path) -> None:
    """WCAG 2.2, 1.4.3: 4.5 to 1; 1.4.11 for what is drawn: 3 to 1."""
    for dark in (False, True):
        browser.open(report, dark=dark)
        names = ("ink", "muted", "link", "warn-ink", *(f"c{number}" for number in range(6)))
        colours = browser.value(
            f"{json.dumps([*names, 'paper', 'ground', 'warn'])}.map("
            "name => getComputedStyle(document.documentElement).getPropertyValue('--' + name))"
        )
        assert isinstance(colours, list)
        *fore, paper, ground, warn = map(_luminance, colours)
        for name, one in zip(names, fore, strict=True):
            behind = (warn,) if name == "warn-ink" else (paper, ground)
            least = 3 if name.startswith("c") else 4.5
            assert all(_contrast(one, other) >= least for other in behind), (name, dark)


def _luminance(colour: object) -> float:
    found = re.fullmatch(r"\s*#([0-9a-f]{6})\s*", str(colour))
    assert found, colour
    parts = [int(found[1][place : place + 2], 16) / 255 for place in (0, 2, 4)]
    red, green, blue = (one / 12.92 if one <= 0.04045 else ((one + 0.055) / 1.055) ** 2.4 for one in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _contrast(one: float, other: float) -> float:
    return (max(one, other) + 0.05) / (min(one, other) + 0.05)


def test_the_button_gives_the_run_as_it_was_measured(browser: Browser, report: Path, tmp_path: Path) -> None:
    browser.save_to(tmp_path)
    browser.open(report)
    browser.value("document.querySelector('button[data-run=run-2]').click()")
    _await_file(tmp_path / "site-to-site-2-vagrant-emulated.json")
    assert read_run(tmp_path / "site-to-site-2-vagrant-emulated.json") == made_up.machines()
    assert browser.complaints() == []


def test_every_sample_is_a_line_of_the_csv(browser: Browser, report: Path, tmp_path: Path) -> None:
    browser.save_to(tmp_path)
    browser.open(report)
    browser.value("document.querySelector('button[data-samples]').click()")
    lines = list(csv.DictReader(StringIO(_await_file(tmp_path / "site-to-site-samples.csv").decode())))
    times = [float(one["value"]) for one in lines if one["what"] == "latency" and one["run"] == "compose"]
    assert times == [time for turn in made_up.containers().rounds for one in turn.latencies for time in one.times]
    assert {one["what"] for one in lines} >= {
        "boot fresh up",
        "cpu",
        "disk base",
        "memory pss",
        "throughput lost",
        "teardown",
    }


def test_without_scripts_it_is_whole_and_a_link_gives_the_data(browser: Browser, report: Path, tmp_path: Path) -> None:
    browser.save_to(tmp_path)
    browser.open(report, scripts=False)
    assert browser.value("[...document.querySelectorAll('button')].every(b => !b.checkVisibility())") is True
    browser.value("document.querySelector('a[download]').click()")
    packed = _await_file(tmp_path / "site-to-site-1-compose.json.gz")
    (tmp_path / "run.json").write_bytes(gzip.decompress(packed))
    assert read_run(tmp_path / "run.json") == made_up.containers()


def test_it_prints_on_a4_in_light(browser: Browser, report: Path) -> None:
    browser.open(report, dark=True)
    printed = browser.pdf()
    boxes = set(re.findall(rb"/MediaBox \[0 0 ([\d.]+) ([\d.]+)\]", printed))
    assert [(round(float(width)), round(float(height))) for width, height in boxes] == [(595, 842)]
    assert 6 <= len(re.findall(rb"/Type /Page\b", printed)) <= 20


def test_nothing_hostile_runs(browser: Browser, tmp_path: Path) -> None:
    file = tmp_path / "hostile.html"
    file.write_text(page(hostile(" ".join(HOSTILE)), None, None), encoding="utf-8")
    browser.open(file, width=360)
    assert browser.complaints() == []
    assert browser.requests() == []
    assert browser.value("document.documentElement.scrollWidth") == 360
    assert browser.value("document.querySelectorAll('script').length") == 3
