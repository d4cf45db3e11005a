"""docs/devices.rst tells the truth: its commands are understood, its metrics are those that are measured."""

import argparse
import re
import shlex

from doc_examples import ROOT, examples

from tcperf import pytest_plugin
from tcperf.metrics import METRICS
from tcperf.watching.android_script import check_package
from tcperf.watching.container_choice import is_pattern

PAGE = (ROOT / "docs" / "devices.rst").read_text("utf-8")


class Options:
    """Takes the plug-in's options as pytest's parser does."""

    def __init__(self):
        self.parser = argparse.ArgumentParser()
        self.addoption = self.parser.add_argument

    def getgroup(self, *_about):
        return self


def test_the_commands_are_understood():
    options = Options()
    pytest_plugin.pytest_addoption(options)
    (block,) = [each.text for each in examples("docs/devices.rst") if each.language == "sh"]
    for line in block.splitlines():
        program, *words = shlex.split(line)
        found, rest = options.parser.parse_known_args(words)
        assert (program, found.tcperf) == ("pytest", True)
        assert not any(word.startswith("-") for word in rest)
        assert all(is_pattern(name) for name in found.tcperf_container)
        assert all(check_package(name) for name in found.tcperf_android)
        assert found.tcperf_container or found.tcperf_android


def test_every_metric_in_its_tables_is_one():
    named = re.findall(r"^``([a-z_]+)``.{10,}$", PAGE, re.MULTILINE)
    assert set(named) <= set(METRICS)
    assert {"cpu_ms", "memory_peak_bytes", "memory_rest_bytes", "sent_bytes", "time_ms"} <= set(named)


def test_every_option_that_it_speaks_of_is_there():
    options = Options()
    pytest_plugin.pytest_addoption(options)
    known = {word for action in options.parser._actions for word in action.option_strings}
    assert set(re.findall(r"--tcperf[\w-]*", PAGE)) <= known
