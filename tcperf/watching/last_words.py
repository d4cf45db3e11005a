"""What is said and done where whoever started the post ended without taking leave, for it cannot do it any more."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Sequence
from contextlib import suppress
from typing import Final

from attrs import define

from tcperf.modules import module_environment
from tcperf.reports.text import clean
from tcperf.teamcity.escaping import neutralise
from tcperf.watching.inhabitants import Inhabitant, named

#: A progress bar may stand before it, unfinished.
_CRY: Final = "\ntcperf: pytest ended before it could report (os._exit in a test, a crash, a signal)"
_LOST: Final = "tcperf: what was measured is lost"
#: Reports of thousands of tests take some seconds.
_WILL_S: Final = 120
_ENDED: Final = "tcperf: ended what lived on of it: {}"


@define
class LastWords:
    """``voice`` is a descriptor of its stderr, None where it has none; ``is_left``: it has said all there is to say.

    ``will`` is a command that saves what can be saved, and says so.
    """

    voice: int | None = None
    will: Sequence[str] = ()
    is_left: bool = False

    def cry(self) -> None:
        """Say that it has ended."""
        self._say(_CRY)

    def tell_ended(self, ended: Sequence[Inhabitant]) -> None:
        """Say who was ended after it; nothing where there was nobody."""
        if ended:
            self._say(_ENDED.format(neutralise(clean(named(ended)))))

    def execute(self) -> None:
        """Run the will; where there is none, or it fails, say what that means."""
        if not self.is_left and not self._is_executed():
            self._say(_LOST)

    def _is_executed(self) -> bool:
        """Whether it was run to a good end; it ends by itself, for there is nobody any more to wait for it."""
        if not self.will:
            return False
        output = subprocess.DEVNULL if self.voice is None else self.voice
        try:
            done = subprocess.run(
                self.will,
                env=module_environment(os.environ),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.DEVNULL,
                check=False,
                timeout=_WILL_S,
            )
        except (OSError, subprocess.TimeoutExpired):
            return False
        return done.returncode == 0

    def _say(self, text: str) -> None:
        if self.voice is not None and not self.is_left:
            with suppress(OSError):  # nobody listens
                os.write(self.voice, f"{text}\n".encode("utf-8", "replace"))
