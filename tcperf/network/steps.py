"""What the broker tries, by its name: a refusal of the host's is told with the step that it hit."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator


class Refused(Exception):  # noqa: N818 - an answer, not an error of ours
    """The host refused ``step``; ``cause`` is its reason."""

    def __init__(self, step: str, cause: OSError) -> None:
        super().__init__(step)
        self.step = step
        self.cause = cause


@contextlib.contextmanager
def step(name: str) -> Iterator[None]:
    """Give an OSError of the block the name of what was being tried."""
    try:
        yield
    except OSError as error:
        raise Refused(name, error) from error


@contextlib.contextmanager
def link_step(name: str) -> Iterator[None]:
    """A step over netlink, whose refusals are no OSErrors by themselves."""
    from tcperf.network.links import as_os_errors

    with step(name), as_os_errors():
        yield
