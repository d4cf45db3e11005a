"""Profiles of one run: who is profiled, through which phase, for how long, and what happens when it fails."""

import gzip
import threading

import pytest

from tcperf.definition import Scenario
from tcperf.errors import NodeError, OutputError
from tcperf.model import PhaseResult, Run
from tcperf.profiling import Profiler, duration_s, phase_lengths
from tcperf.reports.write import Folder, prepare
from tcperf.scenario import Phase

SECOND = 10**9


def scenario(*phases):
    return Scenario("chat", "A chat.", phases, object, lambda _stage, _params: None, "here")


def run(number, **lengths_s):
    phases = tuple(
        PhaseResult(name, start_ns=7, end_ns=7 + round(seconds * SECOND))
        for name, seconds in lengths_s.items()
    )
    return Run(f"chat-{number}", "head", "chat", number, phases)


class Node:
    """A driver that has profiles, fails, or has none; its CPU profile is ready when ``done`` is set."""

    def __init__(self, name, found="profile"):
        self.name = name
        self.found = found
        self.asked = []
        self.done = threading.Event()

    def profile(self, kind, seconds):
        self.asked.append((kind, seconds))
        if kind == "cpu":
            assert self.done.wait(10)
        if isinstance(self.found, Exception):
            raise self.found
        return None if self.found is None else gzip.compress(f"{self.found} {kind} {self.name}".encode())


def cast(*nodes):
    return {node.name: node for node in nodes}


def files(folder):
    return {path.name: gzip.decompress(path.read_bytes()).decode() for path in folder.iterdir()}


class TestLengths:
    def test_the_median_of_the_published_phases(self):
        found = phase_lengths(
            scenario(Phase("boot"), Phase("messages", publish=True), Phase("never", publish=True)),
            [run(1, boot=1, messages=3), run(2, boot=1, messages=9), run(3, messages=4)],
        )
        assert found == {"messages": 4}

    def test_no_runs(self):
        assert phase_lengths(scenario(Phase("messages", publish=True)), []) == {}

    @pytest.mark.parametrize(
        ("phase_s", "seconds"),
        [(0, 1), (0.2, 1), (1, 1), (1.01, 2), (59.5, 60), (60, 60), (61, 60), (3600, 60)],
    )
    def test_whole_seconds_within_bounds(self, phase_s, seconds):
        assert duration_s(phase_s) == seconds


class TestProfiler:
    def test_every_node_and_kind_has_a_file(self, tmp_path):
        alice, bob = nodes = Node("alice"), Node("bob")
        with Profiler("chat", ("cpu", "heap"), {"messages": 2.5}, tmp_path / "profiles") as profiler:
            profiler.begin("messages", cast(*nodes))
            alice.done.set()
            bob.done.set()
            profiler.end("messages", cast(*nodes))
            assert files(tmp_path / "profiles") == {
                "chat.alice.cpu.pb.gz": "profile cpu alice",
                "chat.alice.heap.pb.gz": "profile heap alice",
                "chat.bob.cpu.pb.gz": "profile cpu bob",
                "chat.bob.heap.pb.gz": "profile heap bob",
            }
            assert alice.asked == [("cpu", 3), ("heap", 0)]
        assert profiler.warnings == ()

    def test_the_cpu_of_all_nodes_is_profiled_at_once_while_the_scenario_goes_on(self, tmp_path):
        nodes = Node("alice"), Node("bob")
        profiler = Profiler("chat", ("cpu",), {"messages": 1}, tmp_path)
        profiler.begin("messages", cast(*nodes))  # comes back, although no profile is ready
        assert list(tmp_path.iterdir()) == []
        for node in reversed(nodes):  # in whichever order they come
            node.done.set()
        profiler.end("messages", cast(*nodes))
        assert len(files(tmp_path)) == 2

    def test_the_heap_is_taken_at_the_end_and_does_not_wait_for_the_cpu(self, tmp_path):
        alice = Node("alice")
        profiler = Profiler("chat", ("cpu", "heap"), {"messages": 1}, tmp_path)
        profiler.begin("messages", cast(alice))
        alice_profile = alice.profile

        def profile(kind, seconds):
            if kind == "heap":
                assert not (tmp_path / "chat.alice.cpu.pb.gz").exists()
                alice.done.set()
            return alice_profile(kind, seconds)

        alice.profile = profile
        profiler.end("messages", cast(alice))
        assert set(files(tmp_path)) == {"chat.alice.cpu.pb.gz", "chat.alice.heap.pb.gz"}

    def test_only_the_first_published_phase_that_begins_with_nodes(self, tmp_path):
        alice = Node("alice")
        alice.done.set()
        with Profiler("chat", ("cpu",), {"boot": 5, "account": 2, "idle": 9}, tmp_path) as profiler:
            profiler.begin("boot", {})
            profiler.end("boot", cast(alice))
            profiler.begin("hidden", cast(alice))
            profiler.end("hidden", cast(alice))
            assert alice.asked == []
            for phase in ("account", "idle"):
                profiler.begin(phase, cast(alice))
                profiler.end(phase, cast(alice))
        assert alice.asked == [("cpu", 2)]
        assert profiler.warnings == ()

    def test_a_node_that_came_in_the_phase_has_its_heap_profiled(self, tmp_path):
        alice, bob = Node("alice"), Node("bob")
        alice.done.set()
        profiler = Profiler("chat", ("cpu", "heap"), {"messages": 1}, tmp_path)
        profiler.begin("messages", cast(alice))
        profiler.end("messages", cast(alice, bob))
        assert bob.asked == [("heap", 0)]

    def test_only_what_was_asked_for(self, tmp_path):
        alice = Node("alice")
        profiler = Profiler("chat", ("heap",), {"messages": 1}, tmp_path)
        profiler.begin("messages", cast(alice))
        profiler.end("messages", cast(alice))
        assert alice.asked == [("heap", 0)]

    def test_no_phase_to_profile_is_said(self, tmp_path):
        with Profiler("chat", ("cpu",), {"boot": 5}, tmp_path / "profiles") as profiler:
            profiler.begin("boot", {})
            profiler.end("boot", cast(Node("alice")))
        assert profiler.warnings == ("chat has no profiles: none of its published phases begins with nodes",)
        assert not (tmp_path / "profiles").exists()

    def test_what_cannot_be_had_is_a_warning(self, tmp_path):
        nodes = (
            Node("alice", NodeError("alice was killed by SIGKILL", cure="its log is …")),
            Node("bob", None),
        )
        with Profiler("chat", ("cpu", "heap"), {"messages": 1}, tmp_path) as profiler:
            profiler.begin("messages", cast(*nodes))
            for node in nodes:
                node.done.set()
            profiler.end("messages", cast(*nodes))
        assert sorted(profiler.warnings) == [
            "alice has no cpu profile: alice was killed by SIGKILL (its log is …)",
            "alice has no heap profile: alice was killed by SIGKILL (its log is …)",
            "bob offers no cpu profile",
            "bob offers no heap profile",
        ]
        assert files(tmp_path) == {}

    @pytest.mark.parametrize("obstacle", ["file in the way", "folder in the way"])
    def test_what_cannot_be_written_is_a_warning(self, tmp_path, obstacle):
        folder = tmp_path / "profiles"
        if obstacle == "file in the way":
            folder.write_text("")
        else:
            (folder / "chat.alice.heap.pb.gz").mkdir(parents=True)
        with Profiler("chat", ("heap",), {"messages": 1}, folder) as profiler:
            profiler.begin("messages", cast(Node("alice")))
            profiler.end("messages", cast(Node("alice")))
        (warning,) = profiler.warnings
        assert warning.startswith("alice has no heap profile: ")
        assert str(folder) in warning

    def test_a_run_that_fails_in_the_phase_is_left_when_its_nodes_have_ended(self, tmp_path):
        alice = Node("alice")
        with pytest.raises(OutputError):
            with Profiler("chat", ("cpu",), {"messages": 1}, tmp_path) as profiler:
                profiler.begin("messages", cast(alice))
                alice.found = NodeError("alice was killed by SIGKILL")
                alice.done.set()
                raise OutputError("the scenario failed")
        assert profiler.warnings == ("alice has no cpu profile: alice was killed by SIGKILL",)
        assert not profiler._threads


class TestFolder:
    def test_profiles_of_an_earlier_run_go_and_what_others_put_there_stays(self, tmp_path):
        folder = prepare(tmp_path / "report")
        assert not folder.profiles.exists()  # only where they are asked for
        folder.profiles.mkdir()
        for name in ("chat.alice.cpu.pb.gz", ".chat.bob.cpu.pb.gz.7.tcperf-draft", "notes.txt"):
            (folder.profiles / name).write_text("x")
        prepare(tmp_path / "report")
        assert [path.name for path in folder.profiles.iterdir()] == ["notes.txt"]

    def test_profiles_that_are_not_ours_are_not_touched(self, tmp_path):
        Folder(tmp_path).profiles.mkdir()
        with pytest.raises(OutputError, match="was not made by tcperf"):
            prepare(tmp_path)
