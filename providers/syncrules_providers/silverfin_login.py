"""The consent of a firm: a code that a person copied once, from then on pairs of tokens of which each works a single time."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from functools import partial

from syncrules.http import Http
from syncrules.manifest import Manifest, Refusal
from syncrules_providers.oauth import Bearer, Renewed


class Consent(Renewed):
    """Log in with the code, then with what the last answer brought; both tokens are kept before either is used.

    The old token ends when the new access is used for the first time: until then a crash loses nothing. The access is kept
    too, so that a run an hour later does not spend a token.

    Args:
        answers: what a person was asked, and what an earlier run has kept.
        keep: takes what is to be kept, under its name.
    """

    def __init__(
        self, http: Http, url: str, manifest: Manifest, answers: Mapping[str, str], keep: Callable[[str, str], None]
    ) -> None:
        says, name = manifest.wire["token"], manifest.keeps[0]
        kept = _grant(answers.get(name, ""))
        client = {each: answers[each].strip() for each in ("client_id", "client_secret")}
        super().__init__(
            http,
            url,
            headers={},
            first={**says["first"], **client, "code": answers["code"].strip()},
            again={**says["again"], **client},
            kept=("refresh_token", str(kept.get("refresh_token", ""))),
            keep=partial(keep, name),
            refusal=next(each for each in manifest.refusals if each.says == says["refused"]),
            renew_early=says["renew_early"],
            lifetime=says["lifetime"],
        )
        self._refusals = [each for each in manifest.refusals if each.means == "login"]
        self._token, self._until = str(kept.get("access_token", "")), float(str(kept.get("until", 0)))

    def _take(self, said: Mapping[str, object]) -> None:
        Bearer._take(self, said)
        fresh = said.get("refresh_token")
        self._kept = fresh if isinstance(fresh, str) and fresh else self._kept
        until, self._until = self._until, 0.0  # it counts for nothing before it is kept
        self._keep(json.dumps({"refresh_token": self._kept, "access_token": self._token, "until": until}))
        self._until = until

    def _meant(self, status: int, code: str) -> Refusal:
        known = [each for each in self._refusals if each.says and each.says == code]
        return next(
            iter(known or [each for each in self._refusals if each.code == str(status) == "403"]), self._refusal
        )

    def _secrets(self) -> tuple[str, ...]:
        return (self._token, self._kept, self._first["code"], self._first["client_secret"])


def _grant(kept: str) -> dict[str, object]:
    """Read what was kept; what cannot be read is as good as nothing."""
    try:
        found = json.loads(kept) if kept else {}
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
