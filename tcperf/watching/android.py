"""An app on a phone, watched over ``adb``: its processes, and the traffic of its user id, at the edges of a stretch.

One call an edge: at a stretch's beginning the traffic first and the processes last, at its end the other way round, and
the memory, which disturbs the app, after all.  Times are the phone's.  An app that is started in a stretch counts from
its processes' birth; one that ended or was restarted in it has no figures, and a warning says so.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from attrs import define, field

from tcperf.errors import TcperfError, UsageError
from tcperf.measurement import Measurement, measured
from tcperf.metrics import MEMORY_PEAK
from tcperf.quoting import shown
from tcperf.watching import android_reading, android_script, android_traffic
from tcperf.watching.android_adb import Phone, find_phone
from tcperf.watching.android_reading import AppProcess, Life, Reading
from tcperf.watching.interface import Measured
from tcperf.watching.naming import fitting

#: What the kernel tells user space its ticks are on every architecture that Android runs on (asm-generic/param.h: USER_HZ).
_USER_HZ: Final = 100
_TICKS: Final = re.compile("[1-9][0-9]{1,4}")
_MS_PER_S: Final = 1000.0
_BEGIN: Final = (android_script.TRAFFIC, android_script.PROCESSES)
_END: Final = (android_script.PROCESSES, android_script.TRAFFIC, android_script.MEMORY)


@define(eq=False)
class _Stretch:
    _of: AndroidApp
    begin: Reading | None
    totals: Mapping[str, Measurement] = field(factory=dict, init=False)

    def end(self) -> Measured:
        """See ``tcperf.watching.interface.Stretch``."""
        return self._of.end(self.begin)


def watch_android(spec: str, env: Mapping[str, str]) -> AndroidApp:
    """Watch the app that ``spec`` means: ``PACKAGE``, or ``PACKAGE@SERIAL`` where there are several phones.

    It need not run yet.  Raises UsageError where there is no such package, and what ``find_phone`` raises.
    """
    name, _at, serial = spec.partition("@")
    package = android_script.check_package(name)
    phone = find_phone(serial or None, env)
    script, mark = android_script.script(package, android_script.ABOUT)
    about = dict(android_script.sections(phone.shell(script), mark))
    uid = android_reading.uid_of(about.get("uid", ""), package)
    if uid is None:
        raise UsageError(
            f"the phone {shown(phone.serial)} has no package {package}",
            cure="install it (adb install FILE.apk); `adb shell pm list packages` lists what there is",
        )
    ticks = _TICKS.fullmatch(about.get("ticks", "").strip())
    return AndroidApp(phone, package, uid, int(ticks[0]) if ticks else _USER_HZ)


@define(eq=False)
class AndroidApp:
    """A ``tcperf.watching.interface.Watched``: one app on one phone."""

    _phone: Phone
    _package: str
    _uid: int
    _ticks_per_s: int
    _told: dict[str, None] = field(factory=dict)

    @property
    def warnings(self) -> tuple[str, ...]:
        """What is less than it could be."""
        return tuple(self._told)

    def begin(self) -> _Stretch:
        """A stretch begins when this returns."""
        return _Stretch(self, self._read(*_BEGIN))

    def look(self) -> None:
        """A look would disturb the phone: it is read at edges alone."""

    def close(self) -> None:
        """Nothing is held open."""

    def end(self, begin: Reading | None) -> Measured:
        """What a stretch measured; it is over."""
        end = self._read(*_END)
        if begin is None or end is None or not self._is_one_life(begin, end):
            return {}
        found = {**self._work(begin, end), **_memory(end), **self._traffic(begin, end)}
        return {fitting(self._package, "app"): found}

    def _read(self, *parts: str) -> Reading | None:
        script, mark = android_script.script(self._package, *parts)
        try:
            reading = android_reading.parse(
                android_script.sections(self._phone.shell(script), mark), self._uid
            )
        except TcperfError as error:
            self._warn(f"{self._package}: {error}")
            return None
        if reading is None:
            self._warn(f"{self._package}: the phone does not tell its time: Android 8 or later is needed")
        return reading

    def _is_one_life(self, begin: Reading, end: Reading) -> bool:
        before, after = begin.main(self._package), end.main(self._package)
        if after is not None and (before in {None, after}):
            return True
        if before is None:
            self._warn(f"{self._package} did not run in a measured stretch: start it before the stretch ends")
        else:
            what = "ended" if after is None else "was restarted"
            self._warn(
                f"{self._package} {what} within a measured stretch, which has no figures of it: "
                "let one test be one life of the app (`adb logcat -b crash` tells of crashes)"
            )
        return False

    def _work(self, begin: Reading, end: Reading) -> dict[str, Measurement]:
        """What the processes that live at the end have done; what others did that ended meanwhile is not to be had."""
        source = "phone's stat, ticks"
        if set(begin.processes) - set(end.processes):
            self._warn(
                f"{self._package}: a process of it ended within a stretch, and its CPU time is not in the figures"
            )
            source += ", without ended processes"
        before = begin.processes
        user, system, faults = (
            sum(_since(before, life, process, name) for life, process in end.processes.items())
            for name in ("user_ticks", "system_ticks", "page_faults")
        )
        scale = _MS_PER_S / self._ticks_per_s
        return {
            "time_ms": measured("time_ms", end.uptime_ms - begin.uptime_ms, "sampled", "phone's uptime"),
            "cpu_ms": measured("cpu_ms", (user + system) * scale, "sampled", source),
            "cpu_user_ms": measured("cpu_user_ms", user * scale, "sampled", source),
            "cpu_system_ms": measured("cpu_system_ms", system * scale, "sampled", source),
            "page_faults_count": measured("page_faults_count", faults, "sampled", "phone's stat"),
            "threads_count": measured(
                "threads_count",
                sum(each.threads for each in end.processes.values()),
                "sampled",
                "phone's stat",
            ),
        }

    def _traffic(self, begin: Reading, end: Reading) -> dict[str, Measurement]:
        """IP's own lengths: a phone's networks have no frames in common."""
        passed = None
        if begin.history is not None and end.history is not None:
            passed = android_traffic.between(begin.history, end.history)
        if passed is None:
            self._warn(
                f"{self._package}: no traffic, for the phone's statistics cannot be read or were reset"
            )
            return {}
        source = "phone's netstats by uid: IP lengths"
        return {
            key: measured(key, value, "sampled", source)
            for key, value in (
                ("sent_bytes", passed.sent_bytes),
                ("received_bytes", passed.received_bytes),
                ("ip_bytes", passed.sent_bytes),
                ("packets_count", passed.sent_packets),
                ("received_packets_count", passed.received_packets),
            )
        }

    def _warn(self, text: str) -> None:
        self._told[text] = None


def _since(before: Mapping[Life, AppProcess], life: Life, process: AppProcess, name: str) -> int:
    """How much a figure grew since the beginning, or since the process's birth."""
    first = before.get(life)
    return int(getattr(process, name)) - (int(getattr(first, name)) if first is not None else 0)


def _memory(end: Reading) -> dict[str, Measurement]:
    """The peak cannot be reset on a phone; pages that all apps share count in full in it, and in parts in what is at rest."""
    found = {}
    peaks = [process.peak_bytes for process in end.processes.values() if process.peak_bytes is not None]
    if len(peaks) == len(end.processes):
        found[MEMORY_PEAK] = measured(MEMORY_PEAK, sum(peaks), "bound", "phone's VmHWM, whole life")
    if end.pss_bytes is not None:
        found["memory_rest_bytes"] = measured(
            "memory_rest_bytes", end.pss_bytes, "sampled", "phone's meminfo: PSS"
        )
    return found
