"""Which means of making links bad this machine has (``--net``): each is tried on a two-node network."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from tcperf import clock
from tcperf.errors import MachineError, TcperfError
from tcperf.finding import Finding
from tcperf.link import Link

if TYPE_CHECKING:
    from tcperf.network.hosts import BrokeredHost
    from tcperf.network.run_network import RunNetwork

_DELAY_MS: Final = 10.0
_RATE_BITS_PER_S: Final = 10_000_000
_DEADLINE_S: Final = 10.0
_MEANS: Final = {
    "netem": "the kernel's netem",
    "tbf": "the kernel's token bucket (tbf)",
    "relay": "a relay of tcperf's own, exact to the frame and to half a millisecond",
}
_CURE: Final = "for less work outside of the kernel: load its module sch_netem (modprobe sch_netem)"


def examine() -> Iterator[Finding]:
    """Delay (and with it loss) first, then a rate alone."""
    yield _try("emulated delay and loss", Link(delay_ms=_DELAY_MS))
    yield _try("emulated rate", Link(rate_bits_per_s=_RATE_BITS_PER_S))


def _try(name: str, link: Link) -> Finding:
    from tcperf.network.run_network import RunNetwork

    try:
        with RunNetwork("private", link=link) as network:
            return _judge(name, network, link.delay_ms or 0.0)
    except TcperfError as error:
        return Finding(name, good=False, detail=error.message, cure=error.cure)
    except OSError as error:
        return Finding(name, good=False, detail=f"nothing passes: {error}", cure="report this to tcperf")


def _judge(name: str, network: RunNetwork, delay_ms: float) -> Finding:
    """A round trip takes the delay twice, at least; and the traffic's identity holds."""
    took_ms = _round_trip_ms(network.add_host("alice"), network.add_host("bob"))
    network.end_processes()
    closing, emulation = network.closing(), network.conditions.emulation or "nobody"
    detail = f"by {_MEANS.get(emulation, emulation)}"
    if delay_ms:
        detail += f": a round trip of {took_ms:.2f} ms where {2 * delay_ms:g} were asked for"
    if took_ms < 2 * delay_ms or closing is None or not closing.closes:
        return Finding(name, good=False, detail=f"{detail}; {closing}", cure="report this to tcperf")
    return Finding(name, good=True, detail=detail, cure=_CURE if emulation == "relay" else None)


def _round_trip_ms(alice: BrokeredHost, bob: BrokeredHost) -> float:
    """How long it takes to connect: one frame each way."""
    with alice.socket() as client, bob.socket() as server:
        server.bind((bob.address, 0))
        server.listen()
        client.settimeout(_DEADLINE_S)
        begin_ns = clock.monotonic_ns()
        try:
            client.connect(server.getsockname())
        except TimeoutError as error:
            raise MachineError(
                f"no frame passed within {_DEADLINE_S:g} s", cure="report this to tcperf"
            ) from error
        return (clock.monotonic_ns() - begin_ns) / clock.NS_PER_MS
