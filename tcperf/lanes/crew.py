"""A crew that plays up to N assignments side by side, each in a process and a network of its own."""

from __future__ import annotations

import selectors
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Final, Self

from tcperf import events
from tcperf.clock import Deadline
from tcperf.crew import Performance
from tcperf.errors import MachineError, NothingMeasuredError
from tcperf.interrupts import Interrupts
from tcperf.lanes.lane import WORKER, Lane, LaneLostError
from tcperf.lanes.messages import Message, assignment_document, error_of, event_of
from tcperf.lanes.rendezvous import Rendezvous
from tcperf.lanes.setup import Setup, to_document
from tcperf.plan import Assignment
from tcperf.probes.machine import usable_cpus
from tcperf.results import run_of

#: A worker answers within a millisecond where it can; a machine that swaps may take many seconds.
_SILENCE_S: Final = 60.0
#: Ending a run that is broken off takes as long as its nodes need for SIGKILL, and the network for its end.
_END_S: Final = 15.0
#: Lanes that send at the very same moments are in each other's way.  Multiples of this lie apart on the grids of
#: scenarios' steps and nodes' timers (0.3, 0.5, 1 and 2 s).
_STAGGER_S: Final = 0.35


def _nothing(_text: str) -> None:
    """What is said to nobody."""


class LaneCrew:
    """A ``tcperf.crew.Crew`` of ``lanes`` workers; each is started when it gets its first assignment.

    ``say`` gets what scenarios print in the workers, a line at a time.  Not more than ``abreast`` lanes make accounts
    and connect at once (None: one more than there are cores): it is all computation, and a node has but so much
    time for it.  A worker that dies, or gives no sign for
    ``silence_s``, is an error of its assignment, and replaced when there is another one for its lane.  A run's
    ``order`` counts the runs of its worker.  ``module`` is the program of a worker.
    """

    def __init__(
        self,
        lanes: int,
        setup: Setup,
        observer: events.Observer,
        interrupts: Interrupts,
        *,
        say: Callable[[str], object] = _nothing,
        abreast: int | None = None,
        silence_s: float = _SILENCE_S,
        module: str = WORKER,
    ) -> None:
        self._number = lanes
        self._setup = to_document(setup)
        self._observer = observer
        self._interrupts = interrupts
        self._say = say
        self._abreast = (usable_cpus() or 1) + 1 if abreast is None else abreast
        self._silence_s = silence_s
        self._module = module
        self._lanes: dict[int, Lane] = {}

    @property
    def lanes(self) -> int:
        """How many assignments a round may have."""
        return self._number

    @property
    def pids(self) -> Mapping[int, int]:
        """The process id of each lane's worker that was started and not given up."""
        return {number: lane.pid for number, lane in self._lanes.items()}

    def play(self, assignments: Sequence[Assignment]) -> list[Performance]:
        """Play a round; what became of each assignment, in their order.

        Raises ValueError where two assignments have one lane, or a lane is none of the crew's.
        """
        numbers = [assignment.lane for assignment in assignments]
        if len(set(numbers)) < len(numbers) or not set(numbers) <= set(range(self._number)):
            raise ValueError(f"a round for the lanes {numbers}, and there are {self._number}")
        try:
            played = self._play(assignments)
        except BaseException:
            self.close()
            raise
        return played

    def _play(self, assignments: Sequence[Assignment]) -> list[Performance]:
        errors: dict[int, NothingMeasuredError] = {}
        for assignment in assignments:
            try:
                self._man(assignment.lane)
            except MachineError as error:
                errors[assignment.lane] = error
        manned = [assignment for assignment in assignments if assignment.lane not in errors]
        with _Round(self._lanes, manned, self._observer, self._abreast, self._silence_s) as played:
            found = played.play()
        self._tidy(assignments)
        return [
            found.get(assignment.lane) or Performance(assignment, None, error=errors[assignment.lane])
            for assignment in assignments
        ]

    def _man(self, number: int) -> None:
        """Have a living worker in a lane."""
        lane = self._lanes.get(number)
        if lane is not None and not lane.is_alive:
            self._give_up(lane)
        if number not in self._lanes:
            self._lanes[number] = Lane(number, self._setup, self._module)

    def _tidy(self, assignments: Sequence[Assignment]) -> None:
        """Pass on what was printed, and give up the workers that were lost."""
        for lane in [self._lanes[each.lane] for each in assignments if each.lane in self._lanes]:
            for text in lane.words():
                self._say(text)
            if not lane.is_alive:
                self._give_up(lane)

    def _give_up(self, lane: Lane) -> None:
        del self._lanes[lane.number]
        lane.close(Deadline.after(0))

    def close(self) -> None:
        """End all workers: they take down what they have, side by side.  Safe to call twice."""
        with self._interrupts.shielded():
            lanes, self._lanes = self._lanes, {}
            for lane in lanes.values():
                lane.hang_up()
            deadline = Deadline.after(_END_S)
            for lane in lanes.values():
                lane.close(deadline)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exception: object) -> None:
        self.close()


class _Round:
    """One round under way: hears the workers, lets them begin together, and notices who is lost."""

    def __init__(
        self,
        lanes: Mapping[int, Lane],
        assignments: Sequence[Assignment],
        observer: events.Observer,
        abreast: int,
        silence_s: float,
    ) -> None:
        self._lanes = lanes
        self._assignments = {assignment.lane: assignment for assignment in assignments}
        self._observer = observer
        self._silence_s = silence_s
        self._rendezvous = Rendezvous(self._assignments)
        self._abreast = abreast
        self._waiting = list(self._assignments)
        self._preparing: set[int] = set()
        self._found: dict[int, Performance] = {}
        self._selector = selectors.DefaultSelector()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exception: object) -> None:
        self._selector.close()

    def play(self) -> dict[int, Performance]:
        """What became of each lane's assignment."""
        for number in self._assignments:
            self._lanes[number].expect()
            self._selector.register(self._lanes[number], selectors.EVENT_READ)
        self._begin()
        while self._rendezvous.present:
            for key, _mask in self._selector.select(self._silence_s / 8):
                self._hear(key.fileobj)  # type: ignore[arg-type]  # what was registered
            for number in self._rendezvous.present:
                self._lanes[number].check(self._silence_s)
        return self._found

    def _begin(self) -> None:
        """Let so many lanes begin as may prepare at once."""
        while self._waiting and len(self._preparing) < self._abreast:
            number = self._waiting.pop(0)
            self._preparing.add(number)
            self._lanes[number].begin(assignment_document(self._assignments[number]))

    def _prepared(self, lane: Lane) -> None:
        self._preparing.discard(lane.number)
        self._begin()

    def _hear(self, lane: Lane) -> None:
        try:
            for message in lane.receive():
                self._heed(lane, message)
        except LaneLostError:
            self._over(lane, Performance(self._assignments[lane.number], None, error=lane.lost()))

    def _heed(self, lane: Lane, message: Message) -> None:
        assignment = self._assignments[lane.number]
        match message:
            case {"event": told}:
                self._observer(events.InLane(lane.number, event_of(told)))
            case {"at": point}:
                self._prepared(lane)
                self._release(self._rendezvous.arrive(lane.number, point))
            case {"run": document, "generations": generations}:
                self._over(lane, Performance(assignment, run_of(document), tuple(generations)))
            case {"error": document}:
                error = error_of(document)
                assert isinstance(error, NothingMeasuredError)
                self._over(lane, Performance(assignment, None, error=error))
            case {"fault": document}:
                raise error_of(document)
            case _:
                pass  # a sign of life

    def _over(self, lane: Lane, performance: Performance) -> None:
        self._found[lane.number] = performance
        self._selector.unregister(lane)
        if lane.number in self._waiting:  # lost before it began
            self._waiting.remove(lane.number)
        self._prepared(lane)
        self._release(self._rendezvous.leave(lane.number))

    def _release(self, numbers: Collection[int]) -> None:
        for place, number in enumerate(numbers):
            self._lanes[number].send({"go": place * _STAGGER_S})
