"""Which phases a program's marks make of its life.  Pure: names in, refusals out."""

from __future__ import annotations

from typing import Final

from attrs import define, field

from tcperf.errors import NodeError
from tcperf.keys import NAME_RULE, is_name
from tcperf.nodes.witness import quote

#: The phase that is the whole life, whatever marks there are.
WHOLE: Final = "run"
#: A server keeps every key it has ever seen: no build may make them by the hundred.
MOST: Final = 15


class RefusedMarkError(NodeError):
    """A mark that cannot be taken: what follows would be counted under a wrong name."""


@define
class Timeline:
    """The names of the phases so far, in their order; ``open`` is the present one's, "" where there is none."""

    open: str = ""
    names: list[str] = field(factory=list)

    def mark(self, name: str) -> None:
        """The open phase ends, and the phase ``name`` begins; none, where that is "".

        Each phase is one stretch, so a name comes once.  Raises RefusedMarkError, and changes nothing.
        """
        if name:
            self._check(name)
            self.names.append(name)
        self.open = name

    def _check(self, name: str) -> None:
        if not is_name(name):
            raise RefusedMarkError(
                f"the phase name {quote(name)} does not fit", cure=f"a name is {NAME_RULE}"
            )
        if name == WHOLE:
            raise RefusedMarkError(
                f"a phase is marked {WHOLE}, which is the whole life", cure="give it another name"
            )
        if name in self.names:
            raise RefusedMarkError(
                f"the phase {name} is marked twice", cure=f"number them, such as {name[:21]}_2"
            )
        if len(self.names) >= MOST:
            raise RefusedMarkError(f"more than {MOST} phases are marked", cure="mark fewer, longer ones")
