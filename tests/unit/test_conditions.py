"""Which results must not be compared, and why."""

import attrs
import pytest

from tcperf.conditions import unlike
from tcperf.link import Link
from tcperf.model import Conditions

PRIVATE = Conditions("private")
HOST = Conditions("host", mtu=None, offloads="host")
BAD = Conditions("private", link=Link(50.0, 10_000_000, 0.01), emulation="netem")


@pytest.mark.parametrize("conditions", [PRIVATE, HOST, BAD])
def test_conditions_are_like_themselves(conditions):
    assert unlike(conditions, attrs.evolve(conditions)) == ()


@pytest.mark.parametrize(
    ("a", "b", "told"),
    [
        (PRIVATE, HOST, ("the nodes' network: private against host",)),
        (HOST, BAD, ("the nodes' network: host against private",)),
        (PRIVATE, BAD, ("emulated links: none against delay=50ms,rate=10mbit,loss=1%",)),
        (
            BAD,
            attrs.evolve(BAD, link=Link(60.0)),
            ("emulated links: delay=50ms,rate=10mbit,loss=1% against delay=60ms",),
        ),
        (BAD, attrs.evolve(BAD, emulation="relay"), ("what emulates the links: netem against relay",)),
        (BAD, attrs.evolve(BAD, emulation=None), ("what emulates the links: netem against nothing",)),
        (PRIVATE, attrs.evolve(PRIVATE, mtu=1280), ("the links' MTU: 1500 against 1280",)),
        (attrs.evolve(PRIVATE, mtu=None), PRIVATE, ("the links' MTU: unknown against 1500",)),
        (
            PRIVATE,
            attrs.evolve(BAD, mtu=1280, offloads="host"),
            (
                "the links' MTU: 1500 against 1280",
                "segmentation offloads: off against host",
                "emulated links: none against delay=50ms,rate=10mbit,loss=1%",
            ),
        ),
    ],
)
def test_what_differs_is_told(a, b, told):
    assert unlike(a, b) == told
    assert len(unlike(b, a)) == len(told)


def test_a_link_without_a_fault_is_no_link():
    assert unlike(PRIVATE, attrs.evolve(PRIVATE, link=Link())) == ()


def test_every_condition_counts():
    """A condition that is added to the model must be added here, too."""
    changed = {
        "network": HOST.network,
        "mtu": 9000,
        "offloads": "host",
        "link": Link(1.0),
        "emulation": "relay",
    }
    assert set(changed) == {field.name for field in attrs.fields(Conditions)}
    for name, value in changed.items():
        assert unlike(BAD, attrs.evolve(BAD, **{name: value})), name
