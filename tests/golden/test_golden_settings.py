"""Settings as they were accepted, to the byte: what is generated changes only where somebody meant it to.

After a wanted change, ``TCPERF_UPDATE_GOLDEN=1 pytest tests/golden/test_golden_settings.py`` writes the files
anew; read the difference before committing it.
"""

from pathlib import Path

import goldens
import pytest
import settings_requests as made

from tcperf.teamcity.settings import kotlin, rest, xml
from tcperf.teamcity.settings.feature import features
from tcperf.teamcity.settings.plan import make

FOLDER = Path(__file__).parent / "settings"
WHOLE = make(made.whole(conditions=("worse", "over_budget", "classic")))
REFERENCE = make(made.reference())
MADE = {
    "whole.kt": lambda: kotlin.build(WHOLE),
    "reference.kt": lambda: kotlin.build(REFERENCE),
    "settings.kts": kotlin.project,
    "project-config.xml": lambda: xml.files(WHOLE, "Status")["project-config.xml"],
    "Status_Perf.xml": lambda: xml.files(WHOLE, "Status")["buildTypes/Status_Perf.xml"],
    "project-features.json": lambda: rest.dumps(features(REFERENCE), "Status"),
}


@pytest.mark.parametrize("name", MADE)
def test_settings(name):
    goldens.check(FOLDER / name, MADE[name]())


def test_no_file_is_left_over():
    assert sorted(path.name for path in FOLDER.iterdir()) == sorted(MADE)
