"""The options of ``run``, wherever they are given: on the command line or in ``[run]`` of tcperf.toml."""

from __future__ import annotations

from pathlib import Path
from typing import Final, Literal

import attrs
from attrs import frozen

from tcperf.errors import UsageError
from tcperf.link import Link

#: The node that comes with tcperf; a file of this name is given as ``./reference``.
REFERENCE: Final = "reference"
#: The baseline that is the history of the TeamCity build configuration.
TEAMCITY: Final = "teamcity"
#: Before the path of a baseline that need not be there, as in TeamCity's rules of artifact dependencies.
IF_THERE: Final = "?:"
AUTO: Final = "auto"
NETWORKS: Final = ("private", "host")
FORMATS: Final = (AUTO, "teamcity", "console")
GATES: Final = (AUTO, "problem", "condition", "exit", "off")
#: What a capture keeps of each frame, the default first.
PCAPS: Final = ("headers", "full")
#: What Go's pprof offers that is worth a file.
PROFILES: Final = ("cpu", "heap")
#: Of the file of test results: another one may be a scenario, or a result, that was meant.
JUNIT_ENDING: Final = ".xml"


@frozen
class Earlier:
    """The results.json at ``path`` as the baseline.

    One that is ``optional`` is warned of, and breaks nothing, where it is missing or no comparison with it can be made.
    """

    path: Path
    optional: bool = False


@frozen(kw_only=True)
class RunOptions:
    """What was asked for; None is "not given", and the default is then the command's own.

    ``names`` are the scenarios to run, ``scenarios`` the folders to look for more of them in; ``budget`` is in
    seconds.  ``net`` is how bad every link is; a Link without any fault takes back what others say. ``junit`` is
    the file of test results, "auto" the one among the reports. ``as_tests``, ``tag`` and ``trend`` are about
    TeamCity: whether metrics are tests, whether a build with a regression is tagged, and whether past builds are
    shown beside a result that is compared with something else, or with nothing.
    """

    names: tuple[str, ...] | None = None
    scenarios: tuple[Path, ...] | None = None
    node: Path | Literal["reference"] | None = None
    base: Path | Literal["reference"] | None = None
    baseline: Earlier | Literal["teamcity"] | None = None
    runs: int | None = None
    pairs: int | None = None
    out: Path | None = None
    network: str | None = None
    format: str | None = None
    gate: str | None = None
    budget: float | None = None
    lanes: int | Literal["auto"] | None = None
    pcap: str | None = None
    profile: tuple[str, ...] | None = None
    net: Link | None = None
    junit: Path | Literal["auto"] | None = None
    as_tests: bool | None = None
    tag: bool | None = None
    trend: bool | None = None

    def over(self, others: RunOptions) -> RunOptions:
        """These options, and those of ``others`` for each that is not given here."""
        given = attrs.asdict(self, recurse=False, filter=lambda _attribute, value: value is not None)
        return attrs.evolve(others, **given)


RUN_KEYS: Final = tuple(attribute.name for attribute in attrs.fields(RunOptions))


def parse_node(text: str, folder: Path) -> Path | Literal["reference"]:
    """``reference``, or the path of a node's binary, relative to ``folder``."""
    return REFERENCE if text == REFERENCE else folder / text


def parse_baseline(text: str, folder: Path) -> Earlier | Literal["teamcity"]:
    """``teamcity``, or the path of a results.json, relative to ``folder``; behind ``?:`` it is optional."""
    if text == TEAMCITY:
        return TEAMCITY
    return Earlier(folder / text.removeprefix(IF_THERE), optional=text.startswith(IF_THERE))


def parse_junit(text: str, folder: Path) -> Path | Literal["auto"]:
    """``auto``, or the path of an XML file, relative to ``folder``.

    Raises UsageError for a file of another kind: it may be a scenario, or a result, that was meant.
    """
    if text == AUTO:
        return AUTO
    if not text.lower().endswith(JUNIT_ENDING):
        raise UsageError(
            f"{text[:60]!r} is no .xml file", cure="write --junit=FILE.xml, or the option behind all names"
        )
    return folder / text
