"""The pages on nodes say of each capability what the drivers say."""

import re
from pathlib import Path

from tcperf.capabilities import Capability
from tcperf.nodes.generation import Generation
from tcperf.nodes.statusd import CAPABILITIES

DOCS = Path(__file__).parents[2] / "docs"
OF_STATUS_BACKEND = Generation.INITIALIZE_APPLICATION.capabilities


def test_the_table_of_generations_is_what_their_drivers_declare():
    rows = re.findall(r"^``(\w+)`` +(yes|no) +(yes|no)$", (DOCS / "nodes.rst").read_text(), re.MULTILINE)
    told = {name: (backend == "yes", statusd == "yes") for name, backend, statusd in rows}
    assert told == {each.value: (each in OF_STATUS_BACKEND, each in CAPABILITIES) for each in Capability}


def test_every_capability_is_explained_to_authors():
    told = (DOCS / "scenarios.rst").read_text()
    assert [each for each in Capability if not re.search(rf"^``{each}``  ", told, re.MULTILINE)] == []
