"""What tcperf says to TeamCity, and what it reads of the build it runs in."""

from tcperf.teamcity.errors import ServiceMessageError, StatisticError
from tcperf.teamcity.messages import ServiceMessages

__all__ = ["ServiceMessageError", "ServiceMessages", "StatisticError"]
