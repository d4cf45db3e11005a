"""The sampler's files, read back strictly."""

import gzip
import json
from pathlib import Path

import pytest
import samples

from tcperf import timeseries
from tcperf.errors import ConfigError, UsageError
from tcperf.timeseries import FlowSeries, NodeSeries, Series, TrafficSeries, load_series, loads_series

ALICE = {"t_ms": [0.5, 50, 100.25], "cpu_ms": [0, 12.5, 13], "rss_bytes": [4096, 8192, 8192]}
FLOW = {
    "node": "alice", "peer": "(multicast)", "protocol": "udp", "role": "p2p", "t_ms": [0, 150], "bytes": [216, 92],
}  # fmt: skip
TRAFFIC = {"sent_bytes": [0, 42, 84], "received_bytes": [0, 0, 42]}


def document(**changes):
    return {"schema": 1, "run": "idle-1", "interval_ms": 50, "nodes": {"alice": ALICE | TRAFFIC}} | changes


def written(path, found):
    path.write_bytes(gzip.compress(json.dumps(found).encode("ascii"), mtime=0))
    return path


def test_a_series_is_read_as_the_sampler_writes_it(tmp_path):
    read = load_series(written(tmp_path / "idle-1.json.gz", document()))
    node = NodeSeries((0.5, 50, 100.25), (0, 12.5, 13), (4096, 8192, 8192), (0, 42, 84), (0, 0, 42))
    assert read == Series("idle-1", 50, {"alice": node})
    assert type(read.nodes["alice"].rss_bytes[0]) is int


def test_on_the_hosts_network_there_is_no_traffic():
    node = loads_series(json.dumps(document(nodes={"alice": ALICE})), "x").nodes["alice"]
    assert node.sent_bytes is None
    assert node.received_bytes is None
    assert node.sent_packets is None


def test_frames_are_there_where_they_were_counted():
    counted = ALICE | TRAFFIC | {"sent_packets": [0, 1, 2], "received_packets": [0, 0, 1]}
    node = loads_series(json.dumps(document(nodes={"alice": counted})), "x").nodes["alice"]
    assert (node.sent_packets, node.received_packets) == ((0, 1, 2), (0, 0, 1))
    short = counted | {"sent_packets": [0, 1]}
    with pytest.raises(UsageError, match="not of one length"):
        loads_series(json.dumps(document(nodes={"alice": short})), "x")


def test_a_node_that_was_never_sampled_has_empty_columns():
    empty = {name: [] for name in ALICE}
    assert loads_series(json.dumps(document(nodes={"bob": empty})), "x").nodes["bob"].t_ms == ()


def test_later_columns_and_keys_are_ignored():
    found = document(colour="blue", nodes={"alice": ALICE | {"joules": "many"}})
    assert loads_series(json.dumps(found), "x").nodes["alice"].cpu_ms == (0, 12.5, 13)


def test_captured_traffic_is_read_and_may_be_absent():
    found = loads_series(
        json.dumps(document(traffic={"interval_ms": 50, "rows": [FLOW | {"later": 1}]})), "x"
    )
    flow = FlowSeries("alice", "(multicast)", "udp", "p2p", (0, 150), (216, 92))
    assert found.traffic == TrafficSeries(50, (flow,))
    assert loads_series(json.dumps(document()), "x").traffic is None
    assert (
        loads_series(json.dumps(document(traffic={"interval_ms": 50, "rows": []})), "x").traffic.flows == ()
    )


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"node": None}, "traffic.rows[0] does not say who sent what to whom"),
        ({"protocol": 6}, "traffic.rows[0] does not say who sent what to whom"),
        ({"t_ms": None}, "traffic.rows[0].t_ms is no list"),
        ({"t_ms": [0, "150"]}, "traffic.rows[0].t_ms holds what is no number"),
        ({"bytes": [216]}, "the columns of traffic.rows[0] are not of one length"),
        ({"bytes": [216, True]}, "traffic.rows[0].bytes holds what is no number"),
        ({"bytes": [216, -1]}, "traffic.rows[0].bytes holds less than nothing"),
        ({"bytes": [216, 10**18]}, "traffic.rows[0].bytes holds an absurdly large number"),
        ({"t_ms": [0, 0]}, "the times of traffic.rows[0] do not go on"),
        ({"t_ms": [150, 0]}, "the times of traffic.rows[0] do not go on"),
    ],
)
def test_traffic_that_is_none_is_told_with_its_place(changes, told):
    found = document(traffic={"interval_ms": 50, "rows": [FLOW | changes]})
    with pytest.raises(UsageError) as caught:
        loads_series(json.dumps(found), "s.json.gz")
    assert told in caught.value.message


def test_a_newer_schema_is_refused():
    with pytest.raises(ConfigError, match=r"x has schema 2, and this tcperf reads up to schema 1"):
        loads_series(json.dumps(document(schema=2)), "x")


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"run": 3}, "it names no run or no nodes"),
        ({"nodes": []}, "it names no run or no nodes"),
        ({"interval_ms": "50"}, "interval_ms holds what is no number"),
        ({"nodes": {"alice": []}}, "nodes['alice'] is no object"),
        ({"nodes": {"alice": {"t_ms": [1]}}}, "nodes['alice'].cpu_ms is missing"),
        ({"nodes": {"alice": ALICE | {"cpu_ms": 5}}}, "nodes['alice'].cpu_ms is no list"),
        ({"nodes": {"alice": ALICE | {"cpu_ms": [0, None, 1]}}}, "cpu_ms holds what is no number"),
        ({"nodes": {"alice": ALICE | {"cpu_ms": [0, True, 1]}}}, "cpu_ms holds what is no number"),
        ({"nodes": {"alice": ALICE | {"cpu_ms": [0, 1e19, 1]}}}, "cpu_ms holds an absurdly large number"),
        ({"nodes": {"alice": ALICE | {"cpu_ms": [0, -(10**30), 1]}}}, "cpu_ms holds an absurdly large"),
        (
            {"nodes": {"alice": ALICE | {"cpu_ms": [0]}}},
            "the columns of nodes['alice'] are not of one length",
        ),
        ({"nodes": {"alice": ALICE | {"t_ms": [1, 3, 2]}}}, "the times of nodes['alice'] go back"),
        ({"traffic": []}, "traffic has no rows"),
        ({"traffic": {"interval_ms": 50}}, "traffic has no rows"),
        ({"traffic": {"rows": []}}, "traffic.interval_ms holds what is no number"),
        ({"traffic": {"interval_ms": 0, "rows": []}}, "traffic.interval_ms is below a millisecond"),
        ({"traffic": {"interval_ms": 50, "rows": [3]}}, "traffic.rows[0] is no object"),
    ],
)
def test_what_is_no_series_is_told_with_its_place(changes, told):
    with pytest.raises(UsageError) as caught:
        loads_series(json.dumps(document(**changes)), "s.json.gz")
    assert caught.value.message.startswith("s.json.gz is no time series of tcperf: ")
    assert told in caught.value.message
    assert "can be made without it" in caught.value.cure


def test_a_damaged_file_is_told(tmp_path):
    path = written(tmp_path / "a.json.gz", document())
    whole = path.read_bytes()
    path.write_bytes(whole[:-12])
    with pytest.raises(UsageError, match=rf"^{path} is no time series of tcperf: it is cut off"):
        load_series(path)
    path.write_bytes(b'{"schema": 1}')
    with pytest.raises(UsageError, match="it is no gzip file"):
        load_series(path)
    path.write_bytes(gzip.compress(b"\xff\xfe"))
    with pytest.raises(UsageError, match="byte 0 is no UTF-8"):
        load_series(path)
    with pytest.raises(UsageError, match="cannot be read: No such file"):
        load_series(tmp_path / "none.json.gz")
    for path in (tmp_path, Path("/dev/zero")):
        with pytest.raises(UsageError, match="it is no regular file"):
            load_series(path)


def test_a_file_that_unpacks_without_end_does_not_fill_the_memory(tmp_path, monkeypatch):
    monkeypatch.setattr(timeseries, "LIMIT_BYTES", 1000)
    path = tmp_path / "a.json.gz"
    path.write_bytes(gzip.compress(b" " * 100_000))
    with pytest.raises(UsageError, match="it holds more than 1000 bytes"):
        load_series(path)
    assert load_series(written(tmp_path / "b.json.gz", document())).run == "idle-1"


def test_the_samples_are_series_too():
    made = samples.series(samples.result().runs[0])
    nodes = {
        name: {"t_ms": node.t_ms, "cpu_ms": node.cpu_ms, "rss_bytes": node.rss_bytes}
        for name, node in made.nodes.items()
    }
    flows = [
        {"node": flow.node, "peer": flow.peer, "protocol": flow.protocol, "role": flow.role}
        | {"t_ms": flow.t_ms, "bytes": flow.sent_bytes}
        for flow in made.traffic.flows
    ]
    traffic = {"interval_ms": 50, "rows": flows}
    read = loads_series(json.dumps(document(nodes=nodes, traffic=traffic)), "x")
    assert read.nodes["alice"].t_ms == made.nodes["alice"].t_ms
    assert read.traffic == made.traffic
