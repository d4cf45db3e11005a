"""The machine, as report.html shows it."""

from __future__ import annotations

from collections.abc import Iterator

from tcperf.model import Result
from tcperf.reports.text import grouped
from tcperf.units import humanize


def machine_facts(result: Result) -> Iterator[tuple[str, str]]:
    """The machine's figures that are known, labelled."""
    machine = result.environment
    yield "Host", machine.hostname
    yield "System", f"{machine.system} {machine.kernel}, {machine.machine}"
    optional = {
        "Virtualization": machine.virtualization,
        "CPU": machine.cpu_model,
        "Cores": machine.cpu_count,
        "Clock": None if machine.cpu_mhz is None else f"{machine.cpu_mhz:.0f} MHz",
        "Governor": machine.governor,
        "Memory": None if machine.memory_bytes is None else humanize(machine.memory_bytes, "bytes"),
        "Load (1 min) before": None if machine.load_1m is None else f"{machine.load_1m:.2f}",
        "CPU pressure before": _percent(machine.pressure_cpu_some_avg10),
    }
    for label, value in optional.items():
        if value is not None:
            yield label, value if isinstance(value, str) else grouped(value)
    yield "Python", machine.python


def _percent(value: float | None) -> str | None:
    return None if value is None else f"{humanize(value, 'pct')} of 10 s"
