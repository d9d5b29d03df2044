"""What a campaign found: totals, shares of features, the table of deciding hooks, every disagreement."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from netdsl.verify import Hook
from netdsl.verify import Outcome as Predicted
from tests.differential.comparing import Compared, compare, states_that_differ, tunnels_that_differ, world_of
from tests.differential.features import FEATURES, features_of
from tests.differential.observing import Observation

LEAST = 20  # flows in each cell that occurs
SHARE = 0.2  # of the labs, for each feature
PASSING = (0.3, 0.7)  # of the flows


@dataclass(slots=True)
class Tally:
    """Adds observations up; holds no flow but those that differ."""

    labs: int = 0
    flows: int = 0
    passing: int = 0
    features: Counter[str] = field(default_factory=Counter)
    cells: Counter[tuple[Hook | None, Predicted]] = field(default_factory=Counter)
    differences: list[Compared] = field(default_factory=list)
    failures: list[tuple[int, str]] = field(default_factory=list)
    tunnels: Counter[str] = field(default_factory=Counter)
    tunnels_differing: list[str] = field(default_factory=list)

    def add(self, observation: Observation) -> tuple[Compared, ...]:
        """The flows of this lab that differ. What the verifier itself fails at is a failure of the lab."""
        if observation.failure:
            self.failures.append((observation.seed, observation.failure))
            return ()
        try:
            world = world_of(observation)
            compared = tuple(compare(world, observation))
            self.tunnels_differing += tunnels_that_differ(world, observation)
            self.tunnels_differing += states_that_differ(world, observation)
        except Exception as error:  # a defect of the verifier is a finding here, not the end of the campaign
            self.failures.append((observation.seed, f"{type(error).__name__}: {error}"))
            return ()
        self.labs += 1
        self.flows += len(compared)
        self.passing += sum(one.predicted.passes for one in compared)
        self.features.update(features_of(world.lab, observation.source))
        self.cells.update((one.predicted.hook, one.predicted.outcome) for one in compared)
        self.tunnels.update(f"{tunnel.state} {tunnel.start} {tunnel.esp}" for tunnel in observation.tunnels)
        differing = tuple(one for one in compared if not one.agrees)
        self.differences += differing
        return differing

    @property
    def share_passing(self) -> float:
        return self.passing / self.flows if self.flows else 0.0

    @property
    def troubles(self) -> int:
        return len(self.differences) + len(self.failures) + len(self.tunnels_differing)

    @property
    def is_clean(self) -> bool:
        return not self.troubles

    def rare_features(self) -> list[str]:
        return [feature for feature in FEATURES if self.features[feature] < SHARE * self.labs]

    def thin_cells(self) -> list[tuple[Hook | None, Predicted]]:
        return [cell for cell, count in self.cells.items() if count < LEAST]


def text(tally: Tally) -> str:
    agreeing = tally.flows - len(tally.differences)
    lines = [
        f"{tally.labs} labs, {tally.flows} flows: {agreeing} agree, {len(tally.differences)} differ,"
        f" {len(tally.failures)} labs could not be compared",
        f"predicted to pass: {tally.share_passing:.0%} (meant: {PASSING[0]:.0%} to {PASSING[1]:.0%})",
        "",
        *_table(tally),
        "",
        f"features, share of the labs (meant: {SHARE:.0%} each)",
    ]
    extra = sorted(set(tally.features) - set(FEATURES))
    for feature in (*FEATURES, *extra):
        share = tally.features[feature] / tally.labs if tally.labs else 0.0
        lines.append(f"  {share:5.0%} {feature}{'  (rare)' if feature in tally.rare_features() else ''}")
    lines += ["", "ends of tunnels (state, start, ESP)"]
    lines += [f"  {count:5} {kind}" for kind, count in sorted(tally.tunnels.items())]
    lines += [f"lab {seed} could not be compared: {reason}" for seed, reason in tally.failures]
    lines += tally.tunnels_differing
    lines += [line(one) for one in tally.differences]
    return "\n".join(lines) + "\n"


def line(one: Compared) -> str:
    origin = f" ({one.predicted.origin})" if one.predicted.origin is not None else ""
    said = one.predicted
    return (
        f"lab {one.seed}: {one.flow}: {one.difference}\n"
        f"    predicted: {said.outcome} at {said.node} {said.hook}: {said.reason}{origin}\n"
        f"    seen:      {one.seen.outcome} {one.seen.detail}"
    )


def _table(tally: Tally) -> list[str]:
    """Deciding hook by predicted outcome."""
    outcomes = [outcome for outcome in Predicted if any(cell[1] is outcome for cell in tally.cells)]
    hooks = [hook for hook in (*Hook, None) if any(cell[0] is hook for cell in tally.cells)]
    width = max((len(outcome) for outcome in outcomes), default=0) + 2
    lines = ["decided at".ljust(14) + "".join(outcome.rjust(width) for outcome in outcomes)]
    for hook in hooks:
        counts = [tally.cells.get((hook, outcome)) for outcome in outcomes]
        lines.append(str(hook or "-").ljust(14) + "".join(str(count or ".").rjust(width) for count in counts))
    lines += [f"thin: {hook} {outcome}: {tally.cells[hook, outcome]}" for hook, outcome in tally.thin_cells()]
    return lines


def write_differences(differences: Iterable[Compared], sources: dict[int, str], folder: Path) -> None:
    """`SEED.net` with its lab and `SEED.txt` with its flows; what was there before goes."""
    folder.mkdir(parents=True, exist_ok=True)
    for path in folder.iterdir():
        path.unlink()
    for one in differences:
        (folder / f"{one.seed}.net").write_text(sources[one.seed])
        with (folder / f"{one.seed}.txt").open("a") as out:
            out.write(line(one) + "\n")
