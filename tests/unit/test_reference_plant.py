"""The reference node's plants: how they are written, and what they cost."""

import asyncio
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tcperf.nodes.reference.__main__ import main
from tcperf.nodes.reference.burden import WIRE_BYTES, Burden
from tcperf.nodes.reference.plant import Plant, parse

MS = 1_000_000


@pytest.mark.parametrize(
    ("text", "plant"),
    [
        ("cpu=15%", Plant(cpu_ratio=0.15)),
        ("cpu = 12.5 %", Plant(cpu_ratio=0.125)),
        ("bytes=6%", Plant(wire_ratio=0.06)),
        ("bytes=64", Plant(pad_bytes=64)),
        ("bytes=1KiB", Plant(pad_bytes=1024)),
        ("memory=8MiB", Plant(memory_bytes=8 << 20)),
        ("delay=2ms", Plant(delay_s=0.002)),
        ("delay=500us", Plant(delay_s=0.0005)),
        ("memory=512B,cpu=100%", Plant(cpu_ratio=1.0, memory_bytes=512)),
    ],
)
def test_what_can_be_planted(text, plant):
    found = parse(text)
    assert found.cpu_ratio == pytest.approx(plant.cpu_ratio)
    assert found.delay_s == pytest.approx(plant.delay_s)
    assert found.wire_ratio == pytest.approx(plant.wire_ratio)
    assert (found.pad_bytes, found.memory_bytes) == (plant.pad_bytes, plant.memory_bytes)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "none of cpu"),
        ("cpu", "none of cpu"),
        ("speed=3%", "none of cpu"),
        ("cpu=15", "no number with one of the units %"),
        ("cpu=-1%", "no number"),
        ("cpu=nan%", "no number"),
        ("delay=2", "no number with one of the units us, ms, s"),
        ("delay=2MiB", "no number"),
        ("memory=15%", "no number"),
        ("cpu=5%,cpu=6%", "cpu is given twice"),
        ("cpu=5%,", "none of cpu"),
        ("cpu=2001%", "too much"),
        ("bytes=33KiB", "too much"),
        ("memory=9000000MiB", "too much"),
        ("delay=11s", "too much"),
    ],
)
def test_what_cannot(text, words):
    with pytest.raises(ValueError, match=words):
        parse(text)


def test_a_plant_that_is_none_is_told_at_the_start(capsys):
    with pytest.raises(SystemExit) as ended:
        main(["--address", "127.0.0.1:0", "--plant", "cpu=lots"])
    assert ended.value.code == 2
    assert "'lots' is no number" in capsys.readouterr().err


class Machine:
    """A CPU whose clocks a test turns: every look at the thread's clock costs ``look_ns``."""

    def __init__(self, look_ns=MS // 10):
        self.own_ns = self.burnt_ns = 0
        self.look_ns = look_ns

    def process_ns(self):
        return self.own_ns + self.burnt_ns

    def thread_ns(self):
        self.burnt_ns += self.look_ns
        return self.burnt_ns

    def burden(self, text):
        return Burden(parse(text), self.process_ns, self.thread_ns)


def test_the_share_of_the_nodes_own_cpu_is_burnt():
    machine = Machine()
    burden = machine.burden("cpu=15%")
    for work_ns in (100 * MS, 0, 7 * MS, 33 * MS):
        machine.own_ns += work_ns
        burden.pay()
        assert machine.burnt_ns == pytest.approx(0.15 * machine.own_ns, abs=5 * machine.look_ns)


@given(ratio=st.integers(1, 1000), works=st.lists(st.integers(0, 50 * MS), max_size=20))
def test_however_the_work_is_cut_up_the_debt_is_the_same(ratio, works):
    machine = Machine(look_ns=MS)
    burden = machine.burden(f"cpu={ratio}%")
    for work_ns in works:
        machine.own_ns += work_ns
        burden.pay()
    owed_ns = ratio / 100 * machine.own_ns
    # What the looks themselves cost is part of what is burnt, but for the first look of each payment.
    assert owed_ns - 3 * (1 + ratio / 100) * MS * (len(works) + 1) <= machine.burnt_ns
    assert machine.burnt_ns <= owed_ns + 3 * (1 + ratio / 100) * MS * (len(works) + 1)


def test_without_a_plant_nothing_is_burnt_held_padded_or_waited_for():
    machine = Machine()
    burden = Burden(Plant(), machine.process_ns, machine.thread_ns)
    machine.own_ns = 10**12
    burden.pay()
    burden.hold()
    called = []
    burden.later(lambda: called.append(1))
    assert machine.burnt_ns == 0
    assert burden._held == b""
    assert burden.padding(10**6) == b""
    assert called == [1]


def test_real_cpu_is_burnt_by_the_real_clocks():
    begin_ns = time.process_time_ns()
    burden = Burden(parse("cpu=50%"), lambda: time.process_time_ns() - begin_ns)
    while time.process_time_ns() - begin_ns < 40 * MS:
        sum(range(1000))
    before_ns = time.thread_time_ns()
    burden.pay()
    assert time.thread_time_ns() - before_ns >= 20 * MS


@given(size=st.integers(100, 60_000), ratio=st.integers(1, 500))
def test_padding_is_a_share_of_what_an_envelope_costs(size, ratio):
    longer = Burden(parse(f"bytes={ratio}%")).padding(size)
    assert abs(len(longer) - ratio / 100 * (size + WIRE_BYTES)) <= 1
    assert not any(longer)


def test_padding_of_a_fixed_size():
    assert Burden(parse("bytes=64")).padding(1) == Burden(parse("bytes=64")).padding(9999) == bytes(64)


def test_memory_is_held_once_and_every_page_of_it_written():
    burden = Burden(parse("memory=3MiB"))
    burden.hold()
    held = burden._held
    burden.hold()
    assert burden._held is held
    assert len(held) == 3 << 20
    assert held.count(1) == len(held)


@pytest.mark.parametrize("delay", ["300us", "3ms"])
def test_later_keeps_the_order_and_is_never_early(delay):
    async def scene():
        burden = Burden(parse(f"delay={delay}"))
        done, called = asyncio.Event(), []

        def call(number, asked_s):
            called.append((number, time.monotonic() - asked_s))
            if len(called) == 20:
                done.set()

        for number in range(20):
            asked_s = time.monotonic()
            burden.later(lambda number=number, asked_s=asked_s: call(number, asked_s))
            if number % 3 == 0:
                await asyncio.sleep(0)
        async with asyncio.timeout(10):
            await done.wait()
        return called

    called = asyncio.run(scene())
    assert [number for number, _waited in called] == list(range(20))
    assert all(waited >= parse(f"delay={delay}").delay_s for _number, waited in called)
