"""What a provider promises about making records: what is taken, what is refused, and what is then there."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from syncrules.contract.bench import Bench
from syncrules.contract.likeness import differs
from syncrules.contract.promise import Skip, promise_of_each
from syncrules.contract.reading import not_made
from syncrules.errors import ProviderError, RecordRefused
from syncrules.manifest import Field, Resource
from syncrules.provider import Record
from syncrules.simulator.shape import at, copied, empty, set_at

SIGNS = "Ærø & Zoë <naam> \"dubbel\" 'enkel' 100% €5 \\ / ; {x} Łódź 漢字 \U0001f600"
CONTROL = "voor\x07na"
"""A sign that many protocols cannot carry."""


@promise_of_each("What was sent is remembered as what is there: where it is something else, the next run takes the difference for an edit and carries it back.", not_made)  # fmt: skip
def what_is_made_is_what_was_sent(bench: Bench, resource: Resource) -> Iterator[str]:
    """A new record comes back with its id; fetched by it, every field that can be written says what was sent, as exactly as declared."""
    for _ in range(2):
        sent = bench.invented(resource)
        given = copied(sent)
        answer = bench.system.create(resource.name, given)
        if given != sent:
            yield "the record that was handed in was changed"
        if not resource.is_one(answer):
            yield f"the answer does not hold {', '.join(resource.id)}"
            return
        key = resource.key_of(answer)
        found = bench.patiently(bench.system.fetch, resource.name, key)
        if found is None:
            yield f"{key} was made and cannot be fetched"
            return
        for what, record in (("it", found), ("the answer", answer)):
            told = {name: value for name, value in sent.items() if what == "it" or name in record}
            said = differs(bench.manifest, resource.fields, told, record)
            if said is not None:
                yield f"in {what} {said}"


@promise_of_each("The help article and the checks of a mapping name these fields; a record that has them is sent.", not_made)  # fmt: skip
def what_is_required_is_enough(bench: Bench, resource: Resource) -> Iterator[str]:
    """A record of the required fields alone is taken; one that lacks one of them is refused with a sentence, or taken as well."""
    sent = bench.invented(resource, required=True)
    _, found = bench.made(resource, sent)
    said = differs(bench.manifest, resource.fields, sent, found)
    if said is not None:
        yield said
    for path in resource.requires:
        lacking = copied(bench.invented(resource))
        _take_out(lacking, path)
        try:
            bench.system.create(resource.name, lacking)
        except RecordRefused as error:
            if not error.says:
                yield f"without {path} it is refused, and not said why"
        except ProviderError as error:
            yield f"without {path}: {type(error).__name__} ('{error}')"


def _take_out(record: Record, path: str) -> None:
    *parents, last = path.split(".")
    inner: Any = record
    for step in parents:
        inner = inner.get(step) or {}
    inner.pop(last, None)


@promise_of_each("The engine shortens and refuses by these numbers: where the system's are smaller, a name is cut without a word.", not_made)  # fmt: skip
def lengths_are_as_declared(bench: Bench, resource: Resource) -> Iterator[str]:
    """The longest text that the manifest allows is taken and comes back whole; one character more is refused as `RecordRefused` that names the field, and nothing is made."""
    limited = dict(_limited(bench, resource))
    if not limited:
        raise Skip("no length is declared of a text that can be chosen freely")
    longest = bench.invented(resource)
    for path, each in limited.items():
        set_at(longest, path, _of_length(each, each.max_length or 0, bench.mark()))
    _, found = bench.made(resource, longest)
    said = differs(bench.manifest, resource.fields, longest, found)
    if said is not None:
        yield said
    for path, each in limited.items():
        record = bench.invented(resource)
        set_at(record, path, _of_length(each, (each.max_length or 0) + 1, bench.mark()))
        try:
            bench.system.create(resource.name, record)
        except RecordRefused as error:
            if each.name not in str(error) and each.title.lower() not in str(error).lower():
                yield f"'{error}' does not name {path}"
        except ProviderError as error:
            yield f"one character too many in {path}: {type(error).__name__} ('{error}')"
        else:
            yield f"{(each.max_length or 0) + 1} characters were taken for {path}, where at most {each.max_length} are declared"


def _limited(bench: Bench, resource: Resource, prefix: str = "") -> Iterator[tuple[str, Field]]:
    """List the texts of a record whose length is limited and whose content is free, parts included."""
    fields = resource.fields
    for step in prefix.split(".") if prefix else ():
        fields = bench.manifest.types[fields[step].of].fields
    for name, each in fields.items():
        path = f"{prefix}.{name}" if prefix else name
        sample = bench.samples.of(resource.name)
        free = (
            not each.format
            and not each.enum
            and not each.reference
            and name not in {**sample.leave_out, **sample.fields}
        )
        if (
            each.max_length
            and each.type == "string"
            and not each.read_only
            and free
            and (not sample.only or name in sample.only)
        ):
            yield path, each
        elif each.type == "object" and each.of and not each.read_only and path.count(".") < 2 and free:
            yield from _limited(bench, resource, path)


def _of_length(each: Field, length: int, mark: int) -> str:
    return f"{mark}{each.title or each.name} ".replace(" ", "x").ljust(length, "x")[:length]


@promise_of_each("What a system takes only in some form is not sent in another; whoever types it elsewhere is told.", not_made)  # fmt: skip
def choices_are_as_declared(bench: Bench, resource: Resource) -> Iterator[str]:
    """Every declared choice is taken and comes back; any other value, and one that is not of the declared form, is refused as `RecordRefused`, and nothing is made."""
    sample = bench.samples.of(resource.name)
    tried = 0
    for name, each in resource.fields.items():
        if each.read_only or each.write_only or name in sample.leave_out or (sample.only and name not in sample.only):
            continue
        for value in each.enum if name not in sample.fields else ():
            tried += 1
            _, found = bench.made(resource, {**bench.invented(resource), name: value})
            if differs(bench.manifest, resource.fields, {name: value}, found):
                yield f"{name} was sent as {value!r} and is {found.get(name)!r}"
        for value in _wrong_values(each):
            tried += 1
            try:
                bench.system.create(resource.name, {**bench.invented(resource), name: value})
            except RecordRefused:
                continue
            except ProviderError as error:
                yield f"{name} as {value!r}: {type(error).__name__} ('{error}')"
            else:
                yield f"{name} was taken as {value!r}, where {each.format or 'one of ' + ', '.join(map(str, each.enum))} is declared"
    if not tried:
        raise Skip("no choice and no form is declared")


def _wrong_values(each: Field) -> list[Any]:
    if each.enum:
        return ["Z" if each.type == "string" else 77]
    return {"date": ["2026-02-30", "gisteren"], "digits": ["12a"], "iban": ["geen iban"]}.get(each.format, [])


@promise_of_each("A second record with one number is what nobody wants: where the system refuses it, the engine need not look.", lambda each: not_made(each) or ("" if any(one.means == "already_there" for one in each.refusals) and each.look_up else "the manifest knows no refusal of a second one"))  # fmt: skip
def a_second_one_is_refused(bench: Bench, resource: Resource) -> Iterator[str]:
    """Where the manifest knows a refusal of a second record with the same number, the same record is refused in these words, another with its number is refused as well, and there is still one."""
    first = bench.invented(resource)
    bench.made(resource, first)
    other = bench.invented(resource)
    set_at(other, resource.look_up, at(first, resource.look_up))
    for what, second in (("the same record", copied(first)), ("another with its number", other)):
        try:
            bench.system.create(resource.name, second)
        except RecordRefused as error:
            known = [each for each in resource.refusals if each.means == "already_there"]
            if second == first and not any(each.fits(error.code, error.says) for each in known):
                yield f"{what} is refused in words that are not known: '{error}' ({error.code or 'no code'})"
        except ProviderError as error:
            yield f"{what}: {type(error).__name__} ('{error}') instead of RecordRefused"
        else:
            yield f"{what} was taken once more"
    bench.wait_for_lag()
    count = len(bench.system.find(resource.name, resource.look_up, str(at(first, resource.look_up))))
    if count != 1:
        yield f"there are {count} with this number now"


@promise_of_each("Nobody refuses such a record: just before a new one is sent it is asked whom the system would write over, and nothing is sent.", lambda each: not_made(each) or ("" if each.overwrites else "the manifest says that no new record is written over another one"))  # fmt: skip
def whom_a_new_one_is_taken_for_is_told(bench: Bench, resource: Resource) -> Iterator[str]:
    """A new record that has what another one has, by each likeness that the manifest knows, is told to be taken for it, also where signs differ that do not count; one that is like nobody is taken for nobody."""
    sent = bench.invented(resource)
    likenesses = [each for each in resource.overwrites if each.looks(sent)]
    if not likenesses:
        raise Skip("nothing can be sent of what must be the same")
    key, _ = bench.made(resource, sent)
    bench.wait_for_lag()
    for each in likenesses:
        same = {name: sent[name] for name in each.same}
        signs = {name: f"{value}{each.ignoring}" for name, value in same.items() if _is_free(resource.fields[name])}
        for like in (same, same | signs):
            found = bench.system.taken_for(resource.name, {**bench.invented(resource), **like})
            if key not in map(resource.key_of, found):
                yield f"one with the same {' and '.join(each.same)} would be taken for {key}, and that is not told"
    for other in bench.system.taken_for(resource.name, bench.invented(resource)):
        yield f"{resource.key_of(other)} was told of one that is not like it"


def _is_free(each: Field) -> bool:
    """Tell whether a field holds any text."""
    return each.type == "string" and not each.format and not each.enum and each.max_length is None


@promise_of_each("Names are names in every language; a sign that is lost is an edit of ours that nobody typed.", not_made)  # fmt: skip
def every_sign_arrives_or_is_refused(bench: Bench, resource: Resource) -> Iterator[str]:
    """Letters of all languages, quotes and the signs of markup come back as they were sent; what a protocol cannot carry, such as control characters, does so or is refused as `RecordRefused`."""
    paths = list(_texts(bench, resource))[:3]
    if not paths:
        raise Skip("it has no free text")
    for path in paths:
        for signs, must in ((SIGNS, True), ("twee\nregels", False), (CONTROL, False)):
            record = bench.invented(resource)
            each = bench.manifest.field_at(resource.name, path)
            assert each is not None
            value = f"{bench.mark()} {signs}"[: each.max_length]
            set_at(record, path, value)
            try:
                _, found = bench.made(resource, record)
            except RecordRefused as error:
                if must:
                    yield f"{path} was refused as {value!r}: {error}"
            else:
                if at(found, path) != value:
                    yield f"{path} was sent as {value!r} and is {at(found, path)!r}"


def _texts(bench: Bench, resource: Resource) -> Iterator[str]:
    """List the paths of texts with free content, the name of the record first."""
    sample = bench.samples.of(resource.name)
    for path in dict.fromkeys([resource.name_path, *bench.manifest.paths(resource.name)]):
        each = bench.manifest.field_at(resource.name, path)
        head = path.partition(".")[0]
        if (
            each is None
            or each.type != "string"
            or each.format
            or each.enum
            or each.reference
            or each.read_only
            or each.write_only
        ):
            continue
        parts = [bench.manifest.field_at(resource.name, path[:at_]) for at_, sign in enumerate(path) if sign == "."]
        whole = all(one is not None and one.type == "object" and one.of and not one.reference for one in parts)
        left = head in sample.leave_out or head in sample.fields or (sample.only and head not in sample.only)
        if (
            whole
            and not left
            and path not in resource.keys
            and path != resource.look_up
            and (each.max_length or 99) >= 30
            and (each.min_length or 0) <= 1
        ):
            yield path


@promise_of_each("Some values of a new document are looked up in the other system just before it is made.", lambda each: "" if each.look_ups else "the manifest names no questions")  # fmt: skip
def questions_are_answered(bench: Bench, resource: Resource) -> Iterator[str]:
    """Every question that the manifest names is answered for a record that can be made; where there is no answer, it is a `RecordRefused`."""
    record = bench.invented(resource)
    for question, says in resource.look_ups.items():
        if empty(bench.system.look_up(resource.name, question, copied(record))):
            yield f"'{question}' is answered with nothing"
        if bench.over == "twin" or "because" not in says:
            continue
        try:
            answer = bench.system.look_up(resource.name, question, {**record, says["of"]: "1901-01-01"})
        except RecordRefused:
            continue
        yield f"'{question}' is answered with {answer!r} for a day that no books have"


@promise_of_each("The paid state of an invoice is read where it comes about by itself.", lambda each: not_made(each) or ("" if each.makes else "the manifest says that nothing comes about by itself"))  # fmt: skip
def what_comes_about_by_itself_is_there(bench: Bench, resource: Resource) -> Iterator[str]:
    """Making a record makes what the manifest says appears elsewhere by itself, with the declared values."""
    for name, shape in resource.makes.items():
        other = bench.manifest.resources[name]
        before = {other.key_of(each) for each in bench.all(other)}
        _, found = bench.made(resource)
        made = bench.patiently(_besides, bench, other, before)
        if len(made) != 1:
            yield f"{len(made)} of {name} appeared"
            return
        for field, says in shape.items():
            if isinstance(says, str) and "[" not in says and (value := at(found, says)) != made[0].get(field):
                yield f"{field} of {name} is {made[0].get(field)!r}, where {says} is {value!r}"
            if isinstance(says, Mapping) and "sum" in says:
                head, _, inner = says["sum"].partition(".")
                total = sum(each.get(inner) or 0 for each in found[head])
                if total != made[0].get(field):
                    yield f"{field} of {name} is {made[0].get(field)}, where the sum of {says['sum']} is {total}"


def _besides(bench: Bench, resource: Resource, before: Collection[str]) -> list[Record]:
    return [each for each in bench.all(resource) if resource.key_of(each) not in before]
