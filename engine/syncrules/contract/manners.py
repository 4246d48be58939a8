"""What a provider promises about coming and going: the login, the calls it makes, what it keeps and what it never tells."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from syncrules.contract.bench import Bench, account_of
from syncrules.contract.promise import Skip, promise
from syncrules.errors import LoginRefused, ProviderError


@promise("Connections are made by the hundred and most have nothing to do: whoever has nothing to ask makes no call.")
def nothing_is_asked_before_it_is_wanted(bench: Bench) -> Iterator[str]:
    """To make a provider, and to close one that was never used, makes no call; to close it twice does no harm."""
    with bench.line.counted() as asked:
        unused = bench.provider()
        unused.close()
        unused.close()
    if asked:
        yield f"{len(asked)} calls were made ({asked[0].what})"
    used = bench.provider()
    used.account()
    used.close()
    used.close()


@promise("All links belong to one set of books: an id that changes, or that is told of other books, ties records to the wrong ones.")  # fmt: skip
def the_same_books_have_the_same_id(bench: Bench) -> Iterator[str]:
    """Whoever logs in is told whose records these are: an id that is the same every time and holds no credential, and a title."""
    first, second = account_of(bench), account_of(bench)
    if not first.id or not first.title:
        yield f"the account is '{first.id}', '{first.title}'"
    if first.id != second.id:
        yield f"it was '{first.id}' first, and '{second.id}' then"
    if any(each in first.id or each in first.title for each in bench.secrets):
        yield "a credential stands in it"


@promise("A person can only put right what they are told: a wrong credential must not look like an outage, nor like an empty system.")  # fmt: skip
def a_wrong_login_is_told(bench: Bench) -> Iterator[str]:
    """A credential that is wrong is a `LoginRefused` with a cure, at the first call, and nothing is read or written."""
    if bench.over == "twin":
        raise Skip("a twin lets everybody in")
    for ask in bench.manifest.questions:
        if not ask.secret:
            continue
        right = bench.answers[ask.name]
        wrong = right[:-2] + ("zz" if not right.endswith("zz") else "yy")
        try:
            told = bench.provider(**{ask.name: wrong}).account()
        except LoginRefused as error:
            if not error.cure:
                yield f"with a wrong {ask.name}: '{error}' says no cure"
        except ProviderError as error:
            yield f"with a wrong {ask.name}: {type(error).__name__} ('{error}')"
        else:
            yield f"with a wrong {ask.name}: it opened '{told.title}'"


@promise("Somebody who connects chooses from what the system lists, with the answers given so far.")
def what_is_chosen_from_can_be_listed(bench: Bench) -> Iterator[str]:
    """Every list that a question chooses from can be read with the answers to the questions before it, and holds the answer."""
    asks = [each for each in bench.manifest.asks if each.choices_from]
    if not asks:
        raise Skip("no question chooses from a list")
    later = {each.name for each in asks}
    for ask in asks:
        resource = bench.manifest.resources[ask.choices_from]
        given = bench.provider(**{name: "" for name in later if name not in bench.answers} | {ask.name: ""})
        found = [str(each[resource.key]) for page in given.read(resource.name) for each in page]
        if bench.over == "sandbox" and bench.answers[ask.name] not in found:
            yield f"'{bench.answers[ask.name]}' is not among the {resource.title}: {', '.join(found)}"


@promise("A refresh token may work only once: whoever is killed after its use and before it is stored has lost the connection.")  # fmt: skip
def what_the_system_renews_is_kept(bench: Bench) -> Iterator[str]:
    """What the manifest says that the system renews is handed on to be stored, under its names; with that, the next run logs in."""
    if not bench.manifest.keeps:
        raise Skip("the manifest keeps nothing")
    if bench.over == "twin":
        raise Skip("a twin renews nothing")
    bench.provider().account()
    lacking = [each for each in bench.manifest.keeps if not bench.kept.get(each)]
    strange = sorted(bench.kept.keys() - set(bench.manifest.keeps))
    if lacking or strange:
        yield f"not handed on: {', '.join(lacking) or 'none'}; not declared: {', '.join(strange) or 'none'}"
    for _ in range(2):
        bench.provider().account()


@promise("Limits are kept by counting, under the words of the manifest: a call that passes by uncounted, or under another word, locks everybody out.")  # fmt: skip
def every_call_is_counted(bench: Bench) -> Iterator[str]:
    """Every request goes through the `Http` that was given, under a word; and each word of a declared limit is one that is used."""
    line = bench.line
    start, seen = len(line.taken), bench.writes()
    with line.counted() as asked:
        for resource in bench.manifest.resources.values():
            if resource.readable:
                next(iter(bench.system.read(resource.name)), None)
            if resource.creatable and resource.batch is None:
                bench.made(resource)
    if len(line.taken) - start != len(asked):
        yield f"{len(asked)} requests were made, and {len(line.taken) - start} counted"
    if any(not each.what for each in asked):
        yield "a request has no word"
    written = sum(each.writes and each.status < 400 for each in asked)
    if bench.writes() - seen > written:
        yield f"the system saw {bench.writes() - seen} writes, and only {written} went the way they should, marked as writes"
    words = {each.what for each in line.asked}
    for limit in bench.manifest.limits:
        if unused := [each for each in limit.of if each not in words]:
            yield f"no call is counted as {', '.join(unused)}: {', '.join(sorted(words))} are"


@promise("Calls run side by side as far as the manifest says: an answer that goes to another question ties strangers together.")  # fmt: skip
def many_calls_do_not_mix(bench: Bench) -> Iterator[str]:
    """As many calls as the manifest allows side by side each get their own answer, and each write is carried out once."""
    if bench.manifest.in_flight == 1:
        raise Skip("the manifest allows one call at a time")
    provider, width = bench.system, bench.manifest.in_flight
    looked = written = 0
    for resource in bench.manifest.resources.values():
        if not resource.readable or resource.batch is not None:
            continue
        if resource.name in bench.passed_over:
            continue
        keys = [resource.key_of(each) for each in bench.listed(resource)[:width]]
        with ThreadPoolExecutor(width) as pool:
            found = list(pool.map(partial(provider.fetch, resource.name), keys))
        looked += len(keys)
        for key, each in zip(keys, found, strict=True):
            if each is None or resource.key_of(each) != key:
                yield f"{key} of {resource.name} was asked for, and {each and resource.key_of(each)} came"
        if not resource.creatable or written:
            continue
        records = [bench.invented(resource) for _ in range(2 * width)]
        with ThreadPoolExecutor(width) as pool:
            made = list(pool.map(partial(provider.create, resource.name), records))
        written += len(made)
        ids = {resource.key_of(each) for each in made}
        if len(ids) != len(records):
            yield f"{len(records)} of {resource.name} were made, and {len(ids)} ids came"
        bench.wait_for_lag()
        there = {resource.key_of(each) for each in bench.all(resource)}
        if missing := ids - there:
            yield f"{', '.join(sorted(missing))} of {resource.name} were made and are not there"
    if not looked and not written:
        raise Skip("there is nothing to ask for")


@promise("A message stands in logs, reports and mails for years.")
def no_secret_is_told(bench: Bench) -> Iterator[str]:
    """No credential stands in an error, in a log line, in an account or in what a provider shows of itself, however wrong things went."""
    with bench.line.counted():
        account = account_of(bench)
    shown = [repr(bench.system), account.id, account.title]
    for secret in bench.secrets:
        for said in (*bench.said, *shown):
            if secret in said:
                yield f"a credential stands in '{said.replace(secret, '***')[:200]}'"
