"""Making a connection: credentials, settings, what is shown before anything is written, and the first import."""

from __future__ import annotations

import re
from typing import Any

import pytest
from cli_world import CUSTOMERS, MAPPING, Shell, Systems

from syncrules import connection
from syncrules.cli.screen import _Lines
from syncrules_providers.sandboxes.story import Story


@pytest.mark.requirement("EB-01", "EB-03")
def test_a_connection_is_made_from_a_file_and_its_first_import_starts_at_once(shell: Shell, systems: Systems) -> None:
    result = shell.connect(systems.answers)

    assert result.exit_code == 1, result.output  # some wait for a person
    assert "Logged in to Tribe CRM: Voorbeeld BV" in result.stdout
    assert "Logged in to e-Boekhouden: Jansen Demo B.V." in result.stdout
    assert re.search(r"written: \d+ of \d+", result.stdout)
    assert shell.remembered()["organisation"] > 15


@pytest.mark.requirement("EB-02")
def test_the_configuration_is_retrieved_and_accounts_and_vat_groups_are_linked(shell: Shell, systems: Systems) -> None:
    said = shell.one("connect", "acme", "--mapping", MAPPING, "--from", shell.answers(systems.answers), "--yes", code=1)
    groups = {each["ID"]: each["Code"] for each in systems.crm.rows("Datastore_VatGroup")}
    vat = {groups[key]: code for key, code in said["settings"]["VAT groups"].items()}

    assert vat == {"NL21": "HOOG_VERK_21", "NL9": "LAAG_VERK_9", "NL0": "GEEN"}
    assert said["settings"]["revenue accounts"]["8010"] == "8010"
    assert said["settings"]["debtors account"] == "1300"
    assert len(said["suggested"]["VAT groups"]) == 2


@pytest.mark.requirement("EB-01")
def test_a_wrong_code_is_told_at_once_and_nothing_is_kept(shell: Shell, systems: Systems) -> None:
    answers = systems.answers
    answers["eboekhouden"] |= {"security_code_1": "not-the-code"}
    result = shell.connect(answers)

    assert result.exit_code == 3
    assert "E-Boekhouden: " in result.stderr
    assert "security code" in result.stderr
    assert "not-the-code" not in result.output
    assert shell.row() is None
    assert systems.writes == 0


@pytest.mark.requirement("EB-01")
def test_who_is_asked_is_asked_again_after_a_wrong_code_or_time_zone(
    shell: Shell, systems: Systems, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TZ", "Europe/Brussels")
    crm, books = systems.crm.answers, systems.books.answers
    typed = [
        *(crm["client_id"], "wrong", "", crm["api_url"], crm["token_url"]),
        *("", crm["client_secret"], "", "", ""),
        *(books["username"], books["security_code_1"], books["security_code_2"], books["url"]),
        *("Brussels", ""),  # the time zone
        *_settings(systems),
        "y",
    ]
    result = shell.type("connect", "acme", "--mapping", MAPPING, input="\n".join(typed) + "\n")

    assert result.exit_code == 1, result.output
    assert result.stderr.count("What is the client secret of the application?") == 2
    assert "there is no time zone 'Brussels'" in result.stderr
    assert shell.one("status", "acme")["connections"][0]["time_zone"] == "Europe/Brussels"
    assert "  time zone: Europe/Brussels\n" in shell.type("status", "acme").stdout
    assert crm["client_secret"] not in result.output
    assert shell.remembered()["organisation"] > 15


def _settings(systems: Systems) -> list[str]:
    rows = systems.crm.rows("Datastore_VatGroup")
    groups = [each["Code"] for each in sorted(rows, key=lambda each: (each["CreationDate"], each["ID"]))]
    accounts = systems.crm.rows("Datastore_GeneralLedgerAccount")
    zero = [{"NL0": "GEEN"}.get(each, "") for each in groups]
    # Some revenue accounts have no counterpart and may stay open; the rest is suggested.
    return [*zero, *("" for _ in accounts), "8000", "", "Algemeen", ""]


@pytest.mark.parametrize("kind", ["before", "garbage"])
def test_a_system_that_gives_no_answer_or_nonsense_is_named(shell: Shell, systems: Systems, kind: Any) -> None:
    for _ in range(10):
        systems.books.mishap(kind)
    result = shell.connect(systems.answers)

    assert result.exit_code == 3
    assert result.stderr.startswith("E-Boekhouden: ")
    assert shell.row() is None


def test_a_host_that_cannot_be_reached_is_named(shell: Shell, systems: Systems) -> None:
    answers = systems.answers
    answers["tribe"] |= {"token_url": "http://127.0.0.1:9/token"}
    result = shell.connect(answers)

    assert result.exit_code == 3
    assert "127.0.0.1:9 cannot be reached" in result.stderr


def test_credentials_are_not_sent_in_clear_over_a_network(shell: Shell, systems: Systems) -> None:
    answers = systems.answers
    answers["tribe"] |= {"token_url": "http://crm.example/token"}
    result = shell.connect(answers)

    assert result.exit_code == 2
    assert "not safe" in result.stderr


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"trieb": {}}, "did you mean 'tribe'?"),
        ({"tribe": {"client_idd": "x"}}, "Did you mean 'client_id'?"),
        ({"tribe": {"client_id": "x"}}, "nothing is given for client_secret"),
        ({"tribe": "x"}, "are not written as"),
        ({"settings": {"VAT group": {}}}, "Did you mean 'VAT groups'?"),
        ({"settings": {"VAT groups": "HOOG"}}, "is a table"),
        ({"settings": {"VAT groups": {"NL - 0%": "NUL"}}}, "there is no 'NUL' to choose"),
        ({"settings": {"VAT groups": {"BE": "GEEN"}}}, "there is no 'BE' to choose"),
        ({"settings": {"debtors account": "8000"}}, "'1300 · Debiteuren'"),
        ({"time zone": "Mars/Olympus"}, "no time zone 'Mars/Olympus'"),
    ],
)
def test_an_answer_that_is_none_is_refused_with_what_would_be_one(
    shell: Shell, systems: Systems, change: dict[str, Any], said: str
) -> None:
    result = shell.connect({**systems.answers, **change})

    assert result.exit_code == 2
    assert said in result.stderr
    assert shell.row() is None


@pytest.mark.requirement("EB-02")
def test_nothing_starts_while_a_question_that_must_be_answered_is_open(shell: Shell, systems: Systems) -> None:
    result = shell.connect({**systems.answers, "settings": {}})

    assert result.exit_code == 2
    assert (
        "'VAT groups', for 'NL - 0% · 0': Which e-Boekhouden VAT code belongs to each Tribe VAT group?" in result.stderr
    )
    assert shell.row() is None
    assert systems.writes == 0


@pytest.mark.requirement("EB-21")
def test_who_would_come_twice_is_shown_before_anything_is_written(shell: Shell, systems: Systems) -> None:
    answers = shell.answers(systems.answers)
    result = shell.type("connect", "acme", "--mapping", MAPPING, "--from", answers, input="n\n")

    assert result.exit_code == 0
    assert "Customers without a debtor number: 2\n      'Nummerloos Advies', 'Verpakkingen Rond'" in result.stdout
    assert "whoever is in e-Boekhouden too comes a second time" in result.stdout
    assert "Suppliers without a creditor number: 1" in result.stdout
    assert "Debtor numbers that occur twice in Tribe: 2" in result.stdout
    assert "'Kruislings Een (10054: Kruislings Twee)'" in result.stdout
    assert "What the first import will do" in result.stdout
    assert systems.writes == 0


def test_who_says_no_has_written_nothing_and_may_start_another_time(shell: Shell, systems: Systems) -> None:
    answers = shell.answers(systems.answers)
    shell.type("connect", "acme", "--mapping", MAPPING, "--from", answers, input="n\n")
    not_begun, resumed = shell.type("run", "acme"), shell.type("resume", "acme")
    all_of_them = shell.type("run", "--all")
    shell.type("pause", "acme")
    again = shell.type("connect", "acme", "--yes", "--from", answers)

    for each in (not_begun, resumed):
        assert each.exit_code == 2
        assert "The first import of 'acme' has not begun.\n" in each.stderr
        assert "confirm it: syncrules connect acme" in each.stderr
    assert (all_of_them.exit_code, all_of_them.stdout) == (0, "Left out: the first import of 'acme' has not begun.\n")
    assert again.exit_code == 1, again.output
    assert shell.remembered()["organisation"] > 15


def test_without_anybody_to_answer_nothing_hangs(shell: Shell, systems: Systems) -> None:
    result = shell.type("connect", "acme", "--mapping", MAPPING, "--from", shell.answers(systems.answers), input="")

    assert result.exit_code == 2
    assert "--yes" in result.stderr


def test_what_a_user_must_know_about_the_mapping_is_said(shell: Shell, systems: Systems) -> None:
    said = shell.one("connect", "acme", "--mapping", MAPPING, "--from", shell.answers(systems.answers), "--yes", code=1)

    assert any("inactive" in each for each in said["remarks"])


@pytest.mark.requirement("EB-03")
def test_an_interrupted_first_import_goes_on_where_it_stopped(
    shell: Shell, systems: Systems, connected: Shell, shared_systems: Systems, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(_Lines, "told", _interrupting(10))
        result = shell.connect(systems.answers)
    written = systems.writes
    rested = [shell.type(each, "acme").exit_code for each in ("pause", "resume")]
    again = shell.type("run", "acme")
    shell.type("run", "acme")

    assert (result.exit_code, rested) == (130, [0, 0])
    assert "goes on where it stopped" in result.stderr
    assert again.exit_code == 1, again.output
    assert systems.writes > written > 0
    assert names(systems) == names(shared_systems)
    assert shell.remembered() == connected.remembered()


def names(systems: Systems) -> list[str]:
    return sorted(each["Organization"]["Name"] for each in systems.crm.rows(CUSTOMERS))


def _interrupting(after: int) -> Any:
    """Press Ctrl-C when so many records were written."""
    written = []

    def told(_: object, event: Any) -> None:
        if event.step == "write" and event.total is None:
            written.append(event)
            if len(written) == after:
                raise KeyboardInterrupt

    return told


@pytest.mark.requirement("X-17")
def test_renewed_credentials_are_taken_and_nothing_is_imported_again(shell: Shell, systems: Systems) -> None:
    shell.connect(systems.answers)
    shell.type("run", "acme")
    systems.books.change_password("22222222222222222222222222222222")
    refused = shell.type("run", "acme")
    writes = systems.writes
    said = shell.one("connect", "acme", "--from", shell.answers({"eboekhouden": systems.books.answers}))

    assert refused.exit_code == 3
    assert "Changing the password changes security code 1" in refused.stderr
    assert said["first_import"] is None
    assert said["kept"]["organisation"] > 15
    assert said["changed"] == ["the answers for e-Boekhouden"]
    assert systems.writes == writes
    assert shell.type("run", "acme").exit_code == 1


@pytest.mark.requirement("X-17")
def test_a_setting_is_changed_and_the_rest_is_kept(acme: Shell) -> None:
    said = acme.one("connect", "acme", "--from", acme.answers({"settings": {"unit": "uur"}}))

    assert said["changed"] == ["the setting 'unit'"]
    assert said["settings"]["unit"] == "uur"
    assert said["settings"]["VAT groups"]


@pytest.mark.requirement("X-17")
def test_who_only_presses_enter_changes_nothing(acme: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "Europe/Brussels")
    acme.type("connect", "acme", input="\n" * 40)  # the time zone that is suggested is taken
    before = acme.row()
    result = acme.type("connect", "acme", input="\n" * 40)
    after = acme.row()

    assert result.exit_code == 0, result.output
    assert "Enter keeps the present one" in result.stderr
    assert "Changed\n  nothing\n" in result.stdout
    assert before is not None
    assert after is not None
    assert (after.settings, after.answers, after.accounts) == (before.settings, before.answers, before.accounts)


@pytest.mark.requirement("X-17")
def test_credentials_of_other_books_are_refused(acme: Shell, story: Story) -> None:
    with Systems.telling(story, security_code2="99999999-2222-3333-4444-555555555555") as others:
        result = acme.type("connect", "acme", "--from", acme.answers({"eboekhouden": others.books.answers}))

    assert result.exit_code == 2
    assert "open other books" in result.stderr


def test_a_connection_stays_between_its_systems(acme: Shell) -> None:
    result = acme.type("connect", "acme", "--mapping", "tribe-yuki", "--yes")

    assert result.exit_code == 2
    assert "between other systems" in result.stderr


def test_a_mapping_that_is_a_file_is_found_from_every_folder(
    shell: Shell, systems: Systems, monkeypatch: pytest.MonkeyPatch
) -> None:
    (shell.folder / "own.yaml").write_text(f"syncrules: 1\ntitle: Our own\nextends: {MAPPING}\n")
    monkeypatch.chdir(shell.folder)
    shell.type("connect", "acme", "--mapping", "own.yaml", "--from", shell.answers(systems.answers), input="n\n")
    monkeypatch.chdir("/")
    row = shell.row()

    assert row is not None
    assert row.mapping == str(shell.folder / "own.yaml")
    assert shell.type("plan", "acme").exit_code == 1


@pytest.mark.requirement("X-16")
def test_a_connection_made_anew_finds_its_records_again(shell: Shell, systems: Systems) -> None:
    shell.connect(systems.answers)
    shell.type("run", "acme")
    before = (len(systems.crm.rows(CUSTOMERS)), len(systems.books.relations()), shell.remembered())
    shell.state.unlink()
    lost = shell.type("run", "acme")
    shell.connect(systems.answers)
    shell.type("run", "acme")

    assert lost.exit_code == 5
    assert "without duplicates" in lost.stderr
    assert (len(systems.crm.rows(CUSTOMERS)), len(systems.books.relations()), shell.remembered()) == before


def test_a_mapping_must_be_named(shell: Shell) -> None:
    result = shell.type("connect", "acme")

    assert result.exit_code == 2
    assert "Add --mapping" in result.stderr


def test_a_key_that_is_made_is_explained(shell: Shell, systems: Systems) -> None:
    result = shell.connect(systems.answers)

    assert "keep a copy of it" in result.stdout
    assert shell.key.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize(
    ("set_to", "suggested"),
    [("Europe/Brussels", "Europe/Brussels"), ("UTC", ""), ("Etc/UTC", ""), ("Mars/Olympus", ""), ("CET-1CEST", "")],
)
def test_the_time_zone_that_is_suggested_is_that_of_the_machine_if_it_is_that_of_a_place(
    set_to: str, suggested: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TZ", set_to)

    assert connection.zone_here() == suggested


def test_of_a_connection_without_a_time_zone_its_status_says_so(acme: Shell) -> None:
    assert "  time zone: UTC, because none was given; connect again to give one\n" in acme.type("status").stdout


def test_where_there_is_no_such_mapping_nothing_is_left_behind(shell: Shell) -> None:
    result = shell.type("connect", "acme", "--mapping", "tribe-ykui")

    assert result.exit_code == 2
    assert "tribe-yuki" in result.stderr
    assert not shell.state.exists()
    assert not shell.key.exists()
