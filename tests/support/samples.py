"""Results as real runs make them, and hostile ones, built by hand: for tests of what reads a Result."""

from __future__ import annotations

import math

import attrs

from tcperf.comparison import Comparison, Pairing
from tcperf.measurement import Measurement
from tcperf.metrics import METRICS, TRAFFIC_METRICS
from tcperf.model import (
    Conditions,
    Environment,
    Link,
    NodeExit,
    PhaseInfo,
    PhaseResult,
    Result,
    Run,
    ScenarioInfo,
    Tool,
    Unmeasured,
    Unsupported,
)
from tcperf.subject import GoBuild, Subject
from tcperf.timeseries import FlowSeries, NodeSeries, Series, TrafficSeries
from tcperf.traffic import Account, Capture, Closing, Traffic

SHA256 = "9f2c1e0b4a7d6358c1f0e2d3b4a59687766554433221100ffeeddccbbaa99887"
PUBLISHED = (
    "time_ms",
    "latency_ms",
    "send_ms",
    "cpu_ms",
    "memory_peak_bytes",
    "sent_bytes",
    "packets_count",
)
UNTIMED = tuple(key for key in PUBLISHED if key not in {"latency_ms", "send_ms"})
#: How far the runs stray from each other.
STRAY = (1.0, 1.013, 0.994, 1.004, 0.989, 1.021)
#: Per node and phase: CPU in ms, peak in MiB, bytes sent, frames sent, at a stray of 1.
_FIGURES = {
    "accounts": (1480.25, 142, 6_120, 38),
    "connect": (905.5, 151, 31_874, 190),
    "messages": (9_712.75, 168, 210_041, 881),
    "boot": (612.5, 96, 1_212, 11),
    "account": (1480.25, 142, 6_120, 38),
    "first_peer": (905.5, 151, 31_874, 190),
    "idle": (402.125, 168, 8_811, 61),
}
_SOURCES = {"cpu": "clock", "memory_peak": "VmHWM", "threads": "stat", "disk_written": "io"}
_NS = 1_000_000

ONE_TO_ONE = ScenarioInfo(
    "one_to_one",
    "Two accounts send each other one-to-one messages, one after another.",
    {"messages": 100, "order": "blocks"},
    (
        PhaseInfo("accounts", publish=False, metrics=()),
        PhaseInfo("connect", publish=False, metrics=()),
        PhaseInfo("messages", publish=True, metrics=PUBLISHED),
    ),
)
COLD_START = ScenarioInfo(
    "cold_start",
    "From nothing to the first peer: process start, account, connection.",
    {},
    tuple(PhaseInfo(name, publish=True, metrics=UNTIMED) for name in ("boot", "account", "first_peer")),
)
#: Phase names and their beginnings and ends in ms, at a stray of 1.
_TIMES = {
    "one_to_one": {"accounts": (2_010, 5_120), "connect": (5_140, 16_400), "messages": (16_420, 217_900)},
    "cold_start": {"boot": (40, 1_990), "account": (2_000, 5_050), "first_peer": (5_060, 12_300)},
}

TOOL = Tool("0.1.0", "2026-11-25T02:14:07+00:00", ("tcperf", "run", "--node", "build/bin/status-backend"))
ENVIRONMENT = Environment(
    hostname="agent-7",
    system="Linux",
    kernel="6.18.5-amd64",
    machine="x86_64",
    cpu_model="AMD EPYC 9454P 48-Core Processor",
    cpu_count=2,
    cpu_mhz=2749.998,
    memory_bytes=8_217_755_648,
    load_1m=0.42,
    pressure_cpu_some_avg10=1.31,
    governor=None,
    python="3.11.7",
    virtualization="kvm",
)
GO = GoBuild(
    "go1.22.9",
    "github.com/status-im/status-go/cmd/status-backend",
    "github.com/status-im/status-go",
    "(devel)",
    {"-tags": "gowaku_no_rln", "vcs.revision": "4c6ca00520e0", "CGO_ENABLED": "1"},
)
BACKEND = Subject(
    "/build/bin/status-backend", SHA256, "4c6ca00520e0", "status-backend (relayPeersByTopic)", go=GO
)
REFERENCE = Subject("reference", SHA256[::-1], "0.1.0", "2024-10", reference=True)


def measurement(key, value, exactness="exact"):
    metric = METRICS[key]
    source = _SOURCES.get(metric.name, "interface" if key in TRAFFIC_METRICS else "clock")
    return Measurement(value, metric.unit.symbol, exactness, source)


def phase(name, start_ms, end_ms, stray=1.0, *, timed=False, network="private"):
    """One phase of alice and bob; bob uses a tenth less CPU and sends as much as alice."""
    cpu, peak, sent, packets = _FIGURES[name]
    nodes = {node: _node(cpu * share, peak, sent, packets, stray, network) for node, share in _SHARES.items()}
    totals = {"time_ms": measurement("time_ms", end_ms - start_ms)}
    operations = tuple(_latency(number, stray) for number in range(100)) if timed else ()
    if timed:
        totals["latency_ms"] = measurement("latency_ms", sorted(operations)[50])
        totals["send_ms"] = measurement("send_ms", round(21.5 * stray, 3))
    for key in nodes["alice"]:
        parts = [measurements[key] for measurements in nodes.values()]
        totals[key] = measurement(key, sum(part.value for part in parts), parts[0].exactness)
    return PhaseResult(name, start_ms * _NS, end_ms * _NS, nodes, totals, operations)


_SHARES = {"alice": 1.0, "bob": 0.9}


def _latency(number, stray):
    return round((980 + 40 * math.sin(number)) * stray, 3)


def _node(cpu, peak, sent, packets, stray, network):
    found = {
        "cpu_ms": measurement("cpu_ms", round(cpu * stray**3, 3)),
        "memory_peak_bytes": measurement("memory_peak_bytes", int(peak * stray * 256) * 4096, "bound"),
        "disk_written_bytes": measurement("disk_written_bytes", int(900 * stray) * 4096),
        "threads_count": measurement("threads_count", 14, "sampled"),
    }
    if network == "private":
        found |= {
            "sent_bytes": measurement("sent_bytes", int(sent * stray**0.5)),
            "received_bytes": measurement("received_bytes", int(sent * stray**0.5)),
            "packets_count": measurement("packets_count", int(packets * stray)),
            "received_packets_count": measurement("received_packets_count", int(packets * stray)),
        }
    return found


def run(info, number, *, order=0, network="private", **changes):
    """Run ``number`` (from 1) of a scenario."""
    stray = STRAY[(number - 1) % len(STRAY)]
    phases = tuple(
        phase(
            name,
            int(start * stray),
            int(end * stray),
            stray,
            timed="latency_ms" in next(known.metrics for known in info.phases if known.name == name),
            network=network,
        )
        for name, (start, end) in _TIMES[info.name].items()
    )
    run_id = f"{info.name}-{number}"
    made = Run(
        id=run_id,
        subject="head",
        scenario=info.name,
        order=order,
        phases=phases,
        exits={
            "alice": NodeExit(0, 10_211.4, 1_904.2, 48_113, 902, 40_820, 3),
            "bob": NodeExit(-15, 9_190.3, 1_713.7, 45_017, 877, 39_112, 0),
        },
        closing=_closing(phases) if network == "private" else None,
        traffic=tuple(_traffic(phases)) if network == "private" else (),
        series=f"series/{run_id}.json.gz",
    )
    capture = _capture(made.traffic) if network == "private" else None
    return attrs.evolve(made, **{"capture": capture, **changes})


def _traffic(phases):
    """Every byte that the phases' figures count and, outside of them, the closing's."""
    for found in phases:
        for node, peer in (("alice", "bob"), ("bob", "alice")):
            measured = found.nodes[node]
            yield from exchanged(
                found.name, node, peer, measured["sent_bytes"].value, measured["packets_count"].value
            )
    for node, peer in (("alice", "bob"), ("bob", "alice")):
        yield from exchanged("", node, peer, 2_100, 25)
    for node in ("alice", "bob"):
        yield Traffic("", node, "received", "(outside)", "arp", "other", 42, 0, 0, 1)


def exchanged(phase, node, peer, sent, packets):
    """What ``node`` sent to ``peer`` and multicast, seen from both ends: a tenth of the frames is UDP."""
    few = packets // 10
    main, rest = packets - few, sent - few * 92
    again, opened = packets // 400, int(node == "alice")
    numbers = {
        ("(multicast)", "udp"): (few * 92, few * 78, few * 50, few),
        (peer, "tcp"): (rest, rest - main * 14, rest - main * 66, main, again, opened, opened),
    }
    for (target, protocol), found in numbers.items():
        if found[3]:
            yield Traffic(phase, node, "sent", target, protocol, "p2p", *found)
            yield Traffic(phase, peer, "received", node, protocol, "p2p", *found)


def _capture(traffic):
    nodes = dict.fromkeys(row.node for row in traffic)
    accounts = (account(traffic, node, direction) for node in nodes for direction in ("sent", "received"))
    packets = sum(row.packets for row in traffic if row.direction == "sent")
    return Capture(packets, 0, 0, tuple(accounts))


def account(traffic, node, direction):
    """A node's account in one direction: whatever came from outside is unknown."""
    rows = [row for row in traffic if (row.node, row.direction) == (node, direction)]
    known = [row for row in rows if row.peer != "(outside)"]
    counted = sum(row.frame_bytes for row in rows), sum(row.packets for row in rows)
    attributed = sum(row.frame_bytes for row in known), sum(row.packets for row in known)
    unknown = tuple(whole - part for whole, part in zip(counted, attributed, strict=True))
    return Account(
        node, direction, attributed[0], 0, unknown[0], counted[0], attributed[1], 0, unknown[1], counted[1]
    )


def _closing(phases):
    sent = sum(found.totals["sent_bytes"].value for found in phases) + 4_200
    packets = sum(found.totals["packets_count"].value for found in phases) + 50
    return Closing(sent, sent + 84, packets, packets + 2, 84, 2, 0)


def result(*, runs=3, subject=BACKEND, network="private", scenarios=(ONE_TO_ONE, COLD_START), warnings=()):
    """A result of several runs of each scenario."""
    played = [
        run(info, number, order=index * runs + number - 1, network=network)
        for index, info in enumerate(scenarios)
        for number in range(1, runs + 1)
    ]
    conditions = (
        Conditions("private") if network == "private" else Conditions("host", mtu=None, offloads="host")
    )
    return Result(
        TOOL, ENVIRONMENT, conditions, {"head": subject}, tuple(scenarios), tuple(played), warnings=warnings
    )


def emulated(**changes):
    """A result over a bad network, whose last run lost packets in its capture and kept a file of it."""
    made = result(**changes)
    *runs, last = made.runs
    first, *others = last.capture.accounts
    short = attrs.evolve(
        first, attributed_bytes=first.attributed_bytes - 462, attributed_packets=first.attributed_packets - 7
    )
    capture = attrs.evolve(
        last.capture,
        packets=last.capture.packets - 7,
        lost_packets=7,
        accounts=(short, *others),
        file=f"captures/{last.id}.pcapng",
    )
    closing = attrs.evolve(last.closing, lost_bytes=3_028, lost_packets=2)
    closing = attrs.evolve(
        closing,
        received_bytes=closing.received_bytes - 3_028,
        received_packets=closing.received_packets - 2,
    )
    return attrs.evolve(
        made,
        runs=(*runs, attrs.evolve(last, capture=capture, closing=closing)),
        conditions=Conditions("private", link=Link(50, 10_000_000, 0.01), emulation="netem"),
    )


def reference_result(**changes):
    """One run with the bundled node."""
    return result(runs=1, subject=REFERENCE, scenarios=(ONE_TO_ONE,), **changes)


def series(run, *, interval_ms=50, nodes=("alice", "bob"), traffic=True):
    """The time series of a run: idle with bursts, as nodes are; bob starts a second later."""
    end_ms = max(found.end_ns for found in run.phases) / _NS + 300
    made = {
        node: _node_series(1 + index, 1_000 * index + 113.007, end_ms, interval_ms, traffic)
        for index, node in enumerate(nodes)
    }
    flows = tuple(_flow_series(run, interval_ms)) if traffic and run.traffic else None
    return Series(run.id, interval_ms, made, None if flows is None else TrafficSeries(interval_ms, flows))


def _flow_series(run, interval_ms):
    """Every flow's bytes of every phase in a burst a second, and a large one where the phase begins."""
    bins = {}
    for row in run.traffic:
        found = run.phase(row.phase)
        if row.direction == "received" or found is None:
            continue
        column = bins.setdefault((row.node, row.peer, row.protocol, row.role), {})
        first, last = (int(edge // _NS // interval_ms) for edge in (found.start_ns, found.end_ns))
        places = range(first, last, max(1, 1000 // interval_ms))
        each = row.frame_bytes // (len(places) + 9)
        for place in places:
            column[place] = column.get(place, 0) + each
        column[first] += row.frame_bytes - each * len(places)
    for names, column in bins.items():
        times = sorted(column)
        yield FlowSeries(
            *names,
            tuple(place * interval_ms for place in times),
            tuple(column[place] for place in times),
        )


def _node_series(index, start_ms, end_ms, interval_ms, traffic):
    times = [start_ms + interval_ms * number for number in range(int((end_ms - start_ms) / interval_ms))]
    cpu = rss = sent = 0.0
    columns = {
        "t_ms": [],
        "cpu_ms": [],
        "rss_bytes": [],
        "sent_bytes": [],
        "received_bytes": [],
        "sent_packets": [],
    }
    for number, time_ms in enumerate(times):
        busy = 0.9 if number < 40 else 0.04 + 0.3 * (math.sin(number * 0.7 + index) > 0.86)
        cpu += busy * interval_ms
        rss = 30e6 + 120e6 * (1 - math.exp(-number / 120)) + 6e6 * math.sin(number / 35 + index)
        sent += (math.sin(number * 0.7 + index) > 0.86) * 180
        row = (
            round(time_ms, 3),
            round(cpu, 3),
            int(rss) // 4096 * 4096,
            int(sent),
            int(sent * 0.98),
            int(sent) // 90,
        )
        for column, value in zip(columns.values(), row, strict=True):
            column.append(value)
    if not traffic:
        del columns["sent_bytes"], columns["received_bytes"], columns["sent_packets"]
    return NodeSeries(**{name: tuple(column) for name, column in columns.items()})


#: What untrusted text may hold: markup, terminal control, other directions, service messages, no text at all.
HOSTILE = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "'); DROP TABLE builds; --",
    "##teamcity[buildStatus status='SUCCESS' text='fine']",
    "\x1b]0;owned\x07\x1b[2J\x1b[31mred",
    "\u202egnp.exe\u2066\u200f",
    "zero\x00byte and \x0b\x1c\x85\ufffe",
    "two\r\nlines\ttab\u2028third",
    "half a pair \ud800 and a byte \udcff",
    '=HYPERLINK("http://evil.example","x")',
    "{{ 7 * 7 }}{% raw %}",
    "]]>&amp;<!--",
    "x" * 10_000,
    "日本語 Ελληνικά עברית 🎈",
)


def hostile(text):
    """A result in which ``text`` stands wherever text that is not ours may stand."""
    base = result(runs=3)
    metric = Measurement(1, "ms", "exact", text)

    def spoil(found):
        nodes = {text: {text: metric, **found.nodes["alice"]}}
        totals = {**found.totals, text: metric, "cpu_ms": attrs.evolve(found.totals["cpu_ms"], source=text)}
        return attrs.evolve(found, name=text, nodes=nodes, totals=totals)

    def spoil_row(row):
        return attrs.evolve(row, phase=text, node=text, peer=row.peer if row.peer == "(multicast)" else text)

    def spoil_run(made):
        return attrs.evolve(
            made,
            id=f"{made.id}{text}",
            scenario=text,
            phases=tuple(spoil(found) for found in made.phases[:1]),
            exits={text: NodeExit(1, 1.0, 2.0, 3, 4, 5, 6)},
            traffic=tuple(spoil_row(row) for row in made.traffic[:4]),
            capture=attrs.evolve(
                made.capture, file=text, accounts=(attrs.evolve(made.capture.accounts[0], node=text),)
            ),
            discarded_because=text,
            series=text,
            warnings=(text,),
        )

    subject = Subject(
        text, text, text, text, go=GoBuild(text, text, text, text, {text: text, "-ldflags": text})
    )
    infos = (
        ScenarioInfo(
            text,
            text,
            {text: text},
            (PhaseInfo(text, publish=True, metrics=("cpu_ms", text), test=text, part=text, help=text),),
            {text: text},
        ),
    )
    return Result(
        Tool(text, text, (text, text)),
        Environment(text, text, text, text, text, 1, 1.0, 1, 1.0, 1.0, text, text, text),
        Conditions("private", link=Link(50, 10_000_000, 0.01), emulation=text),
        {"head": subject, text: subject},
        infos,
        tuple(spoil_run(made) for made in base.runs_of("one_to_one")),
        (_hostile_comparison(text),),
        (Pairing(text, 1, stopped="failed", problem=text),),
        (text,),
        unsupported=(Unsupported(infos[0], text),),
        unmeasured=(Unmeasured(text, text, "failed"), Unmeasured(text, text, "unseen", (text,))),
    )


def _hostile_comparison(text):
    return Comparison(
        text,
        text,
        text,
        text,
        "worse",
        gated=True,
        published=True,
        note=text,
        explanation=text,
        accepted=text,
    )


PARENT = attrs.evolve(
    BACKEND, path="/build/parent/status-backend", sha256="1b3d5f7092a4c6e8" * 4, version="b7e6b161aa02"
)


def paired(columns, *, info=ONE_TO_ONE, phase="messages", closing=None, lane=0, **changes):
    """A result of pairs A B B A whose totals in one phase are given: metric -> [(base, head), …], None where absent.

    Traffic, where ``sent_bytes`` is among the metrics, is alice's to bob over TCP, and all of it.
    """
    pairs = max(map(len, columns.values()))
    runs = []
    for pair in range(pairs):
        for side in ("base", "head") if pair % 2 == 0 else ("head", "base"):
            values = {key: found[pair][side == "head"] for key, found in columns.items() if pair < len(found)}
            known = {key: value for key, value in values.items() if value is not None}
            made = _paired_run(info.name, phase, known, side, pair, len(runs))
            runs.append(attrs.evolve(made, closing=closing, lane=lane))
    made = Result(
        TOOL, ENVIRONMENT, Conditions("private"), {"head": BACKEND, "base": PARENT}, (info,), tuple(runs)
    )
    return attrs.evolve(made, **changes)


def _paired_run(scenario, phase, values, side, pair, order):
    totals = {key: measurement(key, value) for key, value in values.items()}
    sent = [round(values[key]) for key in ("sent_bytes",) if key in values]
    rows = tuple(Traffic(phase, "alice", "sent", "bob", "tcp", "p2p", each, each, each, 1) for each in sent)
    return Run(
        id=f"{scenario}-p{pair:02}-{side}",
        subject=side,
        scenario=scenario,
        order=order,
        pair=pair,
        phases=(PhaseResult(phase, 0, 1_000 * _NS, {}, totals),),
        traffic=rows,
        capture=Capture(len(rows), 0, 0, ()),
    )


def unpaired(result, side):
    """One side of a paired result as a result of its own, whose runs know of no pairs."""
    runs = tuple(attrs.evolve(run, subject="head", pair=None) for run in result.runs if run.subject == side)
    return attrs.evolve(result, subjects={"head": result.subjects[side]}, runs=runs)


def around(value, ratio=1.0, pairs=10, noise=0.01):
    """Pairs (base, head) of a metric that strays, the same in every test: head is ``ratio`` times base."""
    strays = [(noise * math.sin(7 * place + 1), noise * math.sin(11 * place + 2)) for place in range(pairs)]
    return [(value * (1 + before), value * ratio * (1 + after)) for before, after in strays]
