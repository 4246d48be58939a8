"""Deliveries of webhooks as they come in: what is genuine is kept once and answered at once, and nothing else comes of it."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from jobs_in_memory import InMemory

from syncrules.errors import StateError
from syncrules.http import StillClock
from syncrules.language import spec
from syncrules.memory.hints import Hook, digest_of
from syncrules.memory.kept import ConnectionRow
from syncrules.memory.memory import Memory
from syncrules.memory.store import Store, open_store
from syncrules.secrets import Keys
from syncrules.serving.jobs import Priority
from syncrules.serving.receiving import Receiver

MAPPING = "tribe-eboekhouden"
SECRET = "a secret of nobody"
KEY = "an address that nobody guesses"
CUSTOMER = "Relationship.Organization.CommercialRelationship.Customer"


class Scene:
    """One connection that a CRM calls, in a state file."""

    def __init__(self, folder: Path) -> None:
        self.file = str(folder / "state.db")
        self.jobs = InMemory(1)
        self.clock = StillClock(1_000.0)
        self.forged: list[tuple[str, str]] = []
        self.away = False
        with open_store(self.file) as store, store.transaction():
            store.save(ConnectionRow("shop", MAPPING, {}, {}, {"tribe": {"webhook_secret": SECRET}}))
            Memory(store, "shop", ("tribe", "eboekhouden")).keep_hook(Hook("tribe", "https://x/", digest_of(KEY), 0.0))
        self.receiver = Receiver(
            self.open, lambda _: Keys(()), spec.load, self.jobs, self.clock, lambda *who: self.forged.append(who)
        )

    def open(self) -> Store:
        if self.away:
            raise StateError("the state store is away")
        return open_store(self.file)

    def deliver(
        self, kind: str = "Update", about: str = CUSTOMER, id_: str = "7", *, side: str = "tribe", key: str = KEY,
        secret: str = SECRET, body: bytes = b"", connection: str = "shop",
    ) -> int:  # fmt: skip
        said = {"type": f"Relationship{kind}Mutation", "entityType": about, "relationshipId": id_}
        body = body or json.dumps({"webhookId": "1", "payload": said}).encode()
        signed = base64.b64encode(hmac.new(secret.encode(), body, hashlib.sha512).digest()).decode()
        return self.receiver.deliver(connection, side, key, {"x-tribe-signature": signed}, body)

    def close(self) -> None:
        self.receiver.close()

    @property
    def hints(self) -> list[tuple[str, str, str]]:
        with open_store(self.file) as store:
            said = Memory(store, "shop", ("tribe", "eboekhouden")).hints()
            return sorted((each.resource, each.id, each.what) for each in said)

    @property
    def counted(self) -> tuple[int, int]:
        self.receiver.settle()
        with open_store(self.file) as store:
            (hook,) = Memory(store, "shop", ("tribe", "eboekhouden")).hooks()
            return hook.received, hook.refused

    @property
    def wished(self) -> list[tuple[str, Priority]]:
        self.receiver.close()
        return [(each.job.connection, each.job.priority) for each in self.jobs.list()]


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    here = Scene(tmp_path)
    yield here
    here.close()


def test_what_comes_twice_or_in_another_order_is_kept_once_and_wishes_one_run(scene: Scene) -> None:
    answers = [scene.deliver(id_=id_) for id_ in ("7", "8", "7")]

    assert answers == [202] * 3
    assert scene.hints == [("organisation customers", "", "changed")]
    assert scene.counted == (3, 0)
    assert set(scene.wished) == {("shop", Priority.PUSH)}


ORGANISATION = "Relation.Organization"
MUTATIONS = [
    ("EntityCreationMutation", ORGANISATION, "entityId", "organisations", False),
    ("EntityUpdateMutation", ORGANISATION, "entityId", "organisations", False),
    ("EntityDeletionMutation", ORGANISATION, "entityId", "organisations", True),
    ("RelationshipCreationMutation", CUSTOMER, "relationshipId", "organisation customers", False),
    ("RelationshipUpdateMutation", CUSTOMER, "relationshipId", "organisation customers", False),
    ("RelationshipDeletionMutation", CUSTOMER, "relationshipId", "organisation customers", True),
]
"""Kind, entity, which key holds the id, of what it tells first, and whether something is deleted: every kind that the CRM sends."""


@pytest.mark.parametrize(
    ("kind", "about", "key", "resource", "deleted"), MUTATIONS, ids=[each[0] for each in MUTATIONS]
)
def test_of_every_kind_of_mutation_it_is_kept_what_is_to_be_looked_at(
    scene: Scene, kind: str, about: str, key: str, resource: str, deleted: bool
) -> None:
    body = json.dumps({"webhookId": "1", "payload": {"type": kind, "entityType": about, key: "7"}}).encode()

    assert scene.deliver(body=body) == 202
    hints = scene.hints
    assert (resource, "", "changed") in hints
    assert [each for each in hints if each[1]] == ([(resource, "7", "deleted")] if deleted else [])
    assert not {each[0] for each in hints} & {"products", "invoices"}
    assert set(scene.wished) == {("shop", Priority.PUSH)}


def test_of_what_is_called_deleted_it_is_kept_which_record_is_meant(scene: Scene) -> None:
    assert scene.deliver("Deletion") == 202
    assert scene.hints == [("organisation customers", "", "changed"), ("organisation customers", "7", "deleted")]


@pytest.mark.requirement("X-15")
@pytest.mark.parametrize(
    ("wrong", "answer"),
    [
        ({"secret": "another"}, 401),
        ({"key": "guessed"}, 404),
        ({"side": "eboekhouden"}, 404),
        ({"side": "nobody"}, 404),
        ({"connection": "another"}, 404),
    ],
    ids=["not signed", "another key", "a side that does not call", "no side", "no connection"],
)
def test_of_a_call_that_is_not_genuine_nothing_comes(scene: Scene, wrong: dict[str, str], answer: int) -> None:
    assert scene.deliver(**wrong) == answer  # type: ignore[arg-type]  # texts only
    assert scene.hints == []
    assert scene.counted == (0, 1 if answer == 401 else 0)
    assert scene.forged == ([("shop", "tribe")] if answer == 401 else [])
    assert scene.wished == []


def test_who_calls_there_is_known_before_anything_that_is_sent_is_read(scene: Scene) -> None:
    called = [("shop", "tribe", KEY), ("shop", "tribe", "guessed"), ("shop", "eboekhouden", KEY), ("other", "tribe", KEY), ("\ud800", "\0", "\0")]  # fmt: skip
    answers = [scene.receiver.known(*each) for each in called]
    scene.away = True
    scene.receiver.settle()

    assert answers == [202, 404, 404, 404, 404]
    assert scene.receiver.known("shop", "tribe", KEY) == 503


def test_a_secret_that_was_never_given_signs_nothing(scene: Scene) -> None:
    with open_store(scene.file) as store, store.transaction():
        store.save(ConnectionRow("shop", MAPPING, {}, {}, {"tribe": {}}))

    assert scene.deliver(secret="") == 401
    assert scene.hints == []


@pytest.mark.parametrize("body", [b"no JSON", b"[]", b'{"payload": 7}', b"[" * 100_000])
def test_what_is_signed_and_cannot_be_understood_lets_everything_be_looked_at(scene: Scene, body: bytes) -> None:
    assert scene.deliver(body=body) == 202

    resources = [resource for resource, _, _ in scene.hints]
    assert {"organisation customers", "persons", "invoices"} <= set(resources)
    assert {(id_, what) for _, id_, what in scene.hints} == {("", "changed")}


@pytest.mark.parametrize(
    "id_", ["\ud800", "\udfff7", "7\0", "7" * 300], ids=["half", "another half", "NUL", "too long"]
)
@pytest.mark.parametrize("kind", ["Update", "Deletion"])
def test_what_is_signed_and_names_what_can_be_no_record_lets_be_looked_at_what_changed(
    scene: Scene, kind: str, id_: str
) -> None:
    assert scene.deliver(kind, id_=id_) == 202
    assert scene.hints == [("organisation customers", "", "changed")]


def test_what_is_said_of_a_connection_that_rests_is_kept_for_its_next_run(scene: Scene) -> None:
    with open_store(scene.file) as store, store.transaction():
        store.change("shop", paused=True)

    assert scene.deliver() == 202
    assert len(scene.hints) == 1
    assert scene.wished == []


def test_of_one_whose_mapping_was_spoiled_the_system_is_to_come_again_and_others_are_taken_in(
    scene: Scene, tmp_path: Path
) -> None:
    (tmp_path / "spoiled.yaml").write_text("syncrules: 1\nnonsense: [\n", encoding="utf-8")
    with open_store(scene.file) as store, store.transaction():
        row = ConnectionRow("abad", str(tmp_path / "spoiled.yaml"), {}, {}, {"tribe": {"webhook_secret": SECRET}})
        store.save(row)
        Memory(store, "abad", ("tribe", "eboekhouden")).keep_hook(Hook("tribe", "https://x/", digest_of(KEY), 0.0))

    assert [scene.deliver(connection=each) for each in ("abad", "shop")] == [503, 202]


def test_without_the_state_store_the_system_is_to_come_again(scene: Scene) -> None:
    scene.away = True
    refused = scene.deliver()
    scene.away = False

    assert (refused, scene.hints) == (503, [])
    assert scene.deliver() == 202
    assert len(scene.hints) == 1
