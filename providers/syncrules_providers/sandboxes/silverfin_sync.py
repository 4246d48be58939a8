"""The SyncAPI: what an application that pushes bookkeeping may ask and do."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from urllib.parse import urlsplit

from syncrules_providers.sandboxes.server import Answer
from syncrules_providers.sandboxes.silverfin_asked import Asked
from syncrules_providers.sandboxes.silverfin_office import Entity, File, Office
from syncrules_providers.sandboxes.silverfin_push import Push
from syncrules_providers.sandboxes.silverfin_webhooks import EVENTS, Webhooks
from syncrules_providers.sandboxes.silverfin_wire import Readings, Refused, told


class SyncApi:
    """Answer the operations of a sync."""

    def __init__(self, office: Office, webhooks: Webhooks, readings: Readings) -> None:
        self._office = office
        self._webhooks = webhooks
        self._readings = readings
        self._push = Push(readings)
        self.operations: Mapping[str, Callable[[Asked], Answer]] = {
            "getSyncSettings": self._settings,
            "getSyncCompanies": self._companies,
            "getSyncCompanyInfo": self._info,
            "resetSyncBookkeepingData": self._reset,
            "setSyncReferences": self._references,
            "setSyncCompanySettings": self._years,
            "submitSyncTransactions": self._submit,
            "createSyncWebhook": self._add_webhook,
            "getSyncWebhooksList": self._list_webhooks,
            "deleteSyncWebhook": self._remove_webhook,
        }

    # The firm ---------------------------------------------------------------------------------------------------

    def _settings(self, asked: Asked) -> Answer:
        names = self._readings.within("settings")
        return told(
            self._readings["read"],
            {
                names["dimensions"]: self._readings["most dimensions"],
                names["locales"]: self._readings["locales"],
                names["actions"]: self._readings["most actions"],
            },
        )

    def _companies(self, asked: Asked) -> Answer:
        return told(
            self._readings["read"],
            [
                {"id": each.id, "name": each.name, **self._office.shown_to_sync(each)}
                for each in asked.page(self._office.synced(asked.firm.id))
            ],
        )

    def _references(self, asked: Asked) -> Answer:
        self._push.references(self._entity(asked), asked.body)
        return told(self._readings["references stored"], {})

    def _entity(self, asked: Asked) -> Entity:
        assert asked.firm.entity is not None, "a consent makes the entity"
        return asked.firm.entity

    # A company --------------------------------------------------------------------------------------------------

    def _info(self, asked: Asked) -> Answer:
        return told(self._readings["read"], self._office.shown_to_sync(self._file(asked)))

    def _years(self, asked: Asked) -> Answer:
        self._push.years(self._file(asked), asked.body)
        return told(self._readings["settings stored"], {})

    def _submit(self, asked: Asked) -> Answer:
        file = self._file(asked)
        if not file.books.years:
            raise Refused(self._readings["misconfigured"], "The company is misconfigured: it has no financial years.")
        point = self._push.submit(file, asked.body)
        return told(self._readings["submitted"], {self._readings["sync point"]: point})

    def _reset(self, asked: Asked) -> Answer:
        text = asked.query.get(self._readings["reset from"])
        file = self._file(asked, mend=text is None)
        file.books.reset(None if text is None else self._day(text))
        file.inconsistent = False
        return told(self._readings["reset done"], {})

    def _day(self, text: str) -> date:
        try:
            return date.fromisoformat(text)
        except ValueError:
            name = self._readings["reset from"]
            raise Refused(self._readings["invalid"], f"{name} is invalid") from None

    def _file(self, asked: Asked, *, mend: bool = False) -> File:
        """Find the company that a call is about.

        Args:
            mend: whether the call is the one that puts an inconsistent company right.
        """
        file = self._office.file(asked.firm.id, asked.parts["company"])
        if file.entity is None:
            raise Refused(self._readings["misconfigured"], "The company is misconfigured: it does not use this sync.")
        if file.inconsistent and not mend:
            raise Refused(
                self._readings["inconsistent"], "The sync point is invalid: reset everything and push it again."
            )
        return file

    # Webhooks ---------------------------------------------------------------------------------------------------

    def _add_webhook(self, asked: Asked) -> Answer:
        names = self._readings.within("webhook")
        url, events = asked.body.get(names["url"]), asked.body.get(names["events"])
        if not isinstance(url, str) or urlsplit(url).scheme not in ("http", "https") or not urlsplit(url).hostname:
            raise Refused(self._readings["invalid"], f"{names['url']} is invalid")
        if not isinstance(events, list) or not events or not all(each in EVENTS for each in events):
            raise Refused(self._readings["invalid"], f"{names['events']} is invalid")
        webhook = self._webhooks.add(asked.firm.id, url, list(events), asked.user.id)
        return told(self._readings["webhook made"], webhook.shown)

    def _list_webhooks(self, asked: Asked) -> Answer:
        return told(self._readings["read"], [each.shown for each in self._webhooks.of(asked.firm.id)])

    def _remove_webhook(self, asked: Asked) -> Answer:
        number = next((each.id for each in self._webhooks.of(asked.firm.id) if str(each.id) == asked.parts["id"]), None)
        if number is None:
            raise Refused(self._readings["unknown"], f"Webhook {asked.parts['id']} was not found.")
        del self._webhooks.all[number]
        return told(self._readings["webhook removed"], {})
