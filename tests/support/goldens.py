"""Accepted files: what is made must be what stands there.

``TCPERF_UPDATE_GOLDEN=1 pytest tests/golden`` writes them anew: look at the difference before it is committed.
"""

import os


def check(path, made):
    """Hold what was made, text or bytes, against the accepted file."""
    data = made.encode("utf-8") if isinstance(made, str) else made
    if os.environ.get("TCPERF_UPDATE_GOLDEN"):
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(data)
    assert data == path.read_bytes()
