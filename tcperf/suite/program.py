"""Which program a suite's figures are of."""

from __future__ import annotations

from collections.abc import Sequence

from tcperf.errors import TcperfError
from tcperf.nodes import subject
from tcperf.subject import Subject
from tcperf.suite.gathering import main_program, no_subject
from tcperf.suite.record import Record


def subject_of(records: Sequence[Record]) -> Subject:
    """The program that most of what was watched executes, as far as its file tells."""
    path = main_program(records)
    if path is None:
        return no_subject()
    try:
        return subject.inspect(path)
    except TcperfError:  # removed meanwhile, or not to be read
        return no_subject(path)
