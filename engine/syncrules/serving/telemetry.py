"""What is measured of runs, calls and deliveries, handed to whoever collects it: traces and metrics of OpenTelemetry.

Never what somebody wrote: no record, no name in it, no message, no address, no secret; a connection is called what it is called here.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import MetricReader, PeriodicExportingMetricReader
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import Span, SpanKind, StatusCode, Tracer, set_span_in_context

from syncrules.connection import Paused

if TYPE_CHECKING:
    from syncrules.http import Response
    from syncrules.journey.event import Event

NAME = "syncrules"
SECONDS = (0.1, 0.3, 1, 3, 10, 30, 60, 180, 600, 1800, 3600)
"""Bounds between which the seconds of runs are counted: a quiet one takes one, a first import an hour."""


class Telemetry:
    """Looks on, for whoever collects.

    Args:
        spans: takes the traces.
        reader: takes the metrics.
    """

    def __init__(self, spans: SpanProcessor | None, reader: MetricReader | None) -> None:
        resource = Resource.create({} if _is_named() else {"service.name": NAME})
        self._tracers = TracerProvider(resource=resource, shutdown_on_exit=False)
        if spans is not None:
            self._tracers.add_span_processor(spans)
        self._meters = MeterProvider([reader] if reader is not None else [], resource, shutdown_on_exit=False)
        self.tracer: Tracer = self._tracers.get_tracer(NAME)
        meter = self._meters.get_meter(NAME)
        self.runs = meter.create_counter("syncrules.runs", "{run}", "Runs, by how they came out.")
        self.seconds = meter.create_histogram(
            "syncrules.run.duration", "s", "How long a run took.", explicit_bucket_boundaries_advisory=SECONDS
        )
        self.written = meter.create_counter(
            "syncrules.records.written", "{record}", "Records written, by what was done."
        )
        self.calls = meter.create_counter(
            "syncrules.calls", "{call}", "Requests to a system, by the status of its answer."
        )
        self.left = meter.create_gauge(
            "syncrules.records.left", "{record}", "Records that wait or failed, after a run."
        )
        self.deliveries = meter.create_counter(
            "syncrules.deliveries", "{delivery}", "Deliveries, by the status they got."
        )

    @contextmanager
    def run(self, connection: str, mapping: str) -> Iterator[Run]:
        """Look at a run while inside."""
        about = {"syncrules.connection": connection, "syncrules.mapping": mapping}
        run = Run(self, self.tracer.start_span("run", attributes=about), connection)
        outcome = "failed"
        try:
            yield run
            outcome = run.outcome
        except Paused:
            outcome = "paused"
            raise
        except Exception as error:
            # Its message may quote a record.
            run.span.set_attribute("error.type", type(error).__name__)
            run.span.set_status(StatusCode.ERROR)
            raise
        except BaseException:  # it was asked to stop
            outcome = "cut off"
            raise
        finally:
            run.step_ended()
            run.span.set_attribute("syncrules.outcome", outcome)
            run.span.end()
            how = {"syncrules.outcome": outcome, "syncrules.mapping": mapping}
            self.runs.add(1, how)
            self.seconds.record(_seconds(run.span), how)

    def delivered(self, status: int) -> None:
        """Take in how a delivery was answered."""
        self.deliveries.add(1, {"http.response.status_code": status})

    def close(self) -> None:
        """Hand over what was not handed over yet."""
        self._tracers.shutdown()
        self._meters.shutdown()


class Run:
    """One run that is looked at: a span, in it one for each step, and in that one for each call."""

    def __init__(self, watcher: Telemetry, span: Span, connection: str) -> None:
        self.watcher, self.span, self.connection = watcher, span, connection
        self.outcome = "done"
        self._step: tuple[str, Span] | None = None

    def told(self, event: Event) -> None:
        """Begin a step; of the event nothing else is looked at: it names records."""
        if self._step is None or self._step[0] != event.step:
            self.step_ended()
            self._step = event.step, self._inside(event.step, self.span)

    def step_ended(self) -> None:
        if self._step is not None:
            self._step[1].end()
        self._step = None

    def call(self, system: str, method: str, carry: Callable[[], Response]) -> Response:
        """Carry out one request to a system. Calls are made side by side, in threads of their own."""
        step = self._step
        about = {"syncrules.system": system, "http.request.method": method}
        span = self._inside(method, step[1] if step is not None else self.span, kind=SpanKind.CLIENT, attributes=about)
        status: int | str = "none"
        try:
            answer = carry()
            status = answer.status
            span.set_attribute("http.response.status_code", status)
            return answer
        except Exception as error:
            span.set_attribute("error.type", type(error).__name__)
            span.set_status(StatusCode.ERROR)
            raise
        finally:
            span.end()
            self.watcher.calls.add(1, {"syncrules.system": system, "http.response.status_code": status})

    def done(self, run: Mapping[str, Any]) -> None:
        """Take in what it did, as `run --json` tells it."""
        self.outcome = str(run["outcome"])
        self.span.set_attribute("syncrules.writes", run["writes"])
        self.span.set_attribute("syncrules.read", sum(run["read"].values()))
        for each in run["done"]:
            about = {"syncrules.verb": each["verb"], "syncrules.system": each["system"] or "both"}
            self.watcher.written.add(each["count"], about)
        for state in ("waiting", "failed"):
            count = sum(each["count"] for each in run[state])
            self.span.set_attribute(f"syncrules.{state}", count)
            self.watcher.left.set(count, {"syncrules.connection": self.connection, "syncrules.state": state})

    def _inside(self, name: str, parent: Span, **more: Any) -> Span:
        return self.watcher.tracer.start_span(name, set_span_in_context(parent), **more)


def exporting(trouble: Callable[[], object]) -> Telemetry:
    """Hand over what is measured where the environment says, over HTTP.

    Args:
        trouble: is called when it could not be handed over.
    """
    said = logging.getLogger("opentelemetry")
    said.propagate, said.handlers = False, [_Said(trouble)]  # it would write into what we say, and at length
    spans = None if _is_off("TRACES") else BatchSpanProcessor(OTLPSpanExporter())
    reader = None if _is_off("METRICS") else PeriodicExportingMetricReader(OTLPMetricExporter())
    return Telemetry(spans, reader)


class _Said(logging.Handler):
    def __init__(self, trouble: Callable[[], object]) -> None:
        super().__init__(logging.WARNING)
        self.trouble = trouble

    def emit(self, record: logging.LogRecord) -> None:
        self.trouble()


def _is_off(what: str) -> bool:
    return os.environ.get(f"OTEL_{what}_EXPORTER", "").strip().lower() == "none"


def _is_named() -> bool:
    told = os.environ.get("OTEL_RESOURCE_ATTRIBUTES", "")
    return bool(os.environ.get("OTEL_SERVICE_NAME")) or "service.name=" in told


def _seconds(span: Any) -> float:
    return float(span.end_time - span.start_time) / 1e9
