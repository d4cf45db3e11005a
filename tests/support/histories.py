"""Past builds of a result: as values, as the stand-in server keeps them, and the build that is seen beside them."""

from __future__ import annotations

import math

import attrs
from teamcity_server import FakeBuild, past_builds

from tcperf import results
from tcperf.baselines.teamcity import RESULTS
from tcperf.history import History, PastBuild
from tcperf.reports.text import plain
from tcperf.summary import published

CONFIGURATION = "Project_Perf"
#: This build, whose predecessors have smaller ids.
BUILD = 4711


def statistics(result, ratio=1.0):
    """What a build with this result published, all of it times ``ratio``."""
    return {summary.key: summary.median * ratio for summary in published(result)}


def wobble(place, noise=0.01):
    """How far the build at a place strays from 1: the same in every test, and never twice the same."""
    return 1 + noise * math.sin(7 * place + 1)


def builds(figures, ratios, **changes):
    """Past builds, oldest first, a day apart, whose figures are those of a build times one of ``ratios``."""
    return tuple(
        PastBuild(
            **{
                "id": 100 + place,
                "number": str(100 + place),
                "finished": f"2026-10-{1 + place % 28:02}T02:14:07+00:00",
                "url": f"https://teamcity.example.org/build/{100 + place}",
                "branch": "develop",
                "revision": f"{place:040x}",
                "agent": "agent-1",
                "statistics": {key: value * ratio for key, value in figures.items()},
                **changes,
            }
        )
        for place, ratio in enumerate(ratios)
    )


def history(figures, ratios, *, same_agent=True, reason="target", **changes):
    """The history of these builds."""
    found = builds(figures, ratios, **changes)
    return History(found, reason, f"{len(found)} successful builds of develop", same_agent)


def fake_builds(result, count=20, *, first=1, noise=0.01, ratio=1.0, keeps=True, **common):
    """The same as the server keeps them; with ``keeps``, with the result among their artifacts."""
    figures = statistics(result, ratio)
    made = past_builds(
        count,
        lambda number: {
            "BuildDuration": "61234",
            **{key: plain(round(value * wobble(number, noise), 6)) for key, value in figures.items()},
        },
        first=first,
        **common,
    )
    kept = {RESULTS: results.dumps(result).encode("ascii")} if keeps else {}
    for build in made:
        build.artifacts = dict(kept)
    return made


def environment(server, folder, **told):
    """The variables of a build on ``server``, whose property files are in ``folder``; ``told`` are more parameters.

    A name in ``told`` has ``_`` for each dot.
    """
    configuration = {
        "teamcity.serverUrl": server.url,
        **{name.replace("_", "."): text for name, text in told.items()},
    }
    build = {
        "teamcity.build.id": str(BUILD),
        "teamcity.buildType.id": CONFIGURATION,
        "teamcity.agent.name": "agent-1",
        "teamcity.configuration.properties.file": str(folder / "configuration.properties"),
        "teamcity.auth.userId": server.user,
        "teamcity.auth.password": server.password,
    }
    _write(folder / "configuration.properties", configuration)
    _write(folder / "build.properties", build)
    return {
        "TEAMCITY_VERSION": "2026.1 (build 200000)",
        "TEAMCITY_BUILD_PROPERTIES_FILE": str(folder / "build.properties"),
    }


def _write(path, properties):
    lines = (f"{name}={text}" for name, text in properties.items() if text is not None)
    path.write_text("\n".join(lines) + "\n", "latin-1")


def unlike(result, **params):
    """The result with other parameters of its first scenario."""
    first, *others = result.scenarios
    return attrs.evolve(result, scenarios=(attrs.evolve(first, params={**first.params, **params}), *others))


__all__ = [
    "BUILD",
    "CONFIGURATION",
    "FakeBuild",
    "builds",
    "environment",
    "fake_builds",
    "history",
    "statistics",
    "unlike",
    "wobble",
]
