"""The machine record: what results from another machine must not be compared with silently."""

from __future__ import annotations

import os
import platform
import re
from pathlib import Path

from tcperf.model import Environment

_PRESSURE = re.compile(r"^some avg10=([0-9.]+)", re.MULTILINE)
_MODEL = re.compile(r"^(?:model name|Model|Processor)\s*:\s*(.+)$", re.MULTILINE)


def describe() -> Environment:
    """The machine now.  Figures that this system does not offer are None."""
    import psutil

    load = psutil.getloadavg()
    return Environment(
        hostname=platform.node(),
        system=platform.system(),
        kernel=platform.release(),
        machine=platform.machine(),
        cpu_model=cpu_model(_text("/proc/cpuinfo")) or platform.processor() or None,
        cpu_count=usable_cpus(),
        cpu_mhz=_megahertz(),
        memory_bytes=psutil.virtual_memory().total,
        load_1m=load[0],
        pressure_cpu_some_avg10=pressure(_text("/proc/pressure/cpu")),
        governor=_text("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor").strip() or None,
        python=platform.python_version(),
        virtualization=_text("/sys/class/dmi/id/product_name").strip() or None,
    )


def cpu_model(cpuinfo: str) -> str | None:
    """The processor's name in the text of /proc/cpuinfo, or None."""
    found = _MODEL.search(cpuinfo)
    return found[1].strip() if found else None


def pressure(text: str) -> float | None:
    """The share of the last 10 s in which some task waited for a CPU, in percent (Linux PSI), or None."""
    found = _PRESSURE.search(text)
    return float(found[1]) if found else None


def _megahertz() -> float | None:
    import psutil

    try:
        frequency = psutil.cpu_freq()
    except (
        AttributeError,
        NotImplementedError,
        OSError,
    ):  # no such figure on this system or in this container
        return None
    return getattr(frequency, "current", None)  # psutil answers None where it finds no CPU


def usable_cpus() -> int | None:
    """How many cores this process may use, or None where the system does not tell."""
    affinity = getattr(os, "sched_getaffinity", None)
    return len(affinity(0)) if affinity is not None else os.cpu_count()


def _text(path: str) -> str:
    try:
        return Path(path).read_text("utf-8", "replace")
    except OSError:
        return ""
