"""Options that say nothing are refused before anything runs."""

import argparse

import pytest

from tcperf.errors import UsageError
from tcperf.suite import asking


def options(**changes):
    plain = {
        "process": [], "container": [], "android": [], "publish": [], "out": "tcperf-report", "baseline": None,
        "suite": "pytest", "gate": None, "keys": 100,
    }  # fmt: skip
    return argparse.Namespace(**{f"tcperf_{name}": value for name, value in {**plain, **changes}.items()})


def test_what_is_usual_is_allowed():
    asking.check(options())
    asking.check(options(process=["node", "n*"], publish=["x"], baseline="before.json", gate="exit", keys=0))


@pytest.mark.parametrize("name", ["process", "container", "android", "publish"])
@pytest.mark.parametrize("empty", ["", " "])
def test_an_empty_word_among_several_is_refused(name, empty):
    with pytest.raises(UsageError, match=f"--tcperf-{name} is empty .*leave the option away"):
        asking.check(options(**{name: ["node", empty]}))


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("out", "", "is empty"),
        ("baseline", "", "is empty"),
        ("suite", "", "is no name"),
        ("gate", "", "one of"),
        ("keys", -1, "less than none"),
    ],
)
def test_so_is_what_fits_nothing(name, value, told):
    with pytest.raises(UsageError, match=f"--tcperf-{name} .*{told}"):
        asking.check(options(**{name: value}))
