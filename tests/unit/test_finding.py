"""What the doctor finds out."""

from tcperf.finding import Finding, of_probe
from tcperf.measurement import Measurement


def test_a_probe_tells_how_exactly_it_measures_and_where():
    measured = Measurement(1.0, "ms", "sampled", "psutil")
    assert of_probe("CPU", measured) == Finding("CPU", good=True, detail="sampled, from psutil")


def test_a_missing_figure_is_nothing_to_worry_about():
    assert of_probe("traffic", None) == Finding("traffic", good=None, detail="not available here")
