"""How a worker is, for whoever asks over HTTP on this machine: `/health`, whether it lives; `/ready`, whether it can work.

Nothing here is a secret, and nothing can be changed.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

HERE = "127.0.0.1"
PATIENCE = 5.0
"""Seconds after which somebody who says nothing is not listened to any more."""
Answer = Callable[[], tuple[bool, Mapping[str, Any]]]
"""Gives whether all is well, and what is told."""


@contextmanager
def answering(port: int, answers: Mapping[str, Answer]) -> Iterator[str]:
    """Answer while inside, and give the address.

    Args:
        port: 0 for any that is free.
        answers: what is asked → how it is.

    Raises:
        OSError: somebody else answers at this port.
    """

    class Asked(BaseHTTPRequestHandler):
        timeout = PATIENCE

        def do_GET(self) -> None:
            answer = answers.get(self.path)
            well, told = answer() if answer is not None else (False, {"error": "there is /health and /ready"})
            content = json.dumps(told).encode()
            self.send_response(404 if answer is None else 200 if well else 503)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.send_header("Cache-Control", "no-store")
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            """Say nothing: whoever asks does so every few seconds."""

    class Server(ThreadingHTTPServer):
        daemon_threads = True  # somebody who listens slowly keeps nobody from stopping

        def handle_error(self, *_: object) -> None:
            """Say nothing either of somebody who hung up."""

    with Server((HERE, port), Asked) as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.1}, name="health")
        thread.start()
        try:
            yield f"http://{HERE}:{server.server_address[1]}"
        finally:
            server.shutdown()
            thread.join()
