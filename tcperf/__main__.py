"""``python -m tcperf`` is the ``tcperf`` command."""

from tcperf.cli import entry_point

if __name__ == "__main__":
    entry_point()
