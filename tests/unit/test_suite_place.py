"""The reports of a suite never lie among its tests."""

import pytest

from tcperf.errors import UsageError
from tcperf.suite import place

PATTERNS = ("test_*.py", "*_test.py")


@pytest.fixture
def project(tmp_path):
    for name in ("e2e/test_chat.py", "more/deep/test_x.py", "helpers/conftest.py", "src/chat.py"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("")
    return tmp_path


@pytest.mark.parametrize("name", ["e2e", "more", "more/deep", "helpers", "."])
def test_a_folder_that_holds_tests_is_refused(project, name):
    with pytest.raises(UsageError, match=r"--tcperf-out .* tests are there \(.*such as .*tcperf-report"):
        place.check(project / name, [project / "elsewhere"], PATTERNS)


@pytest.mark.parametrize("tests", ["src", "src/chat.py", "src/../src"])
def test_so_is_one_that_tests_are_taken_from_whatever_they_are_called(project, tests):
    with pytest.raises(UsageError, match="tests are there"):
        place.check(project / "src", [project / tests], PATTERNS)


@pytest.mark.parametrize("name", ["tcperf-report", "src", "e2e/tcperf-report", "new/one"])
def test_any_other_is_fine(project, name):
    place.check(project / name, [project, project / "e2e"], PATTERNS)


def test_patterns_of_paths_are_no_names(project):
    place.check(project / "src", [project], ("src/*.py",))
