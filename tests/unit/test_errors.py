"""Every error has its exit status, its cure and its place in the tree."""

import inspect
import pickle

import pytest

from tcperf import errors
from tcperf.errors import (
    ConfigError,
    Interrupted,
    MachineError,
    NodeError,
    NotComparedError,
    NothingMeasuredError,
    NotSupportedError,
    OutputError,
    ScenarioError,
    TcperfError,
    UsageError,
)

STATUSES = {
    TcperfError: 5,
    UsageError: 2,
    ConfigError: 2,
    NothingMeasuredError: 3,
    MachineError: 3,
    NodeError: 3,
    ScenarioError: 3,
    NotSupportedError: 3,
    OutputError: 3,
    NotComparedError: 4,
}


@pytest.mark.parametrize(("error", "status"), STATUSES.items())
def test_exit_statuses_are_those_of_the_contract(error, status):
    assert error("x").exit_status == status


def test_every_error_is_in_the_one_tree_and_in_the_table_above():
    classes = {
        value for _, value in inspect.getmembers(errors, inspect.isclass) if issubclass(value, Exception)
    }
    assert classes == {*STATUSES, Interrupted}
    assert all(issubclass(error, TcperfError) for error in classes)


def test_the_text_is_the_message_and_the_cure():
    assert str(TcperfError("no such file", cure="name another")) == "no such file (name another)"
    assert str(TcperfError("no such file")) == "no such file"


def test_parts_are_kept_apart_for_those_who_print_them():
    error = NodeError("it ended", cure="look", details=("line 1", "line 2"))
    assert (error.message, error.cure, error.details) == ("it ended", "look", ("line 1", "line 2"))


def test_errors_travel_between_processes():
    error = pickle.loads(pickle.dumps(ScenarioError("broken", cure="mend", details=("a",))))
    assert (type(error), str(error), error.details) == (ScenarioError, "broken (mend)", ("a",))


@pytest.mark.parametrize(("number", "name", "status"), [(2, "SIGINT", 130), (15, "SIGTERM", 143)])
def test_a_signal_gives_its_own_status(number, name, status):
    error = Interrupted(number, name)
    assert error.exit_status == status
    assert error.signal_number == number
    assert str(error) == f"stopped by {name} before it was done"  # pairs that were saved are measured
    assert TcperfError.exit_status == 5
