"""What nodes differ in: named, worded, and why a scenario is not played."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tcperf.capabilities import Capability, in_words, lacking, named, refusal
from tcperf.errors import NothingMeasuredError, NotSupportedError
from tcperf.nodes.generation import Generation

SOME = st.sets(st.sampled_from(Capability))


@pytest.mark.parametrize("capability", Capability)
def test_each_has_a_name_for_modules_and_words_for_people(capability):
    assert re.fullmatch(r"[a-z][a-z_]{0,23}", capability)
    assert named(capability.value) is capability
    assert in_words(capability)
    assert capability.value == capability.name.lower()


def test_what_is_none_names_the_nearest():
    with pytest.raises(ValueError, match=r"did you mean groups\?"):
        named("group")


@given(SOME, SOME)
def test_lacking_is_what_is_needed_and_not_offered(needs, offered):
    found = lacking(needs, offered)
    assert set(found) == needs - offered
    assert set(found) | (needs & offered) == needs


def test_the_sentence_says_who_lacks_what():
    error = refusal("group_chat", [Capability.GROUPS], "statusd 0.63.9 (waku_*)")
    assert isinstance(error, NothingMeasuredError)
    assert error.message == (
        "not supported by this node: group_chat needs private groups, which statusd 0.63.9 (waku_*) has not"
    )
    both = refusal("trial", [Capability.GROUPS, Capability.RESTART], "x", "the base's node")
    assert both.message == (
        "not supported by the base's node: "
        "trial needs private groups and a restart on the same data, which x has not"
    )
    assert type(both) is NotSupportedError
    assert both.exit_status == 3


def test_a_node_that_was_not_asked_can_nothing():
    assert Generation.UNKNOWN.capabilities == frozenset()
    assert Capability.ACCOUNTS in Generation.INITIALIZE_APPLICATION.capabilities
    assert Generation.OPEN_ACCOUNTS.capabilities == Generation.INITIALIZE_APPLICATION.capabilities
