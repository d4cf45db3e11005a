"""What holds for all tests."""

import os
import signal
from pathlib import Path

import pytest
import results_schema
from hypothesis import settings

# How long an example takes is the machine's affair: a busy one must not fail a test.
settings.register_profile("untimed", deadline=None)
# In CI the examples are the same every time: a change must not be blamed for what chance first finds in its build.
settings.register_profile("ci", deadline=None, derandomize=True)
settings.load_profile("ci" if os.environ.get("CI") else "untimed")

# Before any test module has taken a name from tcperf.results.
results_schema.watch()


#: What tools/check.py runs.
FOLDERS = ("unit", "golden", "property", "integration")


def pytest_collection_modifyitems(items):
    """Tests are found by their folder, and integration tests also left out by their marker: none may be elsewhere."""
    for item in items:
        _tests, folder, *_file = item.path.relative_to(item.config.rootpath).parts
        if folder not in FOLDERS:
            raise pytest.UsageError(f"{item.nodeid}: tests stand in tests/ in one of {', '.join(FOLDERS)}")
        if (folder == "integration") is not (item.get_closest_marker("integration") is not None):
            raise pytest.UsageError(
                f"{item.nodeid}: what is marked as integration stands in tests/integration, and the reverse"
            )


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item):
    """Hold every results.json that programs of a test have left in its folders against the schema."""
    outcome = yield
    if item.get_closest_marker("integration") is not None:
        for folder in {value for value in item.funcargs.values() if isinstance(value, Path)}:
            results_schema.check_folder(folder)
    return outcome


@pytest.fixture(autouse=True)
def _signals_are_as_before():
    """tcperf ends soon after it has heeded a signal, and lets none break that; whatever later tests start must hear them."""
    numbers = (signal.SIGINT, signal.SIGTERM)
    handlers = {number: signal.getsignal(number) for number in numbers}
    yield
    for number, handler in handlers.items():
        if signal.getsignal(number) is not handler:
            signal.signal(number, handler)
