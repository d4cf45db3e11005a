"""What the emitter refuses to print.

TeamCity drops a message it cannot parse without failing the build: the number is silently lost.  So
whatever would be dropped is an error here, before a byte is written.
"""

from __future__ import annotations

from tcperf.errors import UsageError


class ServiceMessageError(UsageError, ValueError):
    """A service message that TeamCity would drop or misread: nothing of it was written."""


class StatisticError(ServiceMessageError):
    """A statistic's key or value does not fit: nothing of the statistic or of its batch was written."""
