"""The node that makes most of a difference, of figures that flows do not tell."""

import attrs
import pytest
import samples

from tcperf.node_shares import explain_nodes

RUN = samples.result().runs[0]
MIB = 1 << 20


def of_nodes(metric="memory_peak_bytes", **values):
    """A run whose nodes have these values of a metric in the phase messages; of None it has none."""
    model = RUN.phase("messages").totals["cpu_ms"]
    nodes = {
        name: {} if value is None else {metric: attrs.evolve(model, value=value)}
        for name, value in values.items()
    }
    phases = tuple(
        attrs.evolve(each, nodes=nodes) if each.name == "messages" else each for each in RUN.phases
    )
    return attrs.evolve(RUN, phases=phases)


def node(base, head, metric="memory_peak_bytes", phase="messages"):
    return explain_nodes(base, head, phase, metric)


@pytest.mark.parametrize(
    ("alice", "bob", "told"),
    [
        (37, 0, "all of it alice, +37.0 MiB"),
        (37, 0.3, "all of it alice, +37.0 MiB"),
        (0, 37, "all of it bob, +37.0 MiB"),
        (-37, 0, "all of it alice, -37.0 MiB"),
        (80, 20, "80 % of it alice, +80.0 MiB"),
        (9, 1, "90 % of it alice, +9.00 MiB"),
        (10, -4, "all of it alice, +10.0 MiB; -4.00 MiB elsewhere"),
        (10, -0.01, "all of it alice, +10.0 MiB"),
        (4, -10, "all of it bob, -10.0 MiB; +4.00 MiB elsewhere"),
    ],
)
def test_the_node_that_makes_most_of_it_is_named(alice, bob, told):
    found = node(
        [of_nodes(alice=100 * MIB, bob=100 * MIB)],
        [of_nodes(alice=(100 + alice) * MIB, bob=(100 + bob) * MIB)],
    )
    assert found.brief == told
    assert found.total == pytest.approx((alice + bob) * MIB)


@pytest.mark.parametrize(("alice", "bob"), [(79, 21), (50, 50), (5, -5), (0, 0)])
def test_where_no_node_makes_most_of_it_none_is_named(alice, bob):
    before, after = [of_nodes(alice=100, bob=100)], [of_nodes(alice=100 + alice, bob=100 + bob)]
    assert node(before, after) is None


def test_it_is_medians_that_are_compared_and_a_run_without_the_figure_does_not_count():
    base = [of_nodes(alice=value, bob=10) for value in (10, 11, 900)]
    head = [of_nodes(alice=value, bob=10) for value in (21, 1, 22)] + [of_nodes(alice=None, bob=None)]
    assert node(base, head).difference == 10


def test_other_units_are_told_in_theirs():
    found = node([of_nodes("cpu_ms", alice=100, bob=9)], [of_nodes("cpu_ms", alice=1600, bob=9)], "cpu_ms")
    assert found.brief == "all of it alice, +1.50 s"
    assert found.place == "all of it alice"
    found = node(
        [of_nodes("threads_count", alice=9, bob=9)],
        [of_nodes("threads_count", alice=20, bob=9)],
        "threads_count",
    )
    assert found.brief == "all of it alice, +11"


def test_who_is_alone_or_has_no_counterpart_is_not_named():
    assert node([of_nodes(alice=1)], [of_nodes(alice=99)]) is None
    assert node([of_nodes(alice=1, bob=1)], [of_nodes(alice=99, carol=1, bob=1)]) is None
    assert node([], [of_nodes(alice=99, bob=1)]) is None
    assert node([of_nodes(alice=1, bob=1)], [of_nodes(alice=99, bob=1)], phase="nowhere") is None


@pytest.mark.parametrize("metric", ["time_ms", "latency_ms", "go_gc_cpu_pct", "unheard_of_ms"])
def test_what_does_not_add_up_over_nodes_is_nobodys(metric):
    assert node([of_nodes(metric, alice=1, bob=1)], [of_nodes(metric, alice=99, bob=1)], metric) is None


def test_figures_of_real_shape_are_explained():
    run = samples.result().runs[0]
    grown = attrs.evolve(run, phases=tuple(_grown(each) for each in run.phases))
    found = node([run], [grown])
    assert found.node == "bob"
    assert found.brief == "all of it bob, +64.0 MiB"


def _grown(phase):
    bob = dict(phase.nodes["bob"])
    bob["memory_peak_bytes"] = attrs.evolve(
        bob["memory_peak_bytes"], value=bob["memory_peak_bytes"].value + 64 * MIB
    )
    return attrs.evolve(phase, nodes={**phase.nodes, "bob": bob})
