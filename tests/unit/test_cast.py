"""The nodes on the stage: how they come on, what is read of them, and that all of them leave."""

import signal
import threading

import pytest
from casts import Driver, Network, Recorder

from tcperf.cast import Cast
from tcperf.errors import NodeError, ScenarioError

GO_HEAP = 1 << 20


class Scene:
    """A cast of sleepers, and all that was said."""

    def __init__(self, folder, *, private=True, starts=lambda _name: True, stubborn=()):
        self.network, self.recorder = Network(private=private), Recorder()
        self.orders, self.introduced, self.drivers = [], [], {}
        self._starts, self._stubborn = starts, frozenset(stubborn)
        self.cast = Cast(
            self.network,
            self._made,
            self.recorder,
            folder=folder / "data",
            logs=folder / "logs",
            run_id="trial-1",
            on_host=lambda host: self.introduced.append(host.name),
        )

    def _made(self, place):
        driver = Driver(place, self.orders, starts=self._starts(place.host.name))
        driver.stubborn = self._stubborn
        self.drivers[driver.name] = driver
        return driver

    def start(self, *names):
        return [self.cast.launch(name, self.cast.add_host(name)) for name in names]


@pytest.fixture(name="scene")
def scene_fixture(tmp_path):
    made = []

    def scene(*names, **options):
        made.append(Scene(tmp_path, **options))
        made[-1].start(*names)
        return made[-1]

    yield scene
    for each in made:
        for driver in each.drivers.values():
            if hasattr(driver, "_process"):
                driver.kill()


def test_a_node_gets_its_place_before_it_is_started_and_is_watched_then(scene, tmp_path):
    made = scene("alice")
    (driver,) = made.drivers.values()
    assert made.introduced == ["alice"]
    assert driver.place.host is made.network.hosts[0]
    assert driver.place.folder == tmp_path / "data"
    assert driver.place.log_path == tmp_path / "logs" / "trial-1.alice.log"
    assert made.recorder.told == [("watch", "alice", driver.pid, None), ("control_port", "alice", 8545)]


def test_who_is_ready_is_on_the_stage(scene):
    made = scene("alice", "bob")
    assert "alice" in made.cast
    assert "carol" not in made.cast
    assert made.cast["bob"] is made.drivers["bob"]
    assert list(made.cast.drivers) == ["alice", "bob"]
    with pytest.raises(KeyError):
        made.cast["carol"]


def test_who_did_not_get_ready_is_not_but_leaves_all_the_same(scene):
    made = scene("alice", starts=lambda name: name != "bob")
    with pytest.raises(NodeError, match="bob does not start"):
        made.start("bob")
    assert "bob" not in made.cast
    assert made.cast.stop(graceful=False).keys() == {"alice"}
    assert [order for order in made.orders if order[0] == "stop"] == [("stop", "bob"), ("stop", "alice")]


def test_both_ends_of_a_phase_are_read_of_every_node(scene):
    made = scene("alice", "bob")
    begins, ends = made.cast.begins(), made.cast.ends()
    assert begins.keys() == ends.keys() == {"alice", "bob"}
    for name in begins:
        assert ends[name].counters.sent_bytes - begins[name].counters.sent_bytes == 1000
        assert ends[name].reading is not None
    assert {figures.heap_bytes for figures in made.cast.go_figures().values()} == {GO_HEAP}


def test_where_no_interface_is_a_nodes_own_there_are_no_counters(scene):
    assert scene("alice").cast.counters().keys() == {"alice"}
    assert scene("alice", private=False).cast.counters() == {}


def test_a_node_that_has_ended_is_named_whatever_is_asked_of_it(scene):
    made = scene("alice", "bob")
    made.cast.check()
    made.drivers["bob"].kill()
    for ask in (made.cast.check, made.cast.begins, made.cast.ends):
        with pytest.raises(NodeError, match="bob ended by itself"):
            ask()


def test_all_are_asked_to_stop_before_anybody_is_waited_for_and_the_last_one_first(scene):
    made = scene("alice", "bob")
    exits = made.cast.stop(graceful=True)
    assert made.orders[2:] == [("ask", "bob"), ("ask", "alice"), ("stop", "bob"), ("stop", "alice")]
    assert {name: found.status for name, found in exits.items()} == {
        "alice": -signal.SIGTERM,
        "bob": -signal.SIGTERM,
    }
    assert made.cast.ended.is_set()


def test_who_has_left_is_not_stopped_again(scene):
    made = scene("alice")
    made.cast.stop(graceful=True)
    assert made.cast.stop(graceful=True) == {}
    assert made.orders.count(("stop", "alice")) == 1


@pytest.mark.parametrize("graceful", [True, False])
def test_one_that_will_not_end_keeps_nobody_on_the_stage(scene, graceful):
    made = scene("alice", "bob", stubborn=["bob"])
    if graceful:
        with pytest.raises(NodeError, match="bob would not end"):
            made.cast.stop(graceful=True)
    else:
        assert made.cast.stop(graceful=False).keys() == {"alice"}
    assert made.orders[-1] == ("stop", "alice")


def test_whoever_waits_for_an_end_is_woken_from_another_thread(scene):
    made = scene("alice")
    assert not made.cast.ended.is_set()
    threading.Thread(target=made.drivers["alice"].place.on_end).start()
    assert made.cast.ended.wait(10)


class TestSideBySide:
    def test_all_are_started_and_come_in_the_order_of_their_names(self, scene):
        made = scene()
        names = [f"member{number:02d}" for number in range(12)]
        drivers = made.cast.launch_all({name: made.cast.add_host(name) for name in names})
        assert [driver.name for driver in drivers] == list(made.cast.drivers) == names
        assert {what for what, _name in made.orders} == {"start"}
        assert set(made.cast.counters()) == set(names)
        watched = [entry[1] for entry in made.recorder.told if entry[0] == "watch"]
        assert sorted(watched) == names

    def test_where_one_does_not_start_all_that_were_are_ended(self, scene):
        made = scene(starts=lambda name: name != "carol")
        names = ("alice", "bob", "carol", "dave")
        with pytest.raises(NodeError, match="carol does not start"):
            made.cast.launch_all({name: made.cast.add_host(name) for name in names})
        started = [name for what, name in made.orders if what == "start" and name != "carol"]
        made.cast.stop(graceful=False)
        for name in started:
            assert made.drivers[name]._process.poll() is not None


# --- one that leaves and comes back ------------------------------------------------------------------


def test_who_is_shut_down_is_read_once_more_and_missed_by_nobody(scene):
    made = scene("alice", "bob")
    first = made.drivers["bob"].pid
    last = made.cast.shut_down("bob")
    assert last.reading is not None
    assert made.cast.is_away("bob")
    assert not made.cast.ended.is_set()
    made.cast.check()
    assert made.cast.go_figures().keys() == {"alice"}
    for edges in (made.cast.begins(), made.cast.ends()):
        assert edges["alice"].reading is not None
        assert edges["bob"].reading is None
        assert edges["bob"].counters is not None  # its interface stays
    with pytest.raises(ScenarioError, match="bob is shut down already"):
        made.cast.shut_down("bob")
    exits = made.cast.stop(graceful=True)
    assert exits.keys() == {"alice", "bob"}
    assert made.drivers["bob"].pid == first


def test_who_comes_back_has_a_life_more(scene, tmp_path):
    made = scene("alice", "bob")
    first = made.drivers["bob"].pid
    made.cast.shut_down("bob")
    made.cast.restart("bob")
    driver = made.drivers["bob"]
    assert driver.pid != first
    assert not made.cast.is_away("bob")
    assert driver.place.host is made.network.hosts[1]
    assert driver.place.log_path == tmp_path / "logs" / "trial-1.bob.2.log"
    assert made.recorder.told[-2:] == [("watch", "bob", driver.pid, None), ("control_port", "bob", 8545)]
    assert made.introduced == ["alice", "bob"]  # its place is the one it had
    assert made.cast.ends()["bob"].reading is not None
    assert list(made.cast.drivers) == ["alice", "bob"]
    assert not made.cast.ended.is_set()
    exits = made.cast.stop(graceful=True)
    assert {name: found.status for name, found in exits.items()} == dict.fromkeys(
        ("alice", "bob", "bob.2"), -signal.SIGTERM
    )


def test_the_end_of_a_second_life_is_noticed(scene):
    made = scene("alice")
    made.cast.shut_down("alice")
    made.cast.restart("alice")
    made.drivers["alice"].place.on_end()
    assert made.cast.ended.is_set()
    made.drivers["alice"].kill()
    with pytest.raises(NodeError, match="alice ended by itself"):
        made.cast.check()


def test_who_does_not_come_back_leaves_nothing_behind(scene):
    made = scene("alice", "bob")
    made.cast.shut_down("bob")
    made.drivers["bob"]._starts = False
    with pytest.raises(NodeError, match="bob does not start"):
        made.cast.restart("bob")
    assert made.cast.stop(graceful=False).keys() == {"alice", "bob"}
    assert made.orders[-2:] == [("stop", "bob"), ("stop", "alice")]


def test_who_had_ended_by_itself_cannot_be_shut_down(scene):
    made = scene("alice")
    made.drivers["alice"].kill()
    with pytest.raises(NodeError, match="alice ended by itself"):
        made.cast.shut_down("alice")
