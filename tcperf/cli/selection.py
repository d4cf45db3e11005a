"""What several subcommands need to know first: the configuration, the registry, which node."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Literal

from attrs import frozen

from tcperf import config
from tcperf.cli import junit
from tcperf.errors import ConfigError, UsageError
from tcperf.link import Link
from tcperf.options import REFERENCE, RunOptions, parse_baseline, parse_node
from tcperf.registry import Registry, discover


@frozen
class Selection:
    """The configuration and the options of the command line over it; the scenarios there are; the node.

    ``base_option`` is the command's own that gives a base, with what stands behind it.
    """

    config: config.Config
    options: RunOptions
    registry: Registry
    node: Path | Literal["reference"]
    base_option: str = "--base PATH"

    @property
    def reference(self) -> bool:
        """Whether the bundled reference node is meant."""
        return self.node == REFERENCE

    def place(self, key: str) -> str | None:
        """Where tcperf.toml says ``[run] key``; None where the command line said it, or nobody."""
        file, value = self.config.file, getattr(self.config.run, key)
        if file is None or value is None or getattr(self.options, key) is not value:
            return None
        return file.place(("run", key))


def select(arguments: argparse.Namespace, cwd: Path) -> Selection:
    """Read tcperf.toml, lay the command line over it, and find the scenarios."""
    loaded = config.load(Path(arguments.config) if arguments.config else None, cwd)
    given = vars(arguments)
    options = RunOptions(
        names=tuple(arguments.names) or None,
        scenarios=tuple(cwd / folder for folder in arguments.scenarios) if arguments.scenarios else None,
        node=parse_node(arguments.node, cwd) if arguments.node else None,
        base=parse_node(given["base"], cwd) if given.get("base") else None,
        baseline=parse_baseline(given["baseline"], cwd) if given.get("baseline") else None,
        runs=given.get("runs"),
        pairs=given.get("pairs"),
        out=cwd / given["out"] if given.get("out") else None,
        network=given.get("network"),
        format=given.get("format"),
        gate=given.get("gate"),
        budget=given.get("budget"),
        lanes=given.get("lanes"),
        pcap=given.get("pcap"),
        profile=given.get("profile"),
        net=given.get("net"),
        junit=junit.asked(given.get("junit"), cwd),
        as_tests=given.get("as_tests"),
        tag=given.get("tag"),
        trend=given.get("trend"),
    ).over(loaded.run)
    selection = Selection(loaded, options, discover(options.scenarios or ()), options.node or REFERENCE)
    check_links(selection)
    return selection


def check_links(selection: Selection) -> None:
    """Refuse bad links where the network is the host's.  Raises UsageError."""
    options = selection.options
    if options.network == "host" and options.net not in {None, Link()}:
        place = selection.place("net") or selection.place("network")
        message = "net is about the links of a private network, and the network is the host's"
        cure = "leave one of the two away"
        raise ConfigError(f"{place}: {message}", cure=cure) if place else UsageError(message, cure=cure)
