"""A strict reader of an HTML page: balanced tags, nothing that loads or leads elsewhere, and no script but ours."""

from __future__ import annotations

import base64
import hashlib
import re
from html.parser import HTMLParser
from xml.etree import ElementTree as ET

VOID = frozenset(("meta", "br", "hr", "img", "input", "link"))
FORBIDDEN = frozenset(
    (
        "script",
        "link",
        "iframe",
        "object",
        "embed",
        "img",
        "image",
        "form",
        "base",
        "a",
        "use",
        "foreignobject",
    )
)
#: A page without an icon makes browsers ask its server for one.
NO_ICON = {"rel": "icon", "href": "data:,"}
LOADING = frozenset(
    ("src", "href", "xlink:href", "srcset", "action", "data", "poster", "background", "style")
)


class Page(HTMLParser):
    """A parsed page.  Raises AssertionError for tags that do not match."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[tuple[str, dict[str, str]]] = []
        self.texts: list[tuple[tuple[str, ...], str]] = []
        self._open: list[str] = []
        self.feed(html)
        self.close()
        assert not self._open, f"never closed: {self._open}"

    def handle_starttag(self, tag, attrs):
        names = [name for name, _value in attrs]
        assert len(names) == len(set(names)), f"an attribute of {tag} comes twice: {names}"
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        assert self._open, f"</{tag}> closes nothing"
        opened = self._open.pop()
        assert opened == tag, f"</{tag}> closes <{opened}>"

    def handle_data(self, data):
        self.texts.append((tuple(self._open), data))

    def handle_comment(self, data):
        raise AssertionError(f"a comment: {data}")

    def all(self, tag: str) -> list[dict[str, str]]:
        """The attributes of every element of a kind, in their order."""
        return [attributes for name, attributes in self.tags if name == tag]

    def text(self, *, within: str | None = None) -> str:
        """What a reader sees, blanks folded; only inside elements of one kind where ``within`` names one."""
        parts = [
            text
            for path, text in self.texts
            if not {"style", "script", "title", "desc"} & set(path) and (within is None or within in path)
        ]
        return re.sub(r"\s+", " ", "".join(parts)).strip()

    def check_harmless(self, leads_to: str | None = None) -> None:
        """No element or attribute that loads or leads anywhere, and no script but the one that the page's policy names.

        Links within the page lead to what is there; ``leads_to`` is what every other one must begin with.
        """
        self._check_script()
        ids = {attributes["id"] for _tag, attributes in self.tags if "id" in attributes}
        for tag, attributes in self.tags:
            if tag == "a" and attributes["href"].startswith("#"):
                assert attributes["href"][1:] in ids, attributes
                continue
            if (tag, attributes) == ("link", NO_ICON):
                continue
            if tag == "a" and leads_to is not None:
                self._check_link(attributes, leads_to)
                continue
            assert tag == "script" or tag not in FORBIDDEN, tag
            active = [name for name in attributes if name in LOADING or name.startswith("on")]
            assert not active, (tag, active)
        style = "".join(text for path, text in self.texts if "style" in path)
        assert re.search(r"url\(|@import|expression|https?:|</", style) is None

    def _check_script(self) -> None:
        """At most one, without attributes, and the policy lets it run and nothing else."""
        scripts = ["".join(text for path, text in self.texts if "script" in path)]
        assert self.all("script") in ([], [{}])
        (policy,) = [
            attributes["content"]
            for attributes in self.all("meta")
            if attributes.get("http-equiv") == "Content-Security-Policy"
        ]
        digests = [
            base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() for text in scripts if text
        ]
        allowed = re.findall(r"script-src ([^;]*)", policy)
        assert allowed == [f"'sha256-{digest}'" for digest in digests]

    @staticmethod
    def _check_link(attributes: dict[str, str], leads_to: str) -> None:
        assert attributes["href"].startswith(leads_to), attributes
        assert attributes["target"] == "_blank"  # else it would open where the page is framed
        assert set(attributes) <= {"href", "target", "tabindex"}


def drawings(html: str) -> list[ET.Element]:
    """Every outermost SVG of a page, parsed as XML."""
    found, depth, start = [], 0, 0
    for match in re.finditer(r"<svg\b|</svg>", html):
        if match[0] == "</svg>":
            depth -= 1
            if depth == 0:
                found.append(ET.fromstring(html[start : match.end()]))
        else:
            if depth == 0:
                start = match.start()
            depth += 1
    return found
