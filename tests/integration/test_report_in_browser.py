"""The pages in a real browser: as readers, their keyboards, their telephones and a strict build server meet them.

It takes a Chromium: that of the system, or the one that TCPERF_CHROMIUM names; without one the tests are skipped.
"""

import contextlib
import itertools
import os
import re
import shutil

import browser_pages
import pytest
import samples
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Error, sync_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
CHROMIUM = os.environ.get("TCPERF_CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)
#: Root has no sandbox of Chromium's, and neither has whoever may not make namespaces; /dev/shm is small in containers.
ARGUMENTS = ["--no-sandbox", "--disable-dev-shm-usage"]
WIDTHS = (360, 1400)
SCHEMES = ("light", "dark")
PAGES = ("paired", "unpaired", "failed", "beside", "history")
#: Scripts may run, the reader forbids them, the server forbids them.
MANNERS = ("scripts", "no scripts", "policy")

pytestmark = [
    pytest.mark.long,
    pytest.mark.integration,
    pytest.mark.skipif(
        CHROMIUM is None,
        reason="there is no Chromium (Debian: apt-get install chromium, or name one in TCPERF_CHROMIUM)",
    ),
]


@pytest.fixture(scope="module")
def browser():
    with sync_playwright() as driver:
        try:
            found = driver.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        except Error as error:
            if os.geteuid() == 0:
                raise
            pytest.skip(f"Chromium does not start as this user: {str(error).splitlines()[0]}")
        yield found
        found.close()


@pytest.fixture(scope="module")
def pages():
    return browser_pages.pages()


@pytest.fixture(scope="module")
def lax(pages):
    with browser_pages.served(pages) as (address, _asked):
        yield address


class Seen:
    """A page as it was opened, and all that went on in it."""

    def __init__(self, context, address):
        self.console, self.errors, self.requests = [], [], []
        self.address = address
        self.page = context.new_page()
        self.page.set_default_timeout(10_000)
        self.page.on("console", lambda message: self.console.append(message.text))
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.on("request", lambda request: self.requests.append(request.url))
        self.page.goto(address)

    def run(self, script):
        """What a script says; it runs whatever the page's policy is."""
        return self.page.evaluate(script)

    def unfold(self):
        """Open all that is folded."""
        self.run("document.querySelectorAll('details').forEach(each => { each.open = true; })")

    def rows(self):
        """The metrics of the verdict's first table in the order in which they stand, those that are shown."""
        return self.run(
            "[...document.querySelectorAll('.verdicts tbody')][0].querySelectorAll('tr[data-row]:not([hidden]) th code')"
            ".values().map(each => each.textContent).toArray()"
        )


@pytest.fixture
def look(browser):
    """Opens a page as a reader would: ``look(address, width=…, scheme=…, scripts=…)``."""
    with contextlib.ExitStack() as opened:

        def open_(address, *, width=1400, scheme="light", scripts=True, **options):
            context = browser.new_context(
                viewport={"width": width, "height": 900},
                color_scheme=scheme,
                java_script_enabled=scripts,
                **options,
            )
            opened.callback(context.close)
            return Seen(context, address)

        yield open_


# --- wherever it is opened ---------------------------------------------------------------------------


@pytest.mark.parametrize("manner", MANNERS)
@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_whole_quiet_and_alone_however_it_is_opened(look, pages, name, manner):
    with browser_pages.served(pages, policy=browser_pages.POLICY if manner == "policy" else None) as (
        address,
        asked,
    ):
        seen = look(address + name, scripts=manner != "no scripts")
        seen.unfold()
        for width, scheme in itertools.product(WIDTHS, SCHEMES):
            seen.page.set_viewport_size({"width": width, "height": 900})
            seen.page.emulate_media(color_scheme=scheme)
            assert seen.run("document.documentElement.scrollWidth") <= width
            assert seen.page.locator("h1").is_visible()
            shown = seen.run("getComputedStyle(document.body).backgroundColor")
            assert (shown == "rgb(18, 20, 24)") == (scheme == "dark")
        assert (seen.errors, seen.requests) == ([], [seen.address])
        check_console(seen.console, is_forbidden=manner == "policy" and name != "history")
    assert asked == [name]


def check_console(lines, *, is_forbidden):
    """Nothing but, where the server forbids scripts, the browser's word that it kept ours from running.

    Chromium says it of whatever could run: classic scripts and modules, with a hash or not, data: addresses, handlers.
    """
    if not is_forbidden:
        assert lines == []
        return
    (line,) = lines
    assert "inline script" in line
    assert "Content Security Policy" in line
    assert "default-src 'none'" in line


@pytest.mark.parametrize("manner", MANNERS)
def test_what_needs_a_script_is_there_where_one_runs_and_nowhere_else(look, pages, manner):
    with browser_pages.served(pages, policy=browser_pages.POLICY if manner == "policy" else None) as (
        address,
        _,
    ):
        seen = look(f"{address}paired", scripts=manner != "no scripts")
        runs = manner == "scripts"
        assert seen.page.locator("#tools").is_visible() == runs
        assert (seen.page.locator("th button").count() > 0) == runs
        assert (seen.page.locator("svg.plot[tabindex]").count() > 0) == runs
        seen.page.locator("summary", has_text="In words, to paste").click()  # folding needs no script
        assert seen.page.get_by_text("worse in 10 of 10 pairs, p=0.00098").is_visible()


def test_a_file_from_the_disk_asks_for_nothing_either(look, pages, tmp_path):
    path = tmp_path / "report.html"
    path.write_text(pages["paired"], "utf-8")
    seen = look(path.as_uri())
    assert (seen.console, seen.errors, seen.requests) == ([], [], [path.as_uri()])
    assert seen.page.locator("#tools").is_visible()


def test_printed_all_is_unfolded_and_no_control_is_left(look, lax):
    seen = look(f"{lax}paired", scheme="dark")
    seen.page.emulate_media(media="print")
    assert seen.page.get_by_text("worse in 10 of 10 pairs, p=0.00098").is_visible()
    assert not seen.page.locator("#tools").is_visible()
    assert not seen.page.locator("nav").is_visible()
    assert seen.run("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"


@pytest.mark.parametrize("width", [1920, 2560, 3840])
def test_on_a_wide_screen_the_page_is_not_a_stripe(look, lax, width):
    seen = look(f"{lax}paired", width=width)
    assert seen.run("document.querySelector('main').getBoundingClientRect().width") > 0.5 * width
    assert seen.run("document.documentElement.scrollWidth") <= width


# --- what the script does ----------------------------------------------------------------------------


def test_a_table_is_sorted_by_a_heading_one_way_and_the_other(look, lax):
    seen = look(f"{lax}paired")
    table = seen.page.locator("table.verdicts").first
    assert seen.rows() == ["sent_bytes", "memory_peak_bytes", "cpu_ms", "latency_ms"]
    change = table.locator("th[data-sort]", has_text=re.compile("^Change"))
    change.locator("button").click()
    assert seen.rows() == ["sent_bytes", "cpu_ms", "memory_peak_bytes", "latency_ms"]
    assert change.get_attribute("aria-sort") == "descending"
    change.locator("button").click()
    assert seen.rows() == ["latency_ms", "memory_peak_bytes", "cpu_ms", "sent_bytes"]
    assert change.get_attribute("aria-sort") == "ascending"
    table.locator("th[data-sort]", has_text="Metric").locator("button").click()
    assert seen.rows() == ["cpu_ms", "latency_ms", "memory_peak_bytes", "sent_bytes"]
    assert change.get_attribute("aria-sort") is None
    table.locator("th[data-sort]", has_text="Verdict").locator("button").click()
    assert seen.rows() == ["sent_bytes", "memory_peak_bytes", "cpu_ms", "latency_ms"]


def test_what_is_said_below_a_row_stays_there(look, lax):
    seen = look(f"{lax}paired")
    seen.page.locator("table.verdicts").first.locator("th button", has_text=re.compile("^Change")).click()
    told = seen.run(
        "[...document.querySelectorAll('.verdicts')[0].tBodies[0].rows].filter(row => row.className === 'why')"
        ".map(row => row.previousElementSibling.querySelector('code').textContent + ': ' + row.textContent.trim())"
    )
    assert told == [
        "sent_bytes: all of it alice→bob TCP in messages, +25.4 KiB",
        "cpu_ms: -0.4 … +9.1 % reaches beyond 8 %: visible from 8.4 %",
        "memory_peak_bytes: limit 320 MiB",
    ]


def test_a_filter_leaves_the_rows_that_have_all_words_and_opens_what_holds_them(look, lax):
    seen = look(f"{lax}paired")
    box, found = seen.page.locator("#filter"), seen.page.locator("#found")
    rows = seen.page.locator("tr[data-row]")
    whole = rows.count()
    box.fill("MESSAGES packets")
    assert seen.page.locator("details[data-fold]", has_text="unchanged:").get_attribute("open") is not None
    visible = [row for row in rows.all() if row.is_visible()]
    assert visible
    assert all("packets_count" in row.text_content() for row in visible)
    assert found.text_content() == f"{len(visible)} of {whole} rows"
    box.fill("no such metric")
    assert found.text_content() == f"0 of {whole} rows"
    assert not any(row.is_visible() for row in rows.all())
    box.fill("")
    assert found.text_content() == ""
    assert seen.rows() == ["sent_bytes", "memory_peak_bytes", "cpu_ms", "latency_ms"]
    assert seen.page.locator("details[data-fold]", has_text="unchanged:").get_attribute("open") is None


def test_without_a_verdict_the_figures_are_filtered(look, lax):
    seen = look(f"{lax}unpaired")
    seen.page.locator("#filter").fill("first_peer")
    visible = [row for row in seen.page.locator("tr[data-row]").all() if row.is_visible()]
    assert len(visible) == 5
    assert not seen.page.locator(".figures tr.group", has_text="boot").is_visible()
    assert seen.page.locator(".figures tr.group", has_text="first_peer").is_visible()


def test_a_chart_is_read_off_where_one_points(look, lax):
    seen = look(f"{lax}paired")
    figure = seen.page.locator("figure.chart").nth(1)
    plot = figure.locator("svg.plot")
    plot.scroll_into_view_if_needed()
    box = plot.bounding_box()
    seen.page.mouse.move(box["x"] + box["width"] / 2, box["y"] + 50)
    told = figure.locator("output").text_content()
    time, phase, *values = told.split(" · ")
    assert (phase, [value.split()[0] for value in values]) == ("3 messages", ["base", "head"])
    assert all(value.endswith(" MiB") for value in values)
    assert (
        170 < float(values[0].split()[1]) < 210
    )  # samples.series: two nodes of some 100 MB after 109 samples
    assert figure.locator("line.cursor").count() == 1
    seen.page.mouse.move(0, 0)
    assert figure.locator("output").text_content() == ""
    assert figure.locator("line.cursor").count() == 0
    assert time.split(":")[0].isdigit()


def test_where_one_side_waits_only_the_other_is_read_off(look, lax):
    seen = look(f"{lax}driven")
    figure = seen.page.locator("figure.chart").nth(1)
    plot = figure.locator("svg.plot")
    plot.scroll_into_view_if_needed()
    box = plot.bounding_box()
    told = {}
    for share in (0.4, 0.97):
        seen.page.mouse.move(box["x"] + box["width"] * share, box["y"] + 50)
        told[share] = figure.locator("output").text_content().split(" · ")[1:]
    assert [each.split()[0] for each in told[0.4]] == ["3", "base", "head"]
    assert [each.split()[0] for each in told[0.97]] == ["3", "head"]


def test_layers_of_traffic_are_read_off_each_by_itself(look, lax):
    seen = look(f"{lax}unpaired")
    figure = seen.page.locator("figure.chart:has(path.layer0):visible").first
    figure.locator("svg.plot").focus()
    seen.page.keyboard.press("ArrowRight")
    _time, _phase, *values = figure.locator("output").text_content().split(" · ")
    assert [value.rsplit(" ", 2)[0] for value in values][:2] == ["alice→bob tcp p2p", "bob→alice tcp p2p"]
    assert len(values) == figure.locator("path").count()
    assert all(value.endswith("B/s") for value in values)


def test_the_verdict_is_copied_in_words(look, lax):
    seen = look(f"{lax}paired")
    seen.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    button = seen.page.locator("button.copy")
    button.click()
    told = seen.page.locator("#words li").all_text_contents()
    seen.page.wait_for_function("document.querySelector('.copy').textContent === 'Copied'")
    assert told[0].startswith("WORSE: head status-backend ")
    assert told[1].startswith("one_to_one.messages sent_bytes +6.2 %")
    assert seen.run("navigator.clipboard.readText()").splitlines() == told


def test_where_nothing_may_be_copied_the_words_are_marked(look, lax):
    seen = look(f"{lax}paired")
    seen.run("Object.defineProperty(navigator, 'clipboard', { value: undefined })")
    seen.page.locator("button.copy").click()
    assert seen.page.locator("button.copy").text_content() == "Marked below"
    assert seen.page.locator("#words").is_visible()
    assert seen.run("getSelection().toString()").startswith("WORSE: head status-backend ")


def test_a_few_rows_have_no_filter(look, lax):
    seen = look(f"{lax}failed")
    few = seen.page.locator("tr[data-row]").count() <= 8
    assert seen.page.locator("#filter").is_visible() is not few


# --- at any width ------------------------------------------------------------------------------------

WIDER = "[...document.querySelectorAll('.verdict .scroll')].filter(each => each.scrollWidth > each.clientWidth).length"


SCROLLED = (
    "[...document.querySelectorAll('.scroll')].filter(each => each.scrollWidth > each.clientWidth)"
    ".map(each => each.getAttribute('aria-label'))"
)
#: Figures of a card that do not bear their column's name, and are no plain words either.
UNNAMED = (
    "[...document.querySelectorAll('.figures.cards td.num:not(.strong)')]"
    ".filter(each => getComputedStyle(each, '::before').content === 'none').map(each => each.outerHTML)"
)


@pytest.mark.parametrize("name", [*PAGES, "builds"])
def test_on_a_telephone_no_table_has_to_be_scrolled_sideways(look, lax, name):
    seen = look(f"{lax}{name}", width=360)
    seen.unfold()
    assert seen.run(SCROLLED) == []
    assert seen.run(UNNAMED) == []


def test_a_card_names_its_figures_and_its_caption_is_no_stripe(look, lax):
    seen = look(f"{lax}paired", width=360)
    named = seen.run(
        "[...document.querySelectorAll('.figures tbody tr:not(.group):last-child td')]"
        ".map(each => getComputedStyle(each, '::before').content)"
    )
    assert named[:5] == ['"base "', '"head "', '"change "', '"range "', '"CV "']
    for caption in seen.page.locator("caption:not(.unseen):visible").all():
        assert caption.bounding_box()["width"] > 200


#: What a cell of a card calls itself, beside the heading of its column, in rows that have a cell for each column.
NAMES = """
[...document.querySelectorAll('table.cards')].flatMap(table => {
  const heads = [...table.tHead.rows[0].cells].map(each => each.textContent.trim().toLowerCase());
  const rows = [...table.tBodies].flatMap(body => [...body.rows]).filter(row => row.cells.length === heads.length);
  return rows.flatMap(row => [...row.cells].map((cell, place) =>
    [getComputedStyle(cell, '::before').content.replaceAll('"', '').trim().toLowerCase(), heads[place]]));
}).filter(([name]) => name !== 'none' && !name.startsWith('counter'))
"""


def test_a_cell_of_a_card_is_called_as_its_column_is(look, lax):
    seen = look(f"{lax}paired", width=360)
    seen.unfold()
    named = {tuple(each) for each in seen.run(NAMES)}
    assert len(named) > 25
    assert {(name, head) for name, head in named if name not in head} == {("range", "head: min … max")}


def test_a_table_that_is_laid_out_as_cards_is_still_one_to_a_screen_reader(look, lax):
    seen = look(f"{lax}paired", width=360)
    told = seen.page.get_by_role("table", name="What changed")
    assert told.get_by_role("row").count() > 4
    assert told.get_by_role("rowheader").first.text_content().startswith("sent_bytes")
    assert told.get_by_role("row").first.get_by_role("cell").count() >= 5


def test_on_a_wide_screen_no_table_of_the_verdict_is_cut(look, lax):
    seen = look(f"{lax}paired", width=1400)
    seen.unfold()
    assert seen.run(WIDER) == 0


#: Figures of which the unit stands on another line, but in running text; and letters of a chart that are cut.
PARTED = r"""
[...document.querySelectorAll('td, th, dd, .legends, figcaption')].filter(each => each.offsetParent).flatMap(place => {
  const walker = document.createTreeWalker(place, NodeFilter.SHOW_TEXT), found = [];
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    for (const { index, 0: text } of node.data.matchAll(/[+-]?\d[\d.,]* (%|m?s|[KMG]iB|B|min)(?![a-z])/g)) {
      const range = document.createRange();
      range.setStart(node, index);
      range.setEnd(node, index + text.length);
      if (new Set([...range.getClientRects()].map(each => Math.round(each.top))).size > 1) found.push(text);
    }
  }
  return found;
})
"""
CUT = (
    "[...document.querySelectorAll('svg text')].map(each => [each.textContent, each.getBoundingClientRect()])"
    ".filter(([text, box]) => box.width && (box.right > 361 || box.left < -1)).map(([text]) => text)"
)


def test_on_a_telephone_no_figure_is_parted_from_its_unit_and_no_letter_of_a_chart_is_cut(look, lax):
    seen = look(f"{lax}driven", width=360)
    seen.unfold()
    assert seen.run(CUT) == []
    assert seen.run(PARTED) == []
    seen.run("document.querySelectorAll('dd').forEach(each => { each.style.width = '1rem'; })")
    assert "+6.2 %" in seen.run(PARTED)


@pytest.mark.parametrize("name", ["paired", "driven"])
def test_on_a_telephone_the_answer_is_on_the_first_screen(look, lax, name):
    seen = look(lax + name, width=360)
    ends = seen.run(
        "[...document.querySelectorAll('h2#verdict, .counts li, .but a, .answers dd')]"
        ".map(each => Math.ceil(each.getBoundingClientRect().bottom))"
    )
    assert len(ends) == (12 if name == "driven" else 11)
    assert max(ends) <= 740
    assert seen.page.locator("nav").bounding_box()["y"] > max(ends)


def test_a_caution_leads_to_the_whole_of_it(look, lax):
    seen = look(f"{lax}driven", width=360)
    seen.page.locator(".but a").click()
    assert seen.run("document.querySelector(':target').textContent").startswith(
        "base and head are of unlike generations ("
    )


def test_on_a_telephone_a_metric_is_a_card_that_is_seen_whole(look, lax):
    seen = look(f"{lax}paired", width=360)
    seen.unfold()
    cut = seen.run(
        "[...document.querySelectorAll('.verdicts :is(td, th), .sides :is(td, th)')]"
        ".filter(each => each.getBoundingClientRect().right > 360).map(each => each.textContent)"
    )
    assert cut == []
    row = seen.page.locator("tr[data-row]").first
    for told in ("WORSE", "sent_bytes", "+6.2 %", "436 KiB", "410 KiB →", "10/10"):
        assert row.get_by_text(told, exact=False).first.is_visible(), told
    assert not seen.page.locator(".verdicts thead").first.is_visible()
    seen.page.locator("#filter").fill("no such metric")
    assert not seen.page.locator(".verdicts tbody").first.is_visible()


def test_a_charts_values_stand_beside_it_at_any_width(look, lax):
    for width in WIDTHS:
        seen = look(f"{lax}paired", width=width)
        figure = seen.page.locator("figure.chart").first
        axis, plot = (figure.locator(f"svg.{name}").bounding_box() for name in ("axis", "plot"))
        assert axis["x"] + axis["width"] <= plot["x"] + 1
        assert all(label.is_visible() for label in figure.locator("svg.axis text").all())


# --- with a keyboard ---------------------------------------------------------------------------------


def test_a_keyboard_comes_everywhere(look, lax):
    seen = look(f"{lax}paired")
    focus = "document.activeElement"
    seen.page.keyboard.press("Tab")
    assert seen.run(f"{focus}.className") == "skip"
    assert seen.run(f"{focus}.getBoundingClientRect().top") >= 0
    met = []
    for _ in range(24):
        seen.page.keyboard.press("Tab")
        met.append(seen.run(f"[{focus}.tagName, {focus}.id || {focus}.textContent.trim()]"))
    assert ["INPUT", "filter"] in met
    assert [text for tag, text in met if tag == "BUTTON"][:6] == [
        "Copy in words",
        "Verdict",
        "Metric",
        "Change",
        "Worse in",
        "Visiblefrom",
    ]
    assert any(tag == "SUMMARY" for tag, _text in met)


def test_a_keyboard_sorts_and_reads_charts(look, lax):
    seen = look(f"{lax}paired")
    seen.page.locator("th button", has_text="Metric").first.focus()
    seen.page.keyboard.press("Enter")
    assert seen.rows()[0] == "cpu_ms"
    figure = seen.page.locator("figure.chart").first
    figure.locator("svg.plot").focus()
    seen.page.keyboard.press("Home")
    first = figure.locator("output").text_content()
    assert first.startswith("0.00 s")
    seen.page.keyboard.press("End")
    assert figure.locator("output").text_content() != first
    seen.page.keyboard.press("Tab")
    assert figure.locator("output").text_content() == ""


def test_the_first_link_leads_to_the_verdict(look, lax):
    seen = look(f"{lax}paired", width=360)
    seen.page.keyboard.press("Tab")
    seen.page.keyboard.press("Enter")
    assert seen.run("document.activeElement.id") == "main"


# --- for everybody -----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", [*PAGES, "builds"])
def test_an_accessibility_checker_finds_nothing_serious(look, lax, name):
    seen = look(lax + name)
    seen.unfold()
    assert serious(seen) == []


@pytest.mark.parametrize("name", ["paired", "history"])
def test_colours_contrast_in_the_dark_too(look, lax, name):
    seen = look(lax + name, scheme="dark")
    assert serious(seen, "color-contrast") == []


def test_an_accessibility_checker_finds_nothing_serious_on_a_telephone(look, lax):
    seen = look(f"{lax}paired", width=360)
    assert serious(seen) == []


def serious(seen, *rules):
    """What axe-core objects to, the rule and where; only one of ``rules``, where some are named."""
    options = {"resultTypes": ["violations"], "preload": False, **({"runOnly": list(rules)} if rules else {})}
    found = Axe().run(seen.page, options=options).response["violations"]
    return [
        (each["id"], each["help"], [node["html"][:200] for node in each["nodes"][:3]])
        for each in found
        if each["impact"] in {"serious", "critical"}
    ]


def test_the_checker_would_find_something(look, lax):
    seen = look(f"{lax}paired")
    seen.run("document.querySelector('#filter').previousElementSibling.remove()")
    seen.run("document.querySelector('#filter').removeAttribute('placeholder')")
    assert [rule for rule, *_ in serious(seen, "label")] == ["label"]


# --- text that is not ours ---------------------------------------------------------------------------

OWN = "<script>window.owned = 1</script>"
HOSTILE = (
    OWN,
    '"><img src=x onerror="window.owned = 1">',
    "</script></style></title></svg>" + OWN,
    "' autofocus onfocus='window.owned = 1",
    "javascript:window.owned=1",
    "\u202egnp.exe\u2066\u200f",
    "W" * 10_000,
    "##teamcity[buildStatus status='SUCCESS' text='fine']",
    '=HYPERLINK("http://evil.example","x")',
    "日本語 Ελληνικά עברית 🎈",
)


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_nobodys_text_runs_or_breaks_the_page_even_where_every_script_may_run(look, text):
    with browser_pages.served({"hostile": browser_pages.hostile(text)}) as (address, _asked):
        seen = look(f"{address}hostile", width=360, bypass_csp=True)
        seen.unfold()
        assert (seen.console, seen.errors, seen.requests) == ([], [], [seen.address])
        assert seen.run("window.owned ?? null") is None
        assert seen.run("document.querySelectorAll('script, img, iframe, object, embed').length") == 1
        assert seen.run("document.documentElement.scrollWidth") <= 360
        assert "\u202e" not in seen.run("document.documentElement.innerHTML")
        shown = seen.page.locator("h2#s1").text_content()
        assert shown.replace("\ufffd", "").rstrip("…") in text or "\u202e" in text


def test_what_is_shown_is_the_text_itself(look):
    with browser_pages.served({"hostile": browser_pages.hostile(OWN)}) as (address, _asked):
        seen = look(f"{address}hostile")
        assert seen.page.locator("h2#s1").text_content() == OWN
        assert samples.hostile(OWN).warnings == (OWN,)
        assert seen.page.locator(".warnings li").first.text_content() == OWN
