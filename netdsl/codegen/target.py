"""What a target is: what makes a lab's files for a runtime, what the runtime can do, what runs and measures a lab there."""

from collections.abc import Callable
from dataclasses import field

from netdsl.codegen.abilities import Abilities
from netdsl.codegen.contract import Backend, Options
from netdsl.codegen.support import check_abilities
from netdsl.dataclass import dataclass
from netdsl.diagnostics.core import Diagnostics
from netdsl.ir.lab import Lab
from netdsl.runtime.driver import Driver
from netdsl.runtime.meter import Meter


@dataclass(frozen=True, slots=True)
class Target:
    """`name` is the word for `--target`; `backends` make the files, in this order.

    `driver` and `meter` return what runs and measures a lab, None where there is none. They are called when a lab is run
    and not when it is compiled, and import what the runtime needs only then.
    """

    name: str
    backends: tuple[Backend, ...]
    abilities: Abilities
    driver: Callable[[], Driver] | None = field(default=None, repr=False)
    meter: Callable[[], Meter] | None = field(default=None, repr=False)

    def check_support(self, lab: Lab, options: Options, diagnostics: Diagnostics) -> bool:
        """Report, at the user's line, what this target cannot do: by its abilities, then by each of its backends.

        Whether the lab's settings can be read; if not, no backend is asked. Raises BadOption.
        """
        is_readable = check_abilities(self.name, self.abilities, lab, options, diagnostics)
        if is_readable:
            for backend in self.backends:
                backend.check_support(lab, options, diagnostics)
        return is_readable
