"""`make fuzz-live LABS=200 SEED=1`: random labs brought up and compared with their predictions.

`--kernel` makes labs for nodes whose kernel has all of ESP. `--without-engine` runs them in namespaces. `--build`
only makes the images or root file systems that labs are run with, and says their names. `--kept` only compares what was
observed before, with the verifier as it is now; `--archived` all labs of the archive, whatever the generator makes of
their seeds now; `--archive` adds to it those that agree. `--regressions` takes the labs that once disagreed. Exit status 1
where something differs.
"""

import argparse
import os
import signal
import sys
from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from types import FrameType

from tests.differential.campaign import Campaign
from tests.differential.generate import generate, generate_for_kernel
from tests.differential.kept import IN_KERNEL, IN_USER_SPACE, archive, archived
from tests.differential.observing import NotCompiled, Observation, built
from tests.differential.regressions import NUMBERS, regression
from tests.differential.report import Tally, line, text, write_differences
from tests.differential.running import InContainers
from tests.differential.spaces import InSpaces


def main() -> int:
    options = _options()
    os.nice(10)
    signal.signal(signal.SIGTERM, _stop)
    made = generate_for_kernel if options.kernel else generate
    ground = InSpaces if options.without_engine else InContainers
    asked = (*range(options.seed, options.seed + options.labs), *options.also)
    if options.build:
        names: set[str] = set()
        for seed in asked:
            with TemporaryDirectory() as folder, suppress(NotCompiled):  # it is told when the lab is asked
                names.update(built(made(seed), Path(folder), ground))
        sys.stdout.write("".join(f"{name}\n" for name in sorted(names)))
        return 0
    archive_of = IN_KERNEL if options.kernel else IN_USER_SPACE
    earlier = {} if options.regressions else {one.seed: one for one in archived(archive_of)}
    campaign = Campaign(options.folder, regression if options.regressions else made, ground, options.patience, earlier)
    seeds = NUMBERS if options.regressions else tuple(dict.fromkeys(asked))
    tally, sources, agreeing = Tally(), dict[int, str](), list[Observation]()
    with campaign.locked():
        try:
            for observation in _observations(campaign, seeds, options):
                sources[observation.seed] = observation.source
                before = tally.troubles
                _say(observation, [line(one) for one in tally.add(observation)], tally)
                if tally.troubles == before:
                    agreeing.append(observation)
        except KeyboardInterrupt:
            sys.stdout.write("stopped; the same command goes on from here\n")
    if options.archive:
        sys.stdout.write(f"{archive(agreeing, archive_of)} labs are archived\n")
    report = text(tally)
    (options.folder / "report.txt").write_text(report)
    write_differences(tally.differences, sources, options.folder / "differences")
    sys.stdout.write(report)
    return 0 if tally.is_clean else 1


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make fuzz-live", description=__doc__)
    parser.add_argument("--labs", type=int, default=200, help="how many")
    parser.add_argument("--seed", type=int, default=1, help="of the first; the others follow")
    parser.add_argument("--also", type=int, nargs="*", default=(), help="more by their numbers: what few labs have")
    parser.add_argument("--minutes", type=float, default=60, help="no lab is begun later")
    parser.add_argument("--side-by-side", type=int, default=2, help="labs up at once")
    parser.add_argument("--patience", type=int, default=1, help="how many times slower nodes are here than elsewhere")
    parser.add_argument("--folder", type=Path, default=Path("build/fuzz-live"), help="where observations are kept")
    parser.add_argument(
        "--regressions", action="store_true", help="those that once disagreed, in a folder of their own"
    )
    parser.add_argument(
        "--kernel", action="store_true", help="labs for nodes whose kernel has ESP, in a folder of their own"
    )
    parser.add_argument("--without-engine", action="store_true", help="nodes are namespaces of this machine")
    parser.add_argument("--build", action="store_true", help="bring nothing up")
    parser.add_argument("--kept", action="store_true", help="bring nothing up")
    parser.add_argument("--archived", action="store_true", help="bring nothing up, and compare the whole archive")
    parser.add_argument("--archive", action="store_true", help="add the labs that agree to the archive")
    options = parser.parse_args()
    if options.regressions:
        options.folder = options.folder / "regressions"
    elif options.kernel:
        options.folder = options.folder / "kernel"
    return options


def _observations(campaign: Campaign, seeds: Sequence[int], options: argparse.Namespace) -> Iterable[Observation]:
    if options.archived:
        return campaign.earlier.values()
    if options.kept:
        return (known for seed in seeds if (known := campaign.known(seed)) is not None)
    return campaign.run(seeds, side_by_side=options.side_by_side, seconds=60 * options.minutes)


def _say(observation: Observation, differing: list[str], tally: Tally) -> None:
    said = observation.failure or f"{len(observation.seen)} flows, {len(differing)} differ"
    sys.stdout.write(f"lab {observation.seed}: {said} ({tally.labs} labs, {tally.flows} flows)\n")
    for text_ in differing[:5]:
        sys.stdout.write(text_ + "\n")
    sys.stdout.flush()


def _stop(number: int, frame: FrameType | None) -> None:
    """TERM is as an interrupt: labs that are up are taken away first."""
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main())
