"""The control line to a node that is ready: its signals, opened before the first call, and its API."""

from __future__ import annotations

from collections.abc import Callable

from attrs import frozen

from tcperf.clock import Deadline
from tcperf.network.interface import Host
from tcperf.nodes.api import Api
from tcperf.nodes.inbox import Inbox, Signal
from tcperf.nodes.process import NodeProcess
from tcperf.nodes.signals import Signals


@frozen
class Control:
    """How a node is talked to; ``figures`` is where Go's own figures are, the API itself or beside it."""

    api: Api
    figures: Api
    inbox: Inbox
    signals: Signals

    @classmethod
    def open(
        cls,
        process: NodeProcess,
        host: Host,
        deadline: Deadline,
        accept: Callable[[Signal], bool],
        before: Control | None = None,
    ) -> Control:
        """Open the signals of a process that is ready; ``accept`` says which of them count as news.

        ``before`` is the line to the node's life before this one: cursors into its signals stay good.  Raises
        NodeError where the node does not open them.
        """
        inbox = Inbox(process) if before is None else before.inbox
        inbox.reopen(process)
        signals = Signals.open(
            process.address, host.socket(), inbox, witness=process, deadline=deadline, accept=accept
        )
        api = Api(process.address, host.socket, process)
        beside = process.figures_address
        figures = api if beside is None else Api(beside, host.socket, process)
        return cls(api, figures, inbox, signals)

    def close(self) -> None:
        """Close both, after the process has ended: a node stalls when nobody reads its signals."""
        self.signals.close()
        self.api.close()
        self.figures.close()
