"""What is measured of runs, calls and deliveries: a trace for each run, figures of all of them, and never what somebody wrote."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from cli_world import SIDES, Shell, Systems
from jobs_in_memory import InMemory
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from syncrules.cli import serving
from syncrules.cli.desk import Desk
from syncrules.cli.screen import Screen
from syncrules.cli.worker import Stopped
from syncrules.http import Response
from syncrules.journey.event import Event
from syncrules.memory.memory import Memory
from syncrules.memory.store import open_store
from syncrules.serving.jobs import Job
from syncrules.serving.telemetry import Telemetry, exporting
from syncrules.serving.watching import Nobody, wanted


class Collected:
    """What a watcher handed over."""

    def __init__(self) -> None:
        self._spans, self._reader = InMemorySpanExporter(), InMemoryMetricReader()
        self.watcher = Telemetry(SimpleSpanProcessor(self._spans), self._reader)

    @property
    def spans(self) -> list[Any]:
        return list(self._spans.get_finished_spans())

    def figures(self, name: str) -> dict[tuple[Any, ...], Any]:
        """Give the figures of a metric by the values of its attributes, those of a histogram as how many there are."""
        return {
            tuple(point["attributes"].values()): point.get("value", point.get("count"))
            for metric in self.metrics
            if metric["name"] == name
            for point in metric["data"]["data_points"]
        }

    @property
    def metrics(self) -> list[dict[str, Any]]:
        data = self._reader.get_metrics_data()
        told = json.loads(data.to_json()) if data is not None else {"resource_metrics": []}
        return [metric for each in told["resource_metrics"] for scope in each["scope_metrics"] for metric in scope["metrics"]]  # fmt: skip

    @property
    def everything(self) -> str:
        return json.dumps([json.loads(each.to_json()) for each in self.spans] + self.metrics, ensure_ascii=False)


@pytest.fixture
def collected() -> Iterator[Collected]:
    found = Collected()
    yield found
    found.watcher.close()


def worker(shell: Shell, watcher: Any) -> serving.Serving:
    desk = Desk(Screen(json=True), str(shell.state), str(shell.key))
    return serving.Serving(desk, InMemory(1), every=60, slots=1, watcher=watcher)


def test_a_run_is_a_trace_of_its_steps_and_their_calls_and_its_figures_are_those_that_it_tells(
    shell: Shell, systems: Systems, collected: Collected, capsys: pytest.CaptureFixture[str]
) -> None:
    shell.connect(systems.answers)
    capsys.readouterr()
    worker(shell, collected.watcher).worker.carry_out(Job("acme"))
    told = json.loads(capsys.readouterr().out)["run"]
    (run,) = (each for each in collected.spans if each.name == "run")
    steps = {each.context.span_id: each.name for each in collected.spans if each.parent == run.context}
    calls = [each for each in collected.spans if "syncrules.system" in each.attributes]

    assert run.parent is None
    assert told["writes"] > 0
    assert dict(run.attributes) == {
        "syncrules.connection": "acme",
        "syncrules.mapping": "tribe-eboekhouden",
        "syncrules.outcome": told["outcome"],
        "syncrules.writes": told["writes"],
        "syncrules.read": sum(told["read"].values()),
        **{f"syncrules.{state}": sum(each["count"] for each in told[state]) for state in ("waiting", "failed")},
    }
    assert {"read", "plan", "write"} <= set(steps.values())
    assert calls
    assert {steps.get(each.parent.span_id, "run") for each in calls} >= {"read", "write"}
    assert {each.context.trace_id for each in collected.spans} == {run.context.trace_id}
    assert collected.figures("syncrules.runs") == {(told["outcome"], "tribe-eboekhouden"): 1}
    assert collected.figures("syncrules.run.duration") == {(told["outcome"], "tribe-eboekhouden"): 1}
    written = {(each["verb"], each["system"]): 0 for each in told["done"]}
    for each in told["done"]:
        written[each["verb"], each["system"]] += each["count"]

    assert collected.figures("syncrules.records.written") == written
    assert sum(collected.figures("syncrules.calls").values()) == len(calls)
    assert {each[1] for each in collected.figures("syncrules.calls")} == {200}
    left = {("acme", state): sum(each["count"] for each in told[state]) for state in ("waiting", "failed")}

    assert collected.figures("syncrules.records.left") == left


def test_nothing_that_somebody_wrote_and_no_secret_is_handed_over(
    shell: Shell, systems: Systems, collected: Collected
) -> None:
    shell.connect(systems.answers)
    right, systems.books.security_code1 = systems.books.security_code1, "another"
    at_work = worker(shell, collected.watcher)
    at_work.worker.carry_out(Job("acme"))
    systems.books.security_code1 = right
    at_work.worker.carry_out(Job("acme"))
    with open_store(shell.state) as store:
        known = Memory(store, "acme", SIDES).records(states=("pending", "synced", "excluded", "waiting", "failed"))
        names = {each.name for _, each in known if len(each.name) > 3}
    answered = {str(each) for side in SIDES for each in systems.answers[side].values() if len(str(each)) > 3}

    assert len(names) > 20
    assert len(answered) > 3
    assert [each for each in names | answered if each in collected.everything] == []


def test_a_run_that_failed_says_of_what_kind_the_trouble_was_and_not_what_was_said(collected: Collected) -> None:
    def fail() -> None:
        with collected.watcher.run("acme", "mine") as watched:
            watched.told(Event("read", "organisation", 3))
            raise KeyError("Bakkerij De Korenaar")

    with pytest.raises(KeyError):
        fail()
    step, run = collected.spans

    assert (step.name, run.attributes["error.type"], run.status.is_ok) == ("read", "KeyError", False)
    assert collected.figures("syncrules.runs") == {("failed", "mine"): 1}
    assert "Korenaar" not in collected.everything


def test_a_run_that_was_asked_to_stop_did_not_fail(collected: Collected) -> None:
    with pytest.raises(Stopped), collected.watcher.run("acme", "mine"):
        raise Stopped

    assert collected.figures("syncrules.runs") == {("cut off", "mine"): 1}
    assert collected.spans[0].status.is_unset


def test_a_call_whose_answer_never_came_is_counted_as_such(collected: Collected) -> None:
    def lost() -> Response:
        raise TimeoutError("no answer from 030-0000777")

    with collected.watcher.run("acme", "mine") as watched:
        watched.call("The CRM", "POST", lambda: Response(429, {}, b""))
        with pytest.raises(TimeoutError):
            watched.call("The CRM", "GET", lost)

    assert collected.figures("syncrules.calls") == {("The CRM", 429): 1, ("The CRM", "none"): 1}
    assert "0000777" not in collected.everything


def test_deliveries_are_counted_by_how_they_were_answered(shell: Shell, collected: Collected) -> None:
    with open_store(shell.state):
        pass
    at_work = worker(shell, collected.watcher)
    try:
        answers = [at_work.worker.deliver("nobody", "crm", "key", {}, b"{}") for _ in range(2)]
    finally:
        at_work.worker.receiver.close()

    assert answers == [404, 404]
    assert collected.figures("syncrules.deliveries") == {(404,): 2}


# Whether, and where to ----------------------------------------------------------------------------------------------

PLACE = {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:4318"}


@pytest.mark.parametrize(
    ("environment", "is_wanted"),
    [
        ({}, False),
        ({"OTEL_SERVICE_NAME": "books"}, False),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": ""}, False),
        (PLACE, True),
        ({"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://127.0.0.1:4318/v1/traces"}, True),
        ({**PLACE, "OTEL_SDK_DISABLED": "true"}, False),
        ({**PLACE, "OTEL_SDK_DISABLED": "TRUE"}, False),
        ({**PLACE, "OTEL_SDK_DISABLED": "false"}, True),
    ],
)
def test_it_looks_on_only_where_somebody_asked_for_it(environment: Mapping[str, str], is_wanted: bool) -> None:
    assert wanted(environment) is is_wanted


def test_where_nobody_asked_nobody_looks_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OTEL_EXPORTER_OTLP_ENDPOINT", raising=False)

    assert isinstance(serving._watcher(Screen(json=True)), Nobody)


def test_where_it_is_asked_for_and_not_installed_it_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:4318")
    monkeypatch.setattr(serving, "find_spec", lambda _: None)

    assert isinstance(serving._watcher(Screen()), Nobody)
    assert "pip install 'syncrules[telemetry]'" in " ".join(capsys.readouterr().err.split())


@pytest.mark.parametrize(
    ("environment", "name"),
    [
        ({}, "syncrules"),
        ({"OTEL_SERVICE_NAME": "books"}, "books"),
        ({"OTEL_RESOURCE_ATTRIBUTES": "service.name=ours,a=b"}, "ours"),
    ],
)
def test_it_is_called_what_the_environment_says(
    environment: Mapping[str, str], name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for each in ("OTEL_SERVICE_NAME", "OTEL_RESOURCE_ATTRIBUTES"):
        monkeypatch.delenv(each, raising=False)
    for each, value in environment.items():
        monkeypatch.setenv(each, value)
    found = Collected()
    with found.watcher.run("acme", "mine"):
        pass
    found.watcher.close()

    assert found.spans[0].resource.attributes["service.name"] == name


@contextmanager
def collecting() -> Iterator[tuple[str, list[str]]]:
    """Give the address of one who collects, and what was sent there."""
    sent: list[str] = []

    class Takes(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            sent.append(self.path)
            self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Takes)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", sent
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.mark.parametrize(
    ("off", "paths"),
    [("", {"/v1/traces", "/v1/metrics"}), ("OTEL_TRACES_EXPORTER", {"/v1/metrics"}), ("OTEL_METRICS_EXPORTER", {"/v1/traces"})],
)  # fmt: skip
def test_it_is_handed_over_where_the_environment_says(
    off: str, paths: set[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    trouble: list[int] = []
    with collecting() as (address, sent):
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", address)
        if off:
            monkeypatch.setenv(off, "none")
        watcher = exporting(lambda: trouble.append(1))
        with watcher.run("acme", "mine"):
            pass
        watcher.close()

    assert (set(sent), trouble) == (paths, [])


def test_where_nobody_collects_it_says_so_once_and_runs_go_on(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:9")
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_TIMEOUT", "1")
    watcher = serving._watcher(Screen())
    with watcher.run("acme", "mine"):
        pass
    watcher.close()

    assert capsys.readouterr().err.count("cannot be handed over") == 1


@pytest.mark.parametrize("asks", ["commands(['--help'], standalone_mode=False)", "import syncrules.cli.serving"])
def test_whoever_does_not_serve_does_not_wait_for_it(asks: str, tmp_path: Path) -> None:
    program = f"import sys; from syncrules.cli.commands import commands; {asks}; assert 'opentelemetry' not in sys.modules, 'it is there'"
    done = subprocess.run([sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True, check=False)

    assert (done.returncode, done.stderr) == (0, "")
