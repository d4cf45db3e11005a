"""The options of ``settings``."""

from __future__ import annotations

import argparse
from typing import Any

from tcperf.buildsettings import CONDITIONS, parse_conditions, parse_id
from tcperf.cli.arguments import add_command, add_param, add_selection
from tcperf.errors import UsageError

_DESCRIPTION = """\
Make a TeamCity build configuration as code, from tcperf.toml and the keys that scenarios declare: the step, the
trigger for pull requests, failure conditions, charts, the report tab.  Nothing is run.

What is given here as to `tcperf run` goes into the step; what tcperf.toml says is found there again.  Keys of
[teamcity] say the rest: name, id, install, build, base_build, keep_node, target, vcs_root, timeout, cpus, branches,
pull_requests, token, conditions, artifacts, as_tests, tag, trend, history_builds.
"""
_EXAMPLES = """\
examples:
  tcperf settings --kotlin --out .teamcity   Kotlin for versioned settings: tcperf/Tcperf.kt and, where there is
                                             none, settings.kts
  tcperf settings --xml --project Perf --out .teamcity/Perf
                                             the same in XML, which needs [teamcity] vcs_root, too
  tcperf settings --rest                     the charts alone, as bodies for the server's REST interface
  tcperf settings --rest --apply --project Perf --server https://teamcity.example.org --dry-run
                                             what would be done to a project's charts; the token is read from
                                             TCPERF_TEAMCITY_TOKEN
"""


def add_settings(subparsers: Any) -> None:
    """``tcperf settings``."""
    parser = add_command(subparsers, "settings", "settings", _DESCRIPTION)
    parser.epilog = _EXAMPLES
    add_selection(parser)
    add_param(parser)
    _add_forms(parser)
    parser.add_argument(
        "--base-build",
        metavar="COMMAND",
        help="what builds the parent's node, in a worktree at the merge base, such as 'make status-backend'",
    )
    parser.add_argument(
        "--conditions",
        type=_conditions,
        metavar="LIST",
        help=f"failure conditions, separated by commas: {', '.join(CONDITIONS)} (default: regressions, and "
        "over_budget and undecided where tcperf.toml's rules call for them)",
    )
    parser.add_argument(
        "--classic",
        action="store_true",
        help="also TeamCity's own kind of condition, each metric against the last successful build",
    )
    parser.add_argument("--out", metavar="DIR", help="the folder to write to (default: standard output)")
    _add_server(parser)


def _add_forms(parser: argparse.ArgumentParser) -> None:
    forms = parser.add_mutually_exclusive_group(required=True)
    for form, meaning in (
        ("kotlin", "Kotlin, for versioned settings of TeamCity 2024.03 and newer"),
        ("xml", "XML, for versioned settings in that form; needs --project, --out and [teamcity] vcs_root"),
        ("rest", "the charts and the report tab alone, for the REST interface"),
    ):
        forms.add_argument(
            f"--{form}", dest="form", action="store_const", const=form, help=f"write {meaning}"
        )


def _add_server(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--project", type=_project, metavar="ID", help="the project's identifier")
    parser.add_argument(
        "--apply", action="store_true", help="with --rest: give the project its charts; twice does no harm"
    )
    parser.add_argument("--dry-run", action="store_true", help="with --apply: only tell what would be done")
    parser.add_argument(
        "--prune",
        action="store_true",
        help="with --apply: remove charts of tcperf's that these settings have no more (default: name them)",
    )
    parser.add_argument(
        "--server",
        metavar="URL",
        help="with --apply: TeamCity's root (default: that of the build this runs in)",
    )


def _conditions(text: str) -> tuple[str, ...]:
    try:
        return parse_conditions(name.strip() for name in text.split(","))
    except UsageError as error:
        raise UsageError(f"argument --conditions: {error.message}", cure=error.cure) from error


def _project(text: str) -> str:
    """An identifier; the root project's is the one that begins with an underscore."""
    if text == "_Root":
        return text
    try:
        return parse_id(text)
    except UsageError as error:
        raise UsageError(f"argument --project: {error.message}", cure=error.cure) from error
