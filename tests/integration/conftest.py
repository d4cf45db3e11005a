"""What holds for the tests with real processes."""

import pytest


@pytest.fixture(autouse=True, scope="module")
def _few_programs_are_traced(request):
    """Measure test coverage in the programs of ``traced`` tests alone: in all thousands it costs half as much again."""
    with pytest.MonkeyPatch.context() as patch:
        if request.node.get_closest_marker("traced") is None:
            patch.delenv("COVERAGE_PROCESS_CONFIG", raising=False)
        yield
