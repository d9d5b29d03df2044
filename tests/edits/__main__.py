"""`make fuzz-edits EDITS=100 SEED=1 MINUTES=60`: a running lab brought through random edits of its source, each compared
with a fresh lab of the same source.

It goes on where it stopped: an edit that was found right is not made again. What is wrong is told in the folder, with both
sources. Exit status 1 where anything is.
"""

import signal
import sys
import time
from pathlib import Path
from types import FrameType

from tests.edits.campaign import Campaign, Kept, Outcome
from tests.edits.generate import following, steps
from tests.edits.grounds import GROUNDS
from tests.fuzz.options import options_of


def main() -> int:
    parser = options_of("fuzz-edits", "edits", __doc__, count=100)
    parser.add_argument("--target", choices=GROUNDS, default="compose")
    parser.add_argument("--base", default="", help="a lab of tests/edits/labs [base, in machines `machines`]")
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, _stop)
    base = options.base or ("machines" if options.target == "vagrant" else "base")
    folder: Path = options.folder / f"{options.target}-{base}-{options.seed}"
    campaign = Campaign(folder, GROUNDS[options.target])
    until = time.monotonic() + 60 * options.minutes
    with campaign.locked():
        kept = Kept(folder)
        wrong = 0
        sequence = steps(base, options.seed, options.edits)
        before, step = None, next(sequence, None)
        try:
            while step is not None and (kept.can_be(before, step) is not None or time.monotonic() < until):
                can_be = kept.can_be(before, step)
                if can_be is None:
                    outcome = campaign.run(before, step)
                    kept.add(before, outcome)
                    _say(outcome)
                    wrong += bool(outcome.differences)
                    can_be = not outcome.left_out
                before = step if can_be else before
                step = following(sequence, can_be)
        except KeyboardInterrupt:
            sys.stdout.write("stopped; the same command goes on from here\n")
    right = sum(not record["left out"] for record in kept.known.values())
    text = f"{right} of {options.edits + 1} sources run as a fresh lab of them; {wrong} do not"
    sys.stdout.write(f"{text}; {len(kept.known) - right} others could not come up\n")
    return 1 if wrong else 0


def _say(outcome: Outcome) -> None:
    step, (one, two, three) = outcome.step, outcome.seconds
    sys.stdout.write(f"edit {step.number}: {step.what}\n")
    ran_on = f"{outcome.kept} of {outcome.of} nodes ran on"
    sys.stdout.write(f"  {one:.1f} s, fresh {two:.1f} s, compared in {three:.1f} s; {ran_on}\n")
    if outcome.left_out:
        sys.stdout.write(f"  left out, neither comes up: {' '.join(outcome.left_out.split())[-300:]}\n")
    for line in outcome.differences[:12]:
        sys.stdout.write(f"  {line[:300]}\n")
    sys.stdout.flush()


def _stop(number: int, frame: FrameType | None) -> None:
    """TERM is as an interrupt: labs that are up are taken away first."""
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main())
