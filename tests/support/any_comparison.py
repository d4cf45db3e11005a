"""Comparisons as they might be, for tests of properties: any verdict beside any figures."""

import comparisons
import samples
from hypothesis import strategies as st

_medians = st.none() | st.floats(0, 1e15)
_effects = st.none() | st.floats(-100, 1e308, allow_nan=False)

#: Up to seven, each of another metric.
any_comparisons = st.lists(
    st.builds(
        comparisons.comparison,
        st.sampled_from(samples.PUBLISHED),
        st.sampled_from(["worse", "better", "ok", "cannot_tell", "not_compared"]),
        gated=st.booleans(),
        published=st.booleans(),
        paired=st.booleans(),
        pairs=st.integers(0, 40),
        effect_pct=_effects,
        low_pct=_effects,
        high_pct=_effects,
        p=st.none() | st.floats(0, 1),
        limit=st.none() | st.floats(0, 1e12),
        head_median=_medians,
        base_median=_medians,
        threshold_pct=st.none() | st.floats(0, 100),
        accepted=st.none() | st.just("known"),
        note=st.none() | st.text(max_size=30),
        history_builds=st.none() | st.integers(1, 500),
        history_of=st.none() | st.text(max_size=30),
        warns_only=st.booleans(),
    ),
    unique_by=lambda each: each.metric,
    max_size=7,
)
