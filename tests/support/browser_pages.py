"""Pages to open in a browser, made of results built by hand, and a server that shows them as a build server would."""

from __future__ import annotations

import contextlib
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import attrs
import comparisons
import pasts
import samples

from tcperf.alike import UNLIKE_GENERATIONS
from tcperf.reports import builds_html, history_html, html
from tcperf.reports.builds import gather
from tcperf.reports.past import past

#: What a build server sends with an artifact that it does not trust.
POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"
FEEDBACK = "https://forms.example.org/tcperf"


def report(result, **changes):
    """A report with curves, of which there are no more than it takes to see that they are right."""
    series = {run.id: samples.series(run, interval_ms=1000, **changes) for run in result.runs}
    return html.render(result, series, FEEDBACK)


def hostile(text):
    """A report in which ``text`` stands wherever text that is not ours may stand, a node of that name included."""
    return report(samples.hostile(text), nodes=(text, "bob"))


def _sooner(result):
    """The result with bases whose last phase took half as long."""
    runs = (_halved(run) if run.subject == "base" else run for run in result.runs)
    return attrs.evolve(result, runs=tuple(runs))


def _halved(run):
    *phases, last = run.phases
    half = attrs.evolve(last, end_ns=(last.start_ns + last.end_ns) // 2)
    return attrs.evolve(run, phases=(*phases, half))


def pages():
    """Every kind of page by its name."""
    history = pasts.many(30, (pasts.SENT, pasts.TIME, pasts.IDLE))
    warned = ("the machine was busy: other programs kept 0.8 cores busy",)
    unlike = f"{UNLIKE_GENERATIONS}: 'status-backend (OpenAccounts)' against 'status-backend (InitializeApplication)'"
    return {
        "driven": report(_sooner(comparisons.paired(pairs=2, warnings=(*warned, unlike)))),
        "paired": report(comparisons.paired(pairs=2, warnings=warned)),
        "unpaired": report(samples.emulated(runs=2)),
        "failed": report(comparisons.failed()),
        "beside": report(attrs.evolve(comparisons.beside_history(), history=history)),
        "builds": builds_html.render(
            gather([("monday.json", samples.result()), ("tuesday.json", comparisons.paired())])
        ),
        "history": history_html.render(past("Perf_OneToOne", history)),
    }


@contextlib.contextmanager
def served(found, *, policy=None):
    """Serve the pages by their names on this machine; yields the address before a name, and the paths asked for."""
    asked = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            name = self.path.lstrip("/")
            asked.append(name)
            self.send_response(200 if name in found else 404)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            if policy is not None:
                self.send_header("Content-Security-Policy", policy)
            self.end_headers()
            self.wfile.write(found.get(name, "").encode())

        def log_message(self, *_arguments):
            """Nothing: what was asked for is looked at instead."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}).start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/", asked
        finally:
            server.shutdown()
