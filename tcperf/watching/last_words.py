"""What is said where whoever started the post ended without taking leave, for it cannot say it any more."""

from __future__ import annotations

import os
from collections.abc import Sequence
from contextlib import suppress
from typing import Final

from attrs import define

from tcperf.reports.text import clean
from tcperf.teamcity.escaping import neutralise
from tcperf.watching.inhabitants import Inhabitant, named

#: A progress bar may stand before it, unfinished.
_CRY: Final = "\ntcperf: pytest ended before it could report (os._exit in a test, a crash, a signal): what was measured is lost"
_ENDED: Final = "tcperf: ended what lived on of it: {}"


@define
class LastWords:
    """``voice`` is a descriptor of its stderr, None where it has none; ``is_left``: it has said all there is to say."""

    voice: int | None = None
    is_left: bool = False

    def cry(self) -> None:
        """Say that it has ended."""
        self._say(_CRY)

    def tell_ended(self, ended: Sequence[Inhabitant]) -> None:
        """Say who was ended after it; nothing where there was nobody."""
        if ended:
            self._say(_ENDED.format(neutralise(clean(named(ended)))))

    def _say(self, text: str) -> None:
        if self.voice is not None and not self.is_left:
            with suppress(OSError):  # nobody listens
                os.write(self.voice, f"{text}\n".encode("utf-8", "replace"))
