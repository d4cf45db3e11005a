"""By what means a goal is planted."""

import pytest

from tcperf.errors import UsageError
from tcperf.nodes.reference.plant import Plant, parse
from tcperf.plants.goal import Goal
from tcperf.plants.kinds import KINDS
from tcperf.plants.means import Load, check_foreign, foreign_means, has_companion, reference_means


def goal(kind, amount, clean):
    metric = KINDS[kind].metric
    return Goal(KINDS[kind], f"tcperf.one_to_one.messages.{metric}", "messages", clean, amount, amount / 2)


@pytest.mark.parametrize(
    ("wanted", "plant"),
    [
        (goal("cpu", 30.0, 200.0), Plant(cpu_ratio=0.15)),
        (goal("bytes", 1068.0, 17_800.0), Plant(wire_ratio=0.06)),
        (goal("memory", 10 << 20, 100 << 20), Plant(memory_bytes=5 << 20)),
        (goal("delay", 0.8, 4.0), Plant(delay_s=0.0008)),
    ],
)
def test_the_reference_node_understands_its_switch(wanted, plant):
    means = reference_means(wanted, nodes=2)
    found = parse(means.switch)
    assert found.cpu_ratio == pytest.approx(plant.cpu_ratio)
    assert found.wire_ratio == pytest.approx(plant.wire_ratio)
    assert found.memory_bytes == plant.memory_bytes
    assert found.delay_s == pytest.approx(plant.delay_s)
    assert f"--plant {means.switch}" in means.text
    assert (means.load, means.delay_ms) == (None, None)


@pytest.mark.parametrize(
    ("wanted", "load", "words"),
    [
        (goal("cpu", 30.0, 200.0), Load(cpu_ratio=0.15), "a companion, the node's child, that burns 15.0 %"),
        (goal("bytes", 600.0, 10_000.0), Load(traffic_ratio=0.06), "sends its peer 6.0 %"),
        (goal("memory", 9000.0, 1e6), Load(memory_bytes=3000), "a companion, the node's child, that holds 3000 bytes"),
    ],
)  # fmt: skip
def test_into_any_program_a_companion(wanted, load, words):
    means = foreign_means(wanted, nodes=3)
    assert (means.load, means.switch, means.delay_ms) == (load, None, None)
    assert words in means.text
    assert has_companion(wanted.kind)


def test_a_delay_is_the_networks():
    means = foreign_means(goal("delay", 200.0, 1000.0), nodes=2)
    assert (means.load, means.switch, means.delay_ms) == (None, None, 200.0)
    assert means.text.startswith("the network: each link is late by 200 ms")
    assert not has_companion(KINDS["delay"])


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
def test_a_private_network_takes_every_kind(kind):
    check_foreign(kind, "private")


@pytest.mark.parametrize(
    ("kind", "is_linux", "words"),
    [
        ("delay", True, "links of a private network"),
        ("bytes", True, "only on a private network"),
        ("delay", False, "links of a private network"),
        ("cpu", False, "a companion takes Linux"),
        ("memory", False, "a companion takes Linux"),
    ],
)
def test_the_hosts_network_does_not(kind, is_linux, words):
    with pytest.raises(UsageError, match=f"{kind} cannot be planted.*{words}") as caught:
        check_foreign(KINDS[kind], "host", is_linux=is_linux)
    assert "--plant" in caught.value.cure


@pytest.mark.parametrize("kind", ["cpu", "memory"])
def test_on_the_hosts_network_of_linux_a_companion_will_do(kind):
    check_foreign(KINDS[kind], "host")
