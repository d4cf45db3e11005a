"""Error numbers and their cures."""

import errno
import re

import pytest

from tcperf.refusals import SHORTAGES, program_cure


@pytest.mark.parametrize("number", SHORTAGES)
def test_a_shortage_is_no_fault_of_the_program(number):
    assert program_cure(number) == SHORTAGES[number]


@pytest.mark.parametrize(
    ("number", "cure"),
    [
        (errno.ENOEXEC, "built for this machine's system"),
        (errno.EACCES, "chmod [+]x"),
        (errno.ENOENT, "check the path"),
        (None, "check the path"),
    ],
)
def test_a_program_that_cannot_be_started(number, cure):

    assert re.search(cure, program_cure(number))
