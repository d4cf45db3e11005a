"""How a test is called in keys."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tcperf.keys import is_name
from tcperf.suite.naming import name_of, name_of_phase, without_repeat


@pytest.mark.parametrize(
    ("node_id", "name"),
    [
        ("tests/test_chat.py::test_one_message", "chat_one_message"),
        ("chat_test.py::test_send", "chat_send"),
        ("test_chat.py::test_the_answer_comes_back", "the_answer_comes_2ca972"),
        ("test_chat.py::test_sizes[10]", "sizes_11a33c"),
        ("test_chat.py::test_sizes[2000]", "sizes_70d529"),
        ("test_chat.py::TestGroup::test_send", "send_e7f65e"),
        ("test_3.py::test_9", "t_9_4bce68"),
    ],
)
def test_a_name_is_for_ever(node_id, name):
    assert name_of(node_id) == name


@given(st.text(max_size=40), st.text(max_size=80), st.text(max_size=20))
def test_every_test_has_a_valid_name(path, function, parameters):
    for node_id in (f"{path}::{function}", f"{path}::C::{function}[{parameters}]", path):
        assert is_name(name_of(node_id))


@given(
    st.lists(st.from_regex(r"test_[a-z_]{1,40}\[[a-z0-9]{1,3}\]", fullmatch=True), unique=True, max_size=20)
)
def test_parameters_tell_tests_apart(functions):
    names = {name_of(f"test_all.py::{function}") for function in functions}
    assert len(names) == len(functions)


@pytest.mark.parametrize(
    ("node_id", "phase", "name"),
    [
        ("tests/test_chat.py::test_one", "send", "chat_one__send"),
        ("test_chat.py::test_sizes[10]", "send", "sizes_11a33c__send"),
        ("test_chat.py::test_the_answer_comes_back", "send", "the_answer__send_202efa"),
        ("test_chat.py::test_one", "a_phase_of_a_long_name", "chat_one__a_phase_ea8da1"),
        ("test_3.py::test_9", "send_and_receive", "t_9_4bc__send_and_a2870a"),
    ],
)
def test_a_phase_has_its_tests_name_before_it(node_id, phase, name):
    assert name_of_phase(node_id, phase) == name


_NAMES = st.from_regex(r"[a-z][a-z0-9_]{0,23}", fullmatch=True)


@given(
    st.lists(
        st.tuples(st.from_regex(r"test_[a-z]{1,30}(\[[a-z0-9]{1,3}\])?", fullmatch=True), _NAMES),
        unique=True,
        max_size=20,
    )
)
def test_phases_of_different_tests_are_told_apart(found):
    names = [name_of_phase(f"test_all.py::{test}", phase) for test, phase in found]
    assert all(map(is_name, names))
    assert len(set(names)) == len(found)


@pytest.mark.parametrize(
    ("node_id", "once"),
    [
        ("a.py::test_x[1-3]", "a.py::test_x"),
        ("a.py::test_x[small-2-10]", "a.py::test_x[small]"),
        ("a.py::test_x", "a.py::test_x"),
    ],
)
def test_repeats_are_one_test(node_id, once):
    assert without_repeat(node_id) == once
