"""netdsl as a library: what `import netdsl` gives. Nothing here prints, exits or reads a clock but the machine's."""

import errno
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path

from netdsl.codegen.contract import Layout, Options
from netdsl.codegen.home import STORE, claim, home_of
from netdsl.codegen.registry import target_names
from netdsl.codegen.write import Plan
from netdsl.comparing.compare import compare as compared
from netdsl.comparing.paper import paper as on_paper
from netdsl.comparing.paper_types import Paper
from netdsl.comparing.types import Comparison
from netdsl.dataclass import dataclass
from netdsl.diagnostics.core import Diagnostics
from netdsl.diff import Difference, diff
from netdsl.index import TARGETS
from netdsl.ir.lab import Lab
from netdsl.measuring.job import Watch, unwatched
from netdsl.measuring.measurement import Measurement
from netdsl.measuring.prepare import Bench, job_for
from netdsl.measuring.rounds import measure_all
from netdsl.measuring.store import read_run
from netdsl.measuring.types import Run
from netdsl.output import compile_checked, write_output
from netdsl.pipeline.analysis import Checked, check
from netdsl.pipeline.compilation import Begin, Compiled, unannounced
from netdsl.pipeline.mending import with_near_misses
from netdsl.verify import Cell, Esp, Verdict
from netdsl.verify.matrix import matrix
from netdsl.verify.predict import PROBE_SIZE, predict
from netdsl.verify.question import nodes_of, question, service_of, world_of


class LabHasErrors(ValueError):
    """A lab that nothing can be asked of; `diagnostics` say why."""

    def __init__(self, diagnostics: Diagnostics) -> None:
        first = next((found.message for found in diagnostics if found.is_error), "no lab")
        super().__init__(first)
        self.diagnostics = diagnostics


@dataclass(frozen=True, slots=True)
class Result:
    """A compilation: `compiled` is None where `diagnostics` hold an error."""

    diagnostics: Diagnostics
    compiled: Compiled | None


def check_file(path: str | Path, parameters: Mapping[str, str] | None = None, *, is_trusted: bool = True) -> Checked:
    """Analyse a lab; what fails has near misses. `parameters` are texts as of `-D`; without `is_trusted` the lab is a
    stranger's, as of `--untrusted`. Raises OSError where the file cannot be read."""
    return with_near_misses(check(Path(path), parameters, is_trusted=is_trusted), parameters or {})


def compile_file(
    path: str | Path,
    *,
    credentials: str | Path,
    target: str = TARGETS[0],
    parameters: Mapping[str, str] | None = None,
    options: Options | None = None,
    layout: Layout | None = None,
    is_trusted: bool = True,
) -> Result:
    """All files of a target, in memory; the credentials are made and kept in the folder `credentials`. `is_trusted` as in
    `check_file`.

    `layout.credentials` is how the files name that folder, from the one they will be written to (`netdsl.codegen.write`).
    Raises OSError, StoreUnreadable, UnknownTarget, BadOption.
    """
    checked = check(Path(path), parameters, is_trusted=is_trusted)
    compiled = compile_checked(
        checked, target, options or Options(), layout or Layout(), Path(credentials), begin=unannounced
    )
    return Result(checked.diagnostics, compiled)


def verify_file(path: str | Path, parameters: Mapping[str, str] | None = None, *, esp: Esp = Esp.KERNEL) -> Checked:
    """Prove what a lab expects: `summary` has each line with its reason (None where the lab has an error before that),
    `diagnostics` what fails, with near misses, and what is wrong without any `expect`. Raises OSError."""
    return with_near_misses(check(Path(path), parameters, esp=esp), parameters or {}, esp=esp)


def trace_file(
    path: str | Path,
    source: str,
    destination: str,
    service: str | None = None,
    *,
    parameters: Mapping[str, str] | None = None,
    size: int = PROBE_SIZE,
    family: int | None = None,
    down: Iterable[str] = (),
    up: Iterable[str] = (),
    esp: Esp = Esp.KERNEL,
) -> Verdict:
    """What becomes of one packet and of its answer; names as in `netdsl trace`, `size` in bytes, `family` 4 or 6.

    `down`: tunnels, networks and links that are; `up`: tunnels opened by hand. Raises OSError, LabHasErrors, and
    BadQuestion (a ValueError) for a name that the lab does not have.
    """
    world = world_of(_lab(path, parameters), esp=esp, down=down, up=up)
    asked = question(world, source, destination, service, family=family)
    return predict(world, asked.source, asked.destination, asked.service, size=size)


def diff_file(
    before: str | Path,
    after: str | Path,
    *,
    parameters: Mapping[str, str] | None = None,
    parameters_before: Mapping[str, str] | None = None,
    parameters_after: Mapping[str, str] | None = None,
    services: Iterable[str] = (),
    esp: Esp = Esp.KERNEL,
    is_trusted: bool = True,
) -> Difference:
    """What changed from one source to another: who reaches whom, what is encrypted, expected, what the labs are made of.

    `parameters` of both, then those of each. `services`: only these are asked, as in `netdsl diff --service`. Raises
    OSError, LabHasErrors (of the first that has one), BadQuestion (a ValueError) for a word that is no service.
    """
    old, new = (
        check(Path(path), {**(parameters or {}), **(own or {})}, esp=esp, is_trusted=is_trusted)
        for path, own in ((before, parameters_before), (after, parameters_after))
    )
    for checked in (old, new):
        if checked.lab is None:
            raise LabHasErrors(checked.diagnostics)
    return diff(old, new, esp=esp, services=[service_of(one, new.lab) for one in services])


def matrix_file(
    path: str | Path,
    service: str | None = None,
    *,
    parameters: Mapping[str, str] | None = None,
    sources: Iterable[str] | None = None,
    destinations: Iterable[str] | None = None,
    down: Iterable[str] = (),
    up: Iterable[str] = (),
    esp: Esp = Esp.KERNEL,
) -> tuple[Cell, ...]:
    """Every node to every address of every other, by a ping or a service. `sources`, `destinations`: only these nodes,
    patterns or networks. Raises as `trace_file`."""
    world = world_of(_lab(path, parameters), esp=esp, down=down, up=up)
    cells = matrix(
        world,
        None if service is None else service_of(service, world.lab),
        sources=None if sources is None else nodes_of(world.lab, sources),
        destinations=None if destinations is None else nodes_of(world.lab, destinations),
    )
    return tuple(cells)


def paper(
    path: str | Path,
    *,
    targets: Iterable[str] | None = None,
    parameters: Mapping[str, str] | None = None,
    options: Options | None = None,
) -> Paper:
    """What the targets (all of them where none is named) differ in for a lab, before anything is started: traits, limits at
    the lab's places, the digest of what is the same, estimates. Writes nothing. Raises OSError, LabHasErrors (also where an
    expectation does not hold), UnknownTarget, BadOption."""
    checked = check(Path(path), parameters)
    if checked.lab is None or checked.diagnostics.has_errors:
        raise LabHasErrors(checked.diagnostics)
    return on_paper(checked.lab, target_names() if targets is None else tuple(targets), options or Options())


def measure(
    path: str | Path,
    wanted: Measurement | None = None,
    *,
    target: str = TARGETS[0],
    file: str | Path | None = None,
    build: str | Path = "build",
    parameters: Mapping[str, str] | None = None,
    options: Options | None = None,
    watch: Watch = unwatched,
) -> Run:
    """Measure a lab where it runs: rounds as they are `wanted`, each from nothing to nothing. It is compiled into
    LAB/TARGET below the folder `build`, as the command line does.

    `file` keeps the run after each round. `watch` hears each step. In the main thread SIGTERM and SIGHUP end it as Ctrl-C
    does: by KeyboardInterrupt, after all was taken down.

    Raises LabHasErrors, UnknownTarget, CannotRun, BadOption, BadQuestion, FolderBusy, StoreUnreadable, OSError (EEXIST: a
    file of the output was changed by hand), and what `netdsl.measuring.rounds.measure_all` does. A step that fails raises
    nothing: it is one of the round's `troubles`.
    """
    checked, options, wanted = check(Path(path), parameters), options or Options(), wanted or Measurement()
    if checked.lab is None:
        raise LabHasErrors(checked.diagnostics)
    name = checked.lab.name
    home = home_of(Path(build), name, str(path))
    if options.project is None and home != name:
        options = replace(options, project=home)
    output = Path(build) / home / target
    bench = Bench(checked, parameters or {}, target, options, output, None if file is None else Path(file))

    def begin(_: Lab) -> None:
        claim(Path(build), name, str(path))

    with job_for(bench, wanted, lambda: _write(bench, begin)) as job:
        (run,) = measure_all([job], wanted.runs, existing=wanted.existing, watch=watch)
    return run


def _write(bench: Bench, begin: Begin) -> None:
    """Into the folder of the bench, beside that of the credentials."""
    store = bench.folder.parent / STORE
    compiled = compile_checked(bench.checked, bench.target, bench.options, Layout(), store, begin=begin)
    if compiled is None:
        raise LabHasErrors(bench.checked.diagnostics)
    write_output(compiled, bench.folder, bench.options.project, _refuse)


def _refuse(planned: Plan) -> None:
    changed = str(planned.folder / (*planned.foreign, *planned.edited)[0])
    raise FileExistsError(errno.EEXIST, "changed by hand, or not netdsl's", changed)


def compare(runs: Iterable[Run | str | Path]) -> Comparison:
    """Runs of one lab side by side, or their files: medians with bootstrap intervals, what makes them incomparable. Raises
    CannotCompare (a ValueError) for runs of different labs; of a file RunUnreadable, OSError."""
    return compared([one if isinstance(one, Run) else read_run(Path(one)) for one in runs])


def graph_file(
    path: str | Path,
    format: str = "svg",  # noqa: A002 - the verb's word
    parameters: Mapping[str, str] | None = None,
) -> str:
    """A picture of a lab: the text of an SVG, Mermaid, dot or drawio file (`netdsl.graph.FORMATS`). Raises OSError,
    LabHasErrors, and ValueError for a format that there is not."""
    from netdsl.graph import FORMATS, graph_of  # brings igraph, and with it matplotlib where that is: a second

    if format not in FORMATS:
        raise ValueError(f"there is no format `{format}`; there are {', '.join(FORMATS)}")
    return FORMATS[format](graph_of(_lab(path, parameters)))


def _lab(path: str | Path, parameters: Mapping[str, str] | None) -> Lab:
    checked = check(Path(path), parameters)
    if checked.lab is None:
        raise LabHasErrors(checked.diagnostics)
    return checked.lab
