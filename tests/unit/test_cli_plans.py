"""Which scenarios are played, and with which parameters."""

import argparse

import pytest

from tcperf.cli.plans import plans
from tcperf.cli.selection import select
from tcperf.errors import UsageError


def selected(folder, *names, config=None):
    arguments = argparse.Namespace(names=names, scenarios=None, node=None, config=config)
    return select(arguments, folder)


def test_without_a_name_it_is_one_to_one(tmp_path):
    (plan,) = plans(selected(tmp_path), [])
    assert (plan.scenario.name, plan.params.messages, plan.runs) == ("one_to_one", 20, 1)


def test_each_name_once_in_their_order(tmp_path):
    found = plans(selected(tmp_path, "idle", "one_to_one", "idle"), ["idle.seconds=3"], runs=2)
    assert [(plan.scenario.name, plan.runs) for plan in found] == [("idle", 2), ("one_to_one", 2)]
    assert found[0].params.seconds == 3


def test_names_and_parameters_of_the_configuration(tmp_path):
    (tmp_path / "tcperf.toml").write_text(
        '[run]\nnames = ["one_to_one"]\n[params.one_to_one]\nmessages = 6\n'
    )
    (plan,) = plans(selected(tmp_path), [])
    assert plan.params.messages == 6
    (plan,) = plans(selected(tmp_path), ["messages=8"])
    assert plan.params.messages == 8


def test_a_name_that_there_is_not(tmp_path):
    with pytest.raises(UsageError, match="one_to_on"):
        plans(selected(tmp_path, "one_to_on"), [])
    (tmp_path / "tcperf.toml").write_text('[run]\nnames = ["one_to_on"]\n')
    with pytest.raises(UsageError, match=r"tcperf\.toml:2"):
        plans(selected(tmp_path), [])
