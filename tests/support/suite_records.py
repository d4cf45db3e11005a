"""Facts and records of a suite, for those who make results of them."""

from attrs import evolve

from tcperf.measurement import Measurement
from tcperf.model import Conditions, Environment
from tcperf.subject import Subject
from tcperf.suite.gathering import Facts
from tcperf.suite.record import Record
from tcperf.traffic import Traffic

MACHINE = Environment("h", "Linux", "6", "x86_64", None, 2, None, None, None, None, None, "3.11")
FACTS = Facts(
    "mine", Conditions("loopback", 65536, "host"), MACHINE, "2026-01-01T00:00:00+00:00", ("pytest",), 1000
)
SUBJECT = Subject("/bin/node", "0" * 64, "1", "unknown")
TRAFFIC = Traffic("send", "node", "sent", "(outside)", "tcp", "p2p", 114, 100, 60, 1)


def made(name="send", origin="a.py::test_send", start_ns=2000, value=5.0, **changes):
    cpu = Measurement(value, "ms", "exact", "cpu clock")
    time = Measurement(10.0, "ms", "exact", "monotonic clock")
    whole = Record(
        name, origin, start_ns, start_ns + 10, {"node": {"cpu_ms": cpu}}, {"time_ms": time, "cpu_ms": cpu},
        (TRAFFIC,), {"node": "/bin/node"},
    )  # fmt: skip
    return evolve(whole, **changes)
