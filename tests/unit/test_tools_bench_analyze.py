"""The benchmark of ``tcperf analyze``: its captures are what they should be, and it measures."""

import importlib.util
import subprocess
import sys
from pathlib import Path

import pytest
from dpkt_tables import tables

from tcperf.captures.analysis import analyze

TOOL = Path(__file__).parents[2] / "tools" / "bench_analyze.py"


@pytest.fixture(scope="module")
def bench():
    spec = importlib.util.spec_from_file_location("bench_analyze", TOOL)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_help():
    run = subprocess.run([sys.executable, TOOL, "--help"], capture_output=True, check=True, text=True)
    assert "--packets" in run.stdout
    assert "medians" in run.stdout
    assert "TCP in order" in run.stdout  # what traffic the speed is of


def test_runs_as_a_program():
    run = subprocess.run(
        [
            *(sys.executable, TOOL, "--packets", "2000", "--rounds", "2"),
            *("--kind", "pcap, Ethernet, IPv4", "--kind", "pcapng, headers only"),
        ],
        capture_output=True,
        check=True,
        text=True,
    )
    title, header, *rows = run.stdout.splitlines()
    assert title == "2,000 packets, 2 rounds"
    assert header.split() == ["packets/s", "lowest", "highest", "aim", "peak", "MiB"]
    assert [row[:24].strip() for row in rows] == [
        "pcap, Ethernet, IPv4",
        "dpkt.pcap.Reader alone",
        "pcapng, headers only",
    ]
    for row in rows:
        median, lowest, highest = (int(number.replace(",", "")) for number in row[24:].split()[:3])
        assert 0 < lowest <= median <= highest
        assert 1 < float(row.split()[-1]) < 500


def test_captures_are_a_chats(bench, tmp_path):
    """Every kind holds the same conversations, without a retransmission, and dpkt counts them alike."""
    for name, kind in bench.KINDS.items():
        path = tmp_path / "capture"
        bench.write(path, kind, 3000)
        found = analyze(str(path))
        assert found.notes == ()
        assert found.packets == (2997 if kind.link == 101 else 3000), name
        assert sum(row.retransmissions for row in found.rows) == 0
        assert sum(row.connections for row in found.rows) > 20
        assert {row.protocol for row in found.rows} >= {"tcp", "udp"}
        theirs = [numbers for key, numbers in tables(path).items() if key[2] == "sent"]
        assert sum(numbers.frame_bytes for numbers in theirs) == found.frame_bytes
        assert sum(numbers.connections for numbers in theirs) == sum(row.connections for row in found.rows)
        path.unlink()


def test_headers_only_keeps_no_content(bench, tmp_path):
    whole, headers = (bench.KINDS[f"pcapng, {kind}"] for kind in ("Ethernet, IPv4", "headers only"))
    bench.write(tmp_path / "whole", whole, 1000)
    bench.write(tmp_path / "headers", headers, 1000)
    assert (tmp_path / "headers").stat().st_size < (tmp_path / "whole").stat().st_size / 2
    assert analyze(str(tmp_path / "headers")).frame_bytes == analyze(str(tmp_path / "whole")).frame_bytes


def test_rounds_are_interleaved(bench, tmp_path, monkeypatch):
    ran = []

    def measure(program, path):
        ran.append((program is bench._BARE, path.name))
        return bench.Figures(float(len(ran)), 1 << 20)

    monkeypatch.setattr(bench, "measure", measure)
    names = ["pcap, raw IP", "pcapng, Ethernet, IPv4"]
    found = bench.compete(tmp_path, 10, 2, names)
    order = [(False, "0.pcap"), (True, "0.pcap"), (False, "1.pcapng")]
    assert ran == [*order, *reversed(order)]
    assert [each.packets_per_s for each in found["pcap, raw IP"]] == [1.0, 6.0]
    assert bench.too_slow(found) == names


def test_a_missed_aim_is_a_failure_where_asked(bench, monkeypatch, capsys):
    for rate, status in ((400_000.0, 1), (600_000.0, 0)):
        monkeypatch.setattr(bench, "measure", lambda _program, _path, rate=rate: bench.Figures(rate, 1 << 20))
        arguments = ["--packets", "10", "--rounds", "1", "--kind", "pcap, Ethernet, IPv4"]
        assert bench.main(arguments) == 0
        assert bench.main([*arguments, "--check"]) == status
        assert ("too slow: pcap, Ethernet, IPv4" in capsys.readouterr().err) == bool(status)


def test_a_capture_that_is_not_read_whole_is_no_figure(bench, tmp_path):
    path = tmp_path / "capture"
    bench.write(path, bench.KINDS["pcap, raw IP"], 10)
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(RuntimeError, match="not read to its end"):
        bench.measure(bench._PROBE, path)


@pytest.mark.parametrize("argument", ["--packets=0", "--rounds=0", "--kind=paper"])
def test_nonsense_is_refused(bench, argument, capsys):
    with pytest.raises(SystemExit) as caught:
        bench.main([argument])
    assert caught.value.code == 2
    assert "error" in capsys.readouterr().err
