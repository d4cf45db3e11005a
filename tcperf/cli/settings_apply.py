"""``tcperf settings --rest --apply``: gives a project its charts, or tells what would be done."""

from __future__ import annotations

import argparse

from attrs import evolve

from tcperf.cli.terminal import Terminal
from tcperf.errors import UsageError
from tcperf.teamcity.build import Build
from tcperf.teamcity.credentials import TOKEN_VARIABLE
from tcperf.teamcity.rest import Server
from tcperf.teamcity.settings.applying import apply, in_words
from tcperf.teamcity.settings.plan import SettingsPlan


def apply_charts(plan: SettingsPlan, arguments: argparse.Namespace, terminal: Terminal) -> int:
    """Do it, a line of data for each chart; the exit status.

    Raises UsageError without a server or a token, and RestError where the server does not do its part: what was done
    before stays, and doing it again goes on from there.
    """
    build = _build(arguments, terminal)
    with Server.of(build, notice=terminal.say) as server:
        for warning in server.warnings:
            terminal.warn(warning)
        for action in apply(plan, server, arguments.project, dry=arguments.dry_run, prune=arguments.prune):
            terminal.data(in_words(action, dry=arguments.dry_run))
    return 0


def _build(arguments: argparse.Namespace, terminal: Terminal) -> Build:
    """Where the server is and what it is shown: a token alone, for a build's own credentials change no settings."""
    build = Build.read(terminal.env)
    if arguments.server is not None:
        build = evolve(build, server_url=arguments.server)
    if build.server_url is None:
        raise UsageError("--apply needs to know the server", cure="give its root with --server URL")
    if build.credentials is None or not build.credentials.is_token:
        reason = "; ".join(build.warnings)
        raise UsageError(
            "--apply needs a token that may edit the project" + (f": {reason}" if reason else ""),
            cure=f"make one in your TeamCity profile and put it in the environment variable {TOKEN_VARIABLE}",
        )
    return build
