"""What a provider promises about what cannot be done, what is taken away, and what travels many at once."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

from syncrules.contract.bench import Bench
from syncrules.contract.promise import Skip, promise, promise_of_each
from syncrules.errors import OutcomeUnknown, RecordGone, RecordRefused, UsageError
from syncrules.manifest import Resource
from syncrules.provider import Write


@promise("What cannot be done must be known before it is tried: a call that is certain to be refused is one of a thousand that are allowed.")  # fmt: skip
def what_cannot_be_done_is_refused_at_once(bench: Bench) -> Iterator[str]:
    """A create, an update or a deletion that the manifest says cannot be done is refused, or is no method at all, without a call."""
    for resource in bench.manifest.resources.values():
        row = next(iter(bench.listed(resource)), None) if resource.readable else None
        key = resource.key_of(row) if row is not None else "1"
        system = bench.system
        tries: dict[str, partial[Any]] = {}
        if not resource.creatable:
            tries["create"] = partial(system.create, resource.name, {})
        if resource.update == "none":
            tries["update"] = partial(system.update, resource.name, key, {}, row or {})
        if not resource.deletable and hasattr(system, "delete") and bench.over == "sandbox":
            tries["delete"] = partial(system.delete, resource.name, key)
        for name, attempt in tries.items():
            with bench.line.counted() as asked:
                try:
                    attempt()
                except (RecordRefused, UsageError):
                    pass
                else:
                    yield f"{name} of {resource.name} was not refused"
            if asked and bench.over == "sandbox":
                yield f"{name} of {resource.name} was refused only after {len(asked)} calls"


@promise_of_each("A record is deleted because its counterpart was: where the answer is lost, it is looked whether it is still there.", lambda each: "" if each.deletable and each.readable else "the manifest says that none can be deleted" if not each.deletable else "it cannot be seen whether it is gone")  # fmt: skip
def what_is_deleted_is_gone(bench: Bench, resource: Resource) -> Iterator[str]:
    """A record that is deleted is not there any more, and no other is gone; deleting it again does what the manifest says."""
    key, _ = bench.made(resource)
    kept, _ = bench.made(resource)
    bench.system.delete(resource.name, key)
    bench.wait_for_lag()
    if bench.system.fetch(resource.name, key) is not None:
        yield f"{key} was deleted and is there"
    if bench.system.fetch(resource.name, kept) is None:
        yield f"{kept} is gone too"
    try:
        bench.system.delete(resource.name, key)
    except RecordGone:
        if resource.delete_again:
            yield "deleting it again is an error, where the manifest says that it does no harm"


@promise("What was sent cannot be read back: the mark tells what arrived, and a batch that arrived half could not be told from one that did not.")  # fmt: skip
def a_batch_arrives_under_its_mark(bench: Bench) -> Iterator[str]:
    """A batch that was taken is told by its mark; one whose answer is lost is an `OutcomeUnknown`, and the mark tells whether it arrived; a batch of which one record is wrong leaves the mark as it was; after emptying there is no mark."""
    marked = [each for each in bench.manifest.resources.values() if each.batch is not None and each.batch.mark]
    if not marked:
        raise Skip("the manifest remembers no marks")
    system = bench.system
    for whole in bench.manifest.resources.values():
        if whole.batch is not None and whole.batch.whole_list:
            system.replace_all(whole.name, [bench.invented(whole)], {})
    system.empty()
    if system.mark() is not None:
        yield f"after emptying the mark is '{system.mark()}'"
    last: str | None = None
    for resource in marked:
        for mishap in (None, "lost after", "lost before"):
            writes = [_write(bench, resource) for _ in range(2)]
            mark = f"mark-{bench.mark()}"
            try:
                if mishap is None:
                    system.write_many(resource.name, writes, mark)
                    bench.sent[resource.name] = [each.record for each in writes]
                else:
                    with bench.line.spoilt(mishap, "writes"):
                        system.write_many(resource.name, writes, mark)
                    yield f"'{mishap}' was not told"
            except OutcomeUnknown:
                assert mishap is not None
            last = mark if mishap != "lost before" else last
            if system.mark() != last:
                yield f"after {mishap or 'a batch that was taken'} the mark of {resource.name} is '{system.mark()}', not '{last}'"
        wrong = _write(bench, resource)
        wrong.record.pop(
            next(name for name in resource.requires if name not in resource.id)
            if len(resource.requires) > 1
            else resource.requires[0]
        )
        try:
            system.write_many(resource.name, [_write(bench, resource), wrong], f"mark-{bench.mark()}")
        except RecordRefused:
            pass
        else:
            yield f"a batch of {resource.name} with a wrong record was taken"
        if system.mark() != last:
            yield f"after a batch that was refused the mark is '{system.mark()}', not '{last}'"
        if resource.deletable:
            system.write_many(resource.name, [Write("delete", writes[0].key, {})], last := f"mark-{bench.mark()}")
            system.write_many(resource.name, [Write("delete", writes[0].key, {})], last := f"mark-{bench.mark()}")


def _write(bench: Bench, resource: Resource) -> Write:
    record = bench.invented(resource)
    return Write("create", resource.key_of(record), record)


@promise_of_each("A whole list replaces the one that was there: half of one would take the rest away.", lambda each: "" if each.batch is not None and each.batch.whole_list else "the manifest says that no whole list is sent")  # fmt: skip
def a_whole_list_is_taken_or_refused(bench: Bench, resource: Resource) -> Iterator[str]:
    """A whole list is taken, twice without harm; one whose answer is lost is an `OutcomeUnknown`, and one with a wrong record is refused."""
    records = [bench.invented(resource)]
    bench.system.replace_all(resource.name, records, {})
    bench.system.replace_all(resource.name, records, {})
    try:
        with bench.line.spoilt("lost after", "writes"):
            bench.system.replace_all(resource.name, records, {})
    except OutcomeUnknown:
        pass
    else:
        yield "a lost answer was not told"
