"""Go's own figures and profiles of real status-backend binaries, given in TCPERF_STATUS_BACKEND."""

import os
import threading
from pathlib import Path

import pytest
from pprof_files import read

from tcperf.cli.node import choose
from tcperf.network.run_network import RunNetwork
from tcperf.nodes.interface import Place
from tcperf.probes.go import go_measurements
from tcperf.probes.node import NodeProbe, measure
from tcperf.profiling import Profiler

VARIABLE = "TCPERF_STATUS_BACKEND"
BINARIES = [path for path in os.environ.get(VARIABLE, "").split(os.pathsep) if path]

pytestmark = [
    pytest.mark.integration,
    pytest.mark.real_node,
    pytest.mark.skipif(not BINARIES, reason=f"no real node: {VARIABLE} names no status-backend binary"),
]


@pytest.fixture(params=BINARIES or [None], ids=[Path(path).name for path in BINARIES] or ["none"])
def node(request, tmp_path):
    """A started node without an account, and its host."""
    with RunNetwork("private") as network:
        host = network.add_host("alice")
        place = Place(host, tmp_path, tmp_path / "alice.log", lambda _pid: None, lambda: None)
        driver = choose(Path(request.param)).factory(place)
        try:
            driver.start()
            yield driver, host
        finally:
            driver.stop(graceful=False)


def test_all_figures_of_a_phase(node):
    driver, host = node
    probe = NodeProbe(driver.pid, host)
    go_before, begin = driver.go_figures(), probe.begin()
    driver.create_account()
    end, go_after = probe.end(), driver.go_figures()
    found = {**measure(begin, end), **go_measurements(go_before, go_after)}
    probe.close()
    value = {key: measurement.value for key, measurement in found.items()}
    # The key derivation, six keystore files, the databases: see what an account costs in the drivers' facts.
    assert value["cpu_ms"] > 500
    assert value["cpu_user_ms"] > value["cpu_system_ms"] > 0
    assert found["cpu_ms"].exactness == "exact"
    assert value["memory_rest_bytes"] <= value["memory_peak_bytes"]
    assert value["page_faults_count"] > 1000
    assert value["context_switches_count"] > value["threads_count"]
    assert value["disk_written_bytes"] > 1_000_000
    assert value["go_alloc_bytes"] > 10_000_000
    assert value["go_mallocs_count"] > 10_000
    assert value["go_gc_count"] >= 1
    assert 0 < value["go_gc_cpu_pct"] < 100
    assert {found[key].source for key in found if key.startswith("go")} == {"expvar"}
    assert driver.stop().voluntary_switches > value["context_switches_count"] / 2


def test_both_profiles_hold_samples_and_the_node_answers_meanwhile(node, tmp_path):
    driver, _host = node
    folder = tmp_path / "profiles"
    with Profiler("one", ("cpu", "heap"), {"account": 2.0}, folder) as profiler:
        profiler.begin("account", {"alice": driver})
        driver.create_account()
        assert driver.go_figures().goroutines > 0
        profiler.end("account", {"alice": driver})
    assert profiler.warnings == ()
    samples, texts = read((folder / "one.alice.cpu.pb.gz").read_bytes())
    assert samples > 10
    assert {"samples", "cpu", "nanoseconds"} <= set(texts)
    assert any("status-go" in text for text in texts)
    samples, texts = read((folder / "one.alice.heap.pb.gz").read_bytes())
    assert samples > 10
    assert {"inuse_space", "alloc_objects", "bytes"} <= set(texts)


def test_a_second_cpu_profile_at_the_same_time_is_none(node):
    driver, _host = node
    found = []
    both = [threading.Thread(target=lambda: found.append(driver.profile("cpu", 2))) for _ in range(2)]
    for thread in both:
        thread.start()
    for thread in both:
        thread.join()
    assert sorted(profile is None for profile in found) == [False, True]
