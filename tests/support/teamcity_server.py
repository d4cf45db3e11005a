"""A stand-in TeamCity server on the loopback: the REST API as far as tcperf uses it, and every way it can fail.

::

    with TeamCityServer(builds=past_builds(30, lambda number: {"tcperf.idle.idle.cpu_ms": f"{100 + number}"})) as server:
        server.add(FakeBuild(99, branch="feature/x", default_branch=False, artifacts={"tcperf/results.json": b"{}"}))
        Server(server.url, server.credentials()).get_json("/app/rest/builds", {"locator": "branch:(name:feature/x)"})
        assert server.requests[-1].headers["accept"] == "application/json"

        server.fail(faults.status(503), times=2)                    # the next two requests
        server.fail(faults.too_many("1"), path="/app/rest/builds")  # the next one whose path begins so
        server.fail(faults.slow(3))                                 # answered as ever, but late

What it knows:

- ``GET /app/rest/server``; ``GET /app/rest/builds?locator=&fields=`` with ``count``, ``nextHref`` and ``build``;
  ``GET /app/rest/builds/<locator>``, ``…/statistics``, ``…/statistics/<key>`` (text, 404 where absent) and
  ``…/artifacts/content/<path>``; ``GET /app/rest/buildTypes/<locator>``.
- Locators of builds as ``teamcity_builds.Query`` says, with TeamCity's default filter (finished, default branch,
  not personal, not cancelled, started).  A page has at most ``page_limit`` builds; of all builds no more than
  ``lookupLimit`` are looked at, after which ``nextHref`` leads on.  ``empty_pages`` puts a page without builds
  before each other one; ``absolute_links`` makes every ``nextHref`` absolute.
- ``/app/rest/projects/<locator>/projectFeatures``: GET, POST (an id is made where none is given), and of
  ``…/<locator>`` GET, PUT and DELETE.  ``server.features[project]`` is the list; the projects are ``projects``.
- Credentials: ``Authorization: Bearer <server.token>``, or Basic with ``server.user`` and ``server.password`` (a
  build's own; with ``builds_are_private`` these get 403 for anything but /app/rest/server).  Others get 401.
- JSON is answered only where ``Accept`` asks for it, else XML as TeamCity does; errors are JSON or, with
  ``json_errors=False``, the text of older servers.  ``context`` is the path below which the server lives.
- ``server.requests`` are all that came, in order, as ``Seen`` (header names in lower case).

``Elsewhere`` is another server, which records what reaches it and answers 200 with ``{}``: for redirects.
``tls`` (an ``ssl.SSLContext``) makes it speak https.  A fault inside the stand-in fails the ``with``.
"""

import base64
import contextlib
import json
import re
import socket
import sys
import threading
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, quote, unquote, urlsplit

import teamcity_faults as faults
from teamcity_builds import (
    DEFAULT_COUNT,
    DEFAULT_LOOKUP,
    SHORT,
    BadLocatorError,
    FakeBuild,
    Query,
    parse_fields,
    parse_locator,
    pruned,
    statistics_json,
    written,
)

__all__ = ["TOKEN", "Elsewhere", "FakeBuild", "Seen", "TeamCityServer", "faults", "past_builds"]

TOKEN = "eyJ0eXAiOiAiVENWMiJ9.c2VjcmV0LXRva2Vu.ZG8gbm90IHNob3c"
USER, PASSWORD = "TeamCityBuildId=4711", "Vb7kQ2wX9rT4mZ1pL8sD6fG3hJ5nC0yA"
_TIMEOUT_S = 30
_FIRST = datetime(2026, 9, 1, tzinfo=UTC)


def past_builds(count, statistics, first=1, **common):
    """Builds with the ids ``first`` …, oldest first, an hour apart; ``statistics(number)`` are a build's values."""
    return [
        FakeBuild(
            number,
            statistics=statistics(number),
            finished=(_FIRST + timedelta(hours=index)).strftime("%Y%m%dT%H%M%S+0000"),
            revision=f"{number:040x}",
            **common,
        )
        for index, number in enumerate(range(first, first + count))
    ]


@dataclass(frozen=True)
class Seen:
    """A request that came: ``path`` decoded, ``query`` with one value a name, header names in lower case."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes


class NotFoundError(Exception):
    """What is answered with status 404."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = _TIMEOUT_S
    disable_nagle_algorithm = True

    def log_message(self, *_arguments):
        """Say nothing: the tests read ``requests``."""

    def setup(self):
        super().setup()
        self.server.connections.add(self.connection)

    def handle(self):
        if not self.server.closing.is_set():  # else nobody would end the connection
            super().handle()

    def finish(self):
        self.server.connections.discard(self.connection)
        super().finish()

    def do_GET(self):
        parts = urlsplit(self.path)  # an absolute one came through a proxy's protocol
        length = int(self.headers.get("Content-Length", 0))
        query = {name: values[-1] for name, values in parse_qs(parts.query, keep_blank_values=True).items()}
        headers = {name.lower(): value for name, value in self.headers.items()}
        self.seen = Seen(self.command, unquote(parts.path), query, headers, self.rfile.read(length))
        self.server.owner.take(self)

    do_POST = do_PUT = do_DELETE = do_GET  # noqa: N815 - the names of http.server

    def head(self, code, headers):
        """Send the status line and the headers alone."""
        self.send_response(code)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()

    def send_response(self, code, message=None):
        self.send_response_only(code, message)  # no Date and Server: a fault may bring its own

    def answer(self, code, body, content_type="application/json", headers=None):
        """Send a whole answer."""
        self.head(code, {"Content-Type": content_type, "Content-Length": str(len(body)), **(headers or {})})
        self.wfile.write(body)

    def hang_up(self):
        """End the connection."""
        self.close_connection = True
        with contextlib.suppress(OSError):
            self.connection.shutdown(socket.SHUT_WR)


class _Http(ThreadingHTTPServer):
    daemon_threads = False  # the end waits for them: nothing of a test outlives it
    request_queue_size = 64

    def __init__(self, owner, tls):
        super().__init__(("127.0.0.1", 0), _Handler)
        self.owner = owner
        self.closing = threading.Event()
        self.connections = set()
        self.faults = []
        if tls is not None:
            self.socket = tls.wrap_socket(self.socket, server_side=True, do_handshake_on_connect=False)

    def handle_error(self, _request, _address):
        """Clients may go away; anything else is a fault of the stand-in."""
        error = sys.exc_info()[1]
        if not isinstance(error, OSError):
            self.faults.append(error)


class _Served:
    """A server in a thread, between ``with`` and its end; ``requests`` are all that came."""

    def __init__(self, *, tls=None):
        self.requests = []
        self._http = _Http(self, tls)
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.05,))
        self.port = self._http.server_address[1]
        self.origin = f"{'http' if tls is None else 'https'}://127.0.0.1:{self.port}"

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_error):
        self.close()

    def close(self):
        """End it, and every connection; raises what went wrong inside."""
        http = self._http
        http.closing.set()
        http.shutdown()
        for connection in list(http.connections):
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        http.server_close()
        self._thread.join(10)
        assert not self._thread.is_alive()
        if http.faults:
            raise http.faults[0]


class Elsewhere(_Served):
    """Another server, with one file.  ``authorizations`` are the credentials that reached it: there should be none."""

    url = property(lambda self: self.origin)
    content = b"{}"
    fault = None

    def take(self, handler):
        self.requests.append(handler.seen)
        if self.fault is None or not self.fault(handler):
            handler.answer(200, self.content)

    @property
    def authorizations(self):
        return [seen.headers["authorization"] for seen in self.requests if "authorization" in seen.headers]


class TeamCityServer(_Served):
    """The stand-in: see the module."""

    def __init__(
        self,
        *,
        builds=(),
        projects=("Project",),
        context="",
        page_limit=DEFAULT_COUNT,
        empty_pages=False,
        absolute_links=False,
        builds_are_private=False,
        json_errors=True,
        tls=None,
    ):
        super().__init__(tls=tls)
        self.token, self.user, self.password = TOKEN, USER, PASSWORD
        self.context = context
        self.url = self.origin + context
        self.builds = list(builds)
        self.features = {project: [] for project in projects}
        self.page_limit = page_limit
        self.empty_pages = empty_pages
        self.absolute_links = absolute_links
        self.builds_are_private = builds_are_private
        self.json_errors = json_errors
        self._faults = []
        self._lock = threading.Lock()
        self._made = 0

    def add(self, *builds):
        """Add builds; the ids give their order."""
        self.builds += builds

    def fail(self, fault, *, times=1, path=""):
        """The next ``times`` requests whose path begins with ``path`` meet ``fault``, after those told before."""
        self._faults += [(fault, self.context + path)] * times

    def forget(self):
        """No fault is due any more, and nothing has been asked."""
        with self._lock:
            self._faults.clear()
            self.requests.clear()

    def credentials(self):
        """The credentials of tcperf that this server accepts."""
        from tcperf.teamcity.credentials import Credentials

        return Credentials.token(self.token, "TCPERF_TEAMCITY_TOKEN")

    def take(self, handler):
        """One request: a fault, if one is due, else the answer."""
        with self._lock:
            self.requests.append(handler.seen)
            fault = self._due(handler.seen.path)
        if fault is None or not fault(handler):
            self._answer(handler)

    def _due(self, path):
        for index, (fault, prefix) in enumerate(self._faults):
            if path.startswith(prefix):
                del self._faults[index]
                return fault
        return None

    def _answer(self, handler):
        seen = handler.seen
        refusal = self._refusal(seen)
        if refusal is not None:
            handler.answer(*refusal)
            return
        try:
            with self._lock:
                answer = self._routed(seen)
        except BadLocatorError as error:
            answer = self._error(400, "BadRequestException", str(error))
        except NotFoundError as error:
            answer = self._error(404, "NotFoundException", str(error))
        handler.answer(*answer)

    # --- who may ask ---------------------------------------------------------------------------------

    def _refusal(self, seen):
        given = seen.headers.get("authorization", "")
        basic = base64.b64encode(f"{self.user}:{self.password}".encode()).decode()
        if given == f"Bearer {self.token}":
            return None
        if given == f"Basic {basic}":
            if self.builds_are_private and seen.path != f"{self.context}/app/rest/server":
                return (
                    403,
                    b"Access denied. Check the user has enough permissions to perform the operation.",
                    "text/plain",
                )
            return None
        text = b'Authentication required\nTo login manually go to "/login.html" page'
        return 401, text, "text/plain", {"WWW-Authenticate": 'Basic realm="TeamCity"'}

    def _error(self, code, kind, text):
        if self.json_errors:
            return code, json.dumps(
                {"errors": [{"message": text, "statusText": f"status code: {code}"}]}
            ).encode()
        said = (
            f"Responding with error, status code: {code}.\n"
            f"Details: jetbrains.buildServer.server.rest.errors.{kind}: {text}\n"
            "Could not find the entity requested. Check the reference is correct.\n"
        )
        return code, said.encode(), "text/plain"

    # --- what it tells -------------------------------------------------------------------------------

    def _routed(self, seen):
        if not seen.path.startswith(f"{self.context}/app/rest/"):
            raise NotFoundError(f"nothing is at {seen.path}")
        path = seen.path.removeprefix(f"{self.context}/app/rest")
        for pattern, methods, route in self._ROUTES:
            match = re.fullmatch(pattern, path)
            if match and seen.method in methods:
                return route(self, seen, *match.groups())
        if any(re.fullmatch(pattern, path) for pattern, _, _ in self._ROUTES):
            return 405, b"Method Not Allowed", "text/plain"
        raise NotFoundError(f"No resource is at {path}")

    @staticmethod
    def _value(seen, value):
        """A JSON value, or XML for those who do not ask for JSON."""
        if "application/json" in seen.headers.get("accept", ""):
            return 200, json.dumps(value).encode()
        return 200, b'<?xml version="1.0" encoding="UTF-8" standalone="yes"?><value/>', "application/xml"

    def _server(self, seen):
        return self._value(seen, {"version": "2026.1 (build 200000)", "webUrl": self.url})

    def _configuration(self, seen, locator):
        name = parse_locator(locator).get("id")
        if name not in {build.configuration for build in self.builds}:
            raise NotFoundError(f"No build type nor template is found by id '{name}'.")
        return self._value(seen, {"id": name, "name": name})

    def _list(self, seen):
        query = Query(seen.query.get("locator", "state:finished"))
        newest = sorted(self.builds, key=lambda build: -build.id)
        looked_at = newest[: query.number("lookupLimit", DEFAULT_LOOKUP)]
        found = [build for build in looked_at if query.matches(build)]
        start = query.number("start", 0)
        count = min(query.number("count", DEFAULT_COUNT), self.page_limit)
        page = [] if self._is_empty_page(seen) else found[start : start + count]
        fields = parse_fields(seen.query.get("fields", f"count,nextHref,href,build({SHORT})"))
        whole = {"count": len(page), "href": seen.path, "build": [build.as_json(self.url) for build in page]}
        onward = self._onward(seen, query, start + len(page), len(found), len(newest) > len(looked_at))
        return self._value(seen, pruned(whole | onward, fields))

    def _is_empty_page(self, seen):
        return self.empty_pages and "filled" not in seen.query

    def _onward(self, seen, query, reached, found, is_cut):
        """``nextHref``, where there may be more."""
        if reached >= found and not is_cut and not self._is_empty_page(seen):
            return {}
        kept = {
            name: value for name, value in query.dimensions.items() if name not in {"start", "lookupLimit"}
        }
        lookup = query.number("lookupLimit", DEFAULT_LOOKUP) * (2 if reached >= found and is_cut else 1)
        parts = [
            *(written(name, value) for name, value in kept.items()),
            f"start:{reached}",
            f"lookupLimit:{lookup}",
        ]
        rest = "".join(f"&fields={quote(seen.query['fields'])}" for _ in range("fields" in seen.query))
        rest += "&filled=1" if self._is_empty_page(seen) else ""
        href = f"{self.context}/app/rest/builds?locator={quote(','.join(parts))}{rest}"
        return {"nextHref": self.origin + href if self.absolute_links else href}

    def _one(self, locator):
        query = Query(locator)
        found = [build for build in sorted(self.builds, key=lambda build: -build.id) if query.matches(build)]
        if not found:
            raise NotFoundError(f"No build found by locator '{locator}'.")
        return found[0]

    def _build(self, seen, locator):
        fields = parse_fields(seen.query["fields"]) if "fields" in seen.query else None
        return self._value(seen, pruned(self._one(locator).as_json(self.url), fields))

    def _statistics(self, seen, locator):
        return self._value(seen, statistics_json(self._one(locator)))

    def _statistic(self, _seen, locator, key):
        value = self._one(locator).statistics.get(key)
        if value is None:
            raise NotFoundError(f"No statistics data for key: {key}' in build")
        return 200, value.encode(), "text/plain"

    def _artifact(self, _seen, locator, path):
        content = self._one(locator).artifacts.get(path)
        if content is None:
            raise NotFoundError(f'Artifact "{path}" not found.')
        return 200, content, "application/octet-stream"

    # --- project features ----------------------------------------------------------------------------

    def _project(self, locator):
        name = parse_locator(locator).get("id")
        if name not in self.features:
            raise NotFoundError(
                f"No project found by locator '{locator}': project with id '{name}' cannot be found."
            )
        return self.features[name]

    def _features(self, seen, locator):
        features = self._project(locator)
        if seen.method == "GET":
            return self._value(seen, {"count": len(features), "projectFeature": features})
        feature = self._parsed_feature(seen)
        if "id" not in feature:
            self._made += 1
            feature["id"] = f"PROJECT_EXT_{self._made}"
        if any(other["id"] == feature["id"] for other in features):
            raise BadLocatorError(f"Project feature with id '{feature['id']}' already exists.")
        features.append(feature)
        return self._value(seen, feature)

    def _feature(self, seen, project, locator):
        features = self._project(project)
        name = parse_locator(locator).get("id")
        index = next((index for index, feature in enumerate(features) if feature["id"] == name), None)
        if index is None:
            raise NotFoundError(f"No project feature is found by id '{name}'.")
        if seen.method == "DELETE":
            del features[index]
            return 204, b"", "text/plain"
        if seen.method == "PUT":
            features[index] = self._parsed_feature(seen) | {"id": name}
        return self._value(seen, features[index])

    @staticmethod
    def _parsed_feature(seen):
        if "application/json" not in seen.headers.get("content-type", ""):
            raise BadLocatorError("Unsupported media type")
        try:
            feature = json.loads(seen.body)
            named = {one["name"]: one["value"] for one in feature["properties"]["property"]}
        except (ValueError, KeyError, TypeError) as error:
            raise BadLocatorError(f"Error parsing the request: {error!r}") from error
        if not isinstance(feature.get("type"), str) or not all(
            isinstance(value, str) for value in named.values()
        ):
            raise BadLocatorError("a feature has a type, and properties that are texts")
        listed = [{"name": name, "value": value} for name, value in named.items()]
        kept = {name: feature[name] for name in ("id", "type") if name in feature}
        return kept | {"properties": {"count": len(listed), "property": listed}}

    _ROUTES = (
        (r"/server", {"GET"}, _server),
        (r"/builds/?", {"GET"}, _list),
        (r"/builds/([^/]+)", {"GET"}, _build),
        (r"/builds/([^/]+)/statistics", {"GET"}, _statistics),
        (r"/builds/([^/]+)/statistics/(.+)", {"GET"}, _statistic),
        (r"/builds/([^/]+)/artifacts/content/(.+)", {"GET"}, _artifact),
        (r"/buildTypes/([^/]+)", {"GET"}, _configuration),
        (r"/projects/([^/]+)/projectFeatures", {"GET", "POST"}, _features),
        (r"/projects/([^/]+)/projectFeatures/([^/]+)", {"GET", "PUT", "DELETE"}, _feature),
    )
