"""What holds for every key."""

import re

from hypothesis import assume, given
from hypothesis import strategies as st

from tcperf.keys import IDENTITY_LIMIT, NAME, is_name, problem_identity, statistic_key
from tcperf.metrics import METRICS

NAMES = st.from_regex(NAME, fullmatch=True)


@given(st.text(max_size=30))
def test_a_name_is_ascii_lower_case_and_short(text):
    assert is_name(text) == bool(re.fullmatch(r"[a-z][a-z0-9_]{0,23}", text, re.ASCII))


@given(NAMES, NAMES, st.sampled_from(sorted(METRICS)), st.booleans(), st.none() | NAMES)
def test_a_key_can_be_taken_apart_again(scenario, phase, metric, reference, node):
    parts = statistic_key(scenario, phase, metric, reference=reference, node=node).split(".")
    expected = [
        "tcperf",
        *(["reference"] if reference else []),
        scenario,
        phase,
        *([node] if node else []),
        metric,
    ]
    assert parts == expected


@given(NAMES, NAMES, st.sampled_from(sorted(METRICS)), st.booleans(), st.none() | NAMES)
def test_an_identity_is_a_java_identifier_of_at_most_60_characters(scenario, phase, metric, reference, node):
    identity = problem_identity(statistic_key(scenario, phase, metric, reference=reference, node=node))
    assert re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]{0,59}", identity)


@given(st.from_regex(r"[a-z.]{55,90}", fullmatch=True), st.from_regex(r"[a-z.]{55,90}", fullmatch=True))
def test_long_keys_have_identities_of_their_own(one, other):
    assume(one.replace(".", "_") != other.replace(".", "_"))
    assert problem_identity(one) != problem_identity(other)


KEYS = st.builds(
    statistic_key,
    NAMES,
    NAMES,
    st.sampled_from(sorted(METRICS)),
    reference=st.booleans(),
    node=st.none() | NAMES,
)


@given(KEYS, KEYS)
def test_an_identity_is_shared_only_by_keys_that_differ_in_dots_alone(one, other):
    same_words = one.replace(".", "_") == other.replace(".", "_")
    assert (problem_identity(one) == problem_identity(other)) >= (one == other)
    if len(one) <= IDENTITY_LIMIT and len(other) <= IDENTITY_LIMIT:
        assert (problem_identity(one) == problem_identity(other)) == same_words
    elif not same_words:
        assert problem_identity(one) != problem_identity(other)


@given(KEYS)
def test_an_identity_tells_which_metric_it_is_of(key):
    """People read it in lists of muted problems: it begins as the key does."""
    identity, words = problem_identity(key), key.replace(".", "_")
    assert words.startswith(identity[:51])
    assert (identity == words) == (len(words) <= IDENTITY_LIMIT)
