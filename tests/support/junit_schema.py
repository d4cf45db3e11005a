"""The facts of junit-10.xsd, the schema that Jenkins' xUnit plug-in holds files against, as a reader of documents."""

import re
from xml.etree import ElementTree as ET

#: Of each element: its attributes (True where they are needed), and the elements that it may hold; None: text alone.
_ELEMENTS = {
    "testsuites": (
        {"name": False, "time": False, "tests": False, "failures": False, "errors": False},
        {"testsuite"},
    ),
    "testsuite": (
        {
            "name": True,
            "tests": True,
            "failures": True,
            "errors": True,
            **dict.fromkeys(
                ("group", "time", "skipped", "timestamp", "hostname", "id", "package", "file", "log", "url"),
                False,
            ),
        },
        {"testsuite", "properties", "testcase", "system-out", "system-err"},
    ),
    "properties": ({}, {"property"}),
    "property": ({"name": True, "value": True}, set()),
    "testcase": (
        {"name": True, "time": False, "classname": False, "group": False},
        {"skipped", "error", "failure", "system-out", "system-err"},
    ),
    **dict.fromkeys(("failure", "error", "skipped"), ({"type": False, "message": False}, None)),
    **dict.fromkeys(("system-out", "system-err"), ({}, None)),
}
#: SUREFIRE_TIME.
_TIME = re.compile(r"(([0-9]{0,3},)*[0-9]{3}|[0-9]{0,3})*(\.[0-9]{0,3})?\Z")
_TIMED = ("testsuites", "testsuite")


def check(document):
    """The root of the document, read anew.  Raises AssertionError for what the schema does not allow."""
    root = ET.fromstring(document.encode("utf-8"))
    assert root.tag in {"testsuites", "testsuite"}
    _check(root)
    for suite in root.iter("testsuite"):
        _check_counts(suite)
    return root


def _check(element):
    attributes, children = _ELEMENTS[element.tag]
    assert set(element.keys()) <= set(attributes), (element.tag, element.keys())
    assert {name for name, needed in attributes.items() if needed} <= set(element.keys())
    if element.tag in _TIMED:
        assert _TIME.match(element.get("time", "")), element.get("time")
    if children is None:
        assert len(element) == 0
        return
    assert not (element.text or "").strip(), f"text in {element.tag}"
    for child in element:
        assert child.tag in children, f"{child.tag} in {element.tag}"
        assert not (child.tail or "").strip()
        _check(child)


def _check_counts(suite):
    """What a suite says of its cases is so, and no case ended twice."""
    cases = suite.findall("testcase")
    assert int(suite.get("tests")) == len(cases)
    for attribute, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
        assert int(suite.get(attribute, "0")) == sum(case.find(tag) is not None for case in cases)
    for case in cases:
        assert sum(child.tag in {"failure", "error", "skipped"} for child in case) <= 1
