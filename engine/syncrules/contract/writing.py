"""What a provider promises about writing: what is taken, what is refused, and what stays as it is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from syncrules.contract.bench import Bench, is_closed
from syncrules.contract.inventing import Nothing
from syncrules.contract.likeness import differs
from syncrules.contract.promise import Skip, promise, promise_of_each
from syncrules.contract.reading import plain_text_at, unreadable
from syncrules.errors import OutcomeUnknown, ProviderError, RecordGone, RecordRefused, UsageError
from syncrules.manifest import Active, Field, Resource
from syncrules.provider import Record, Write
from syncrules.simulator.shape import at, copied, empty, set_at

SIGNS = "Ærø & Zoë <naam> \"dubbel\" 'enkel' 100% €5 \\ / ; {x} Łódź 漢字 \U0001f600"
CONTROL = "voor\x07na"
"""A sign that many protocols cannot carry."""


def _not_made(resource: Resource) -> str:
    if not resource.creatable:
        return "the manifest says that none can be made"
    return "they travel many at once" if resource.batch is not None else unreadable(resource)


def _not_changed(resource: Resource) -> str:
    if resource.update == "none":
        return "the manifest says that none can be changed"
    return unreadable(resource) or ("they travel many at once" if resource.batch is not None else "")


@promise_of_each("What was sent is remembered as what is there: where it is something else, the next run takes the difference for an edit and carries it back.", _not_made)  # fmt: skip
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
        found = bench.patiently(lambda key=key: bench.system.fetch(resource.name, key))  # type: ignore[misc]  # bound at once
        if found is None:
            yield f"{key} was made and cannot be fetched"
            return
        for what, record in (("it", found), ("the answer", answer)):
            told = {name: value for name, value in sent.items() if what == "it" or name in record}
            said = differs(bench.manifest, resource.fields, told, record)
            if said is not None:
                yield f"in {what} {said}"


@promise_of_each("The help article and the checks of a mapping name these fields; a record that has them is sent.", _not_made)  # fmt: skip
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


@promise_of_each("The engine shortens and refuses by these numbers: where the system's are smaller, a name is cut without a word.", _not_made)  # fmt: skip
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
        free = not each.format and not each.enum and not each.reference and name not in {**sample.leave_out, **sample.fields}
        if each.max_length and each.type == "string" and not each.read_only and free and (not sample.only or name in sample.only):
            yield path, each
        elif each.type == "object" and each.of and not each.read_only and path.count(".") < 2 and free:
            yield from _limited(bench, resource, path)


def _of_length(each: Field, length: int, mark: int) -> str:
    return f"{mark}{each.title or each.name} ".replace(" ", "x").ljust(length, "x")[:length]


@promise_of_each("What a system takes only in some form is not sent in another; whoever types it elsewhere is told.", _not_made)  # fmt: skip
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


@promise_of_each("An update that empties what it does not name loses what people typed: nothing is worse but a duplicate.", _not_changed)  # fmt: skip
def a_change_changes_nothing_else(bench: Bench, resource: Resource) -> Iterator[str]:
    """A change of one field leaves every other as it was, what is only shown included; a change of all that can be changed arrives whole; what was seen and handed in stays untouched."""
    key, before = bench.open_one(resource)
    for path in _changeable(bench, resource, before):
        seen = bench.system.fetch(resource.name, key)
        handed, change = copied(seen), dict[str, Any]()
        set_at(change, path, f"Anders {bench.mark()}")
        bench.system.update(resource.name, key, change, handed)
        if handed != seen:
            yield "the record that was seen was changed in our hands"
        found = bench.patiently(lambda p=path, c=change: _if(bench, resource, key, p, at(c, p)))  # type: ignore[misc]  # bound at once
        if not found:
            yield f"{path} was written and did not arrive"
            return
        said = _fallen(bench, resource, seen, found, path)
        if said is not None:
            yield f"{path} was changed, and {said}"
    whole = {name: value for name, value in _other(bench, resource).items() if not _taken(resource, name)}
    if whole:
        seen = bench.system.fetch(resource.name, key)
        bench.system.update(resource.name, key, copied(whole), seen)
        bench.wait_for_lag()
        said = bench.patiently(lambda: [differs(bench.manifest, resource.fields, whole, bench.system.fetch(resource.name, key))])[0]
        if said is not None:
            yield f"when all was changed, {said}"


def _if(bench: Bench, resource: Resource, key: str, path: str, value: Any) -> Record | None:
    found: Record | None = bench.system.fetch(resource.name, key)
    return found if found is not None and at(found, path) == value else None


def _other(bench: Bench, resource: Resource) -> Record:
    try:
        return bench.inventor.record(resource, bench.mark())
    except Nothing:
        return {}


def _taken(resource: Resource, name: str) -> bool:
    return name in {*resource.id, *resource.keys, resource.look_up, *resource.requires} or (
        isinstance(resource.active, Active) and name in (resource.active.field, resource.active.stamp)
    )


def _changeable(bench: Bench, resource: Resource, row: Record) -> list[str]:
    """Find a plain text of the record itself, and of each of its parts."""
    parts = ["", *(name for name, each in resource.fields.items() if each.of and each.type == "object")]
    parts += [
        f"{name}.{inner}"
        for name in parts[1:]
        for inner, each in bench.manifest.types[resource.fields[name].of].fields.items()
        if each.of and each.type == "object"
    ]
    found = [plain_text_at(bench, resource, row, each) for each in parts]
    if not any(found):
        raise Skip("it has no plain text that could be changed")
    return [each for each in found if each is not None]


def _fallen(bench: Bench, resource: Resource, seen: Record, found: Record, changed: str) -> str | None:
    """Say which other field is not as it was; stamps move, and what the system composes may follow."""
    stamps = set(resource.changes.since) if resource.changes is not None else set()

    def look(fields: Mapping[str, Field], one: Any, other: Any, prefix: str) -> str | None:
        for name, each in fields.items():
            path = f"{prefix}{name}"
            was, now = one.get(name), other.get(name)
            if path == changed or path in stamps or (each.read_only and each.format == "date-time") or name[:1] == "_":
                continue
            if isinstance(was, Mapping) and isinstance(now, Mapping) and each.of:
                said = look(bench.manifest.types[each.of].fields, was, now, f"{path}.")
                if said is not None:
                    return said
            elif was != now and not (empty(was) and empty(now)) and not each.reference:
                return f"{path} was {was!r} and is {now!r}"
        return None

    return look(resource.fields, seen, found, "")


@promise_of_each("What was emptied on one side is emptied on the other; a value that stays is an edit that is lost.", _not_changed)  # fmt: skip
def what_is_emptied_is_empty(bench: Bench, resource: Resource) -> Iterator[str]:
    """A text that is written as None is empty afterwards, and nothing else is."""
    key, before = bench.open_one(resource)
    for path in _changeable(bench, resource, before):
        change: Record = {}
        set_at(change, path, f"Anders {bench.mark()}")
        bench.system.update(resource.name, key, change, bench.system.fetch(resource.name, key))
        bench.wait_for_lag()
        set_at(change, path, None)
        seen = bench.system.fetch(resource.name, key)
        bench.system.update(resource.name, key, change, copied(seen))
        found = bench.patiently(lambda p=path: _if_empty(bench, resource, key, p))  # type: ignore[misc]  # bound at once
        if not found:
            yield f"{path} was emptied and is not empty"
            return
        said = _fallen(bench, resource, seen, found, path)
        if said is not None:
            yield f"{path} was emptied, and {said}"


def _if_empty(bench: Bench, resource: Resource, key: str, path: str) -> Record | None:
    found: Record | None = bench.system.fetch(resource.name, key)
    return found if found is not None and empty(at(found, path)) else None


@promise_of_each("Between the fetch and the write somebody may type: where the system takes single fields, theirs stands.", lambda each: _not_changed(each) or ("" if each.update == "sent_fields" else "the manifest says that an update replaces the whole object"))  # fmt: skip
def what_others_changed_meanwhile_stands(bench: Bench, resource: Resource) -> Iterator[str]:
    """An update that touches only what is sent leaves a field alone that somebody else changed since it was seen."""
    key, before = bench.open_one(resource)
    for path in _changeable(bench, resource, before):
        other = _another_text(bench, resource, before, path)
        if other is None:
            continue
        seen = bench.system.fetch(resource.name, key)
        mine, theirs = dict[str, Any](), dict[str, Any]()
        set_at(mine, path, f"Ik {bench.mark()}")
        set_at(theirs, other, f"Zij {bench.mark()}")
        bench.system.update(resource.name, key, theirs, copied(seen))
        bench.system.update(resource.name, key, mine, seen)
        bench.wait_for_lag()
        found = bench.system.fetch(resource.name, key) or {}
        if at(found, other) != at(theirs, other):
            yield f"{other} was changed by somebody and fell when {path} was written"
        if at(found, path) != at(mine, path):
            yield f"{path} did not arrive"
        return
    raise Skip("it has no second text that could be changed")


def _another_text(bench: Bench, resource: Resource, row: Record, path: str) -> str | None:
    prefix, _, name = path.rpartition(".")
    fields = resource.fields
    for step in prefix.split(".") if prefix else ():
        fields = bench.manifest.types[fields[step].of].fields
    taken = {*resource.id, *resource.keys, resource.look_up, resource.external_id, *resource.requires, name}
    sample = bench.samples.of(resource.name)
    for other, each in fields.items():
        whole = f"{prefix}.{other}" if prefix else other
        plain = each.type == "string" and not (each.format or each.enum or each.reference or each.read_only or each.write_only)
        if plain and whole not in taken and other not in taken and (each.max_length or 99) >= 20 and (each.min_length or 0) <= 1 and other not in {**sample.fields, **sample.leave_out}:
            return whole
    return None


@promise_of_each("A record that is gone is called so, once, and is not written to for ever.", _not_changed)
def a_change_of_what_is_gone_is_told(bench: Bench, resource: Resource) -> Iterator[str]:
    """A change of an id that nobody has is a `RecordGone`, and makes nothing."""
    key, row = bench.open_one(resource)
    path = plain_text_at(bench, resource, row) or resource.external_id
    if not path:
        raise Skip("it has no plain text of its own that could be changed")
    change: Record = {}
    set_at(change, path, f"Anders {bench.mark()}")
    gone = _nobody_like(key)
    seen = {**copied(row), resource.id[0]: type(row[resource.id[0]])(gone)}
    try:
        bench.system.update(resource.name, gone, change, seen)
    except RecordGone:
        pass
    except ProviderError as error:
        yield f"{type(error).__name__} ('{error}') instead of RecordGone"
    else:
        yield f"'{gone}' was changed, and nobody has that id"
    if bench.system.fetch(resource.name, gone) is not None:
        yield f"'{gone}' is there now"


def _nobody_like(key: str) -> str:
    """Give an id of the same kind that nobody has."""
    if key.isdigit():
        return "987654321"
    return key[:-6] + "".join("0" if each.isalnum() and each != "0" else "9" if each == "0" else each for each in key[-6:])


@promise_of_each("A second record with one number is what nobody wants: where the system refuses it, the engine need not look.", lambda each: _not_made(each) or ("" if any(one.means == "already_there" for one in each.refusals) and each.look_up else "the manifest knows no refusal of a second one"))  # fmt: skip
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


def _always_in_use(resource: Resource) -> str:
    if not isinstance(resource.active, Active):
        return f"the manifest says: {resource.active}"
    if not resource.active.writable:
        return "the manifest says that it can only be seen"
    return _not_changed(resource)


@promise_of_each("Whoever is taken out of use on one side is so on the other, if the mapping says so: nothing else may go out of use.", _always_in_use)  # fmt: skip
def out_of_use_and_back(bench: Bench, resource: Resource) -> Iterator[str]:
    """Writing the declared value takes a record out of use, with the declared stamp, and changes nothing else; writing its opposite takes it into use again."""
    active = resource.active
    assert isinstance(active, Active)
    key, row = bench.open_one(resource)
    if row.get(active.field) == active.inactive:
        yield "a new record is out of use"
    opposite = not active.inactive if isinstance(active.inactive, bool) else None
    for value, stamp in ((active.inactive, "2026-03-29T00:00:00Z"), (opposite, None)):
        seen = bench.system.fetch(resource.name, key)
        change: Record = {active.field: value, **({active.stamp: stamp} if active.stamp else {})}
        bench.system.update(resource.name, key, copied(change), seen)
        found = bench.patiently(lambda v=value: _if(bench, resource, key, active.field, v))  # type: ignore[misc]  # bound at once
        if not found:
            yield f"{active.field} was written as {value!r} and did not arrive"
            return
        said = differs(bench.manifest, resource.fields, change, found)
        said = said or _fallen(bench, resource, {**seen, **change}, {**found, **change}, active.field)
        if said is not None:
            yield said


@promise_of_each("A document that is sent is a document of law: it stays as it is.", lambda each: _not_changed(each) or ("" if each.frozen else "the manifest says nothing of records that are closed"))  # fmt: skip
def what_is_closed_stays_closed(bench: Bench, resource: Resource) -> Iterator[str]:
    """A record that the manifest calls closed refuses every change but of the fields that it excepts."""
    row = next((each for each in bench.rows(resource.name) if is_closed(resource, each)), None)
    if row is None:
        raise Skip("the system lists none that is closed")
    key = resource.key_of(row)
    path = next(iter(_changeable(bench, resource, row)))
    change: Record = {}
    set_at(change, path, f"Anders {bench.mark()}")
    try:
        bench.system.update(resource.name, key, change, copied(row))
    except RecordRefused:
        pass
    else:
        yield f"{path} of a closed record was changed"
    bench.wait_for_lag()
    if at(bench.system.fetch(resource.name, key), path) != at(row, path):
        yield f"{path} of a closed record is another now"


@promise("What cannot be done must be known before it is tried: a call that is certain to be refused is one of a thousand that are allowed.")  # fmt: skip
def what_cannot_be_done_is_refused_at_once(bench: Bench) -> Iterator[str]:
    """A create, an update or a deletion that the manifest says cannot be done is refused, or is no method at all, without a call."""
    for resource in bench.manifest.resources.values():
        row = next(iter(bench.rows(resource.name)), None) if resource.readable else None
        key = resource.key_of(row) if row is not None else "1"
        tries = {
            "create": not resource.creatable and (lambda r=resource: bench.system.create(r.name, {})),
            "update": resource.update == "none" and (lambda r=resource, k=key, s=row: bench.system.update(r.name, k, {}, s or {})),
            "delete": not resource.deletable and hasattr(bench.system, "delete") and (lambda r=resource, k=key: bench.system.delete(r.name, k)),
        }  # fmt: skip
        for name, attempt in tries.items():
            if not attempt or (bench.over == "twin" and name == "delete"):
                continue
            with bench.line.counted() as asked:
                try:
                    attempt()
                except (RecordRefused, UsageError):
                    pass
                else:
                    yield f"{name} of {resource.name} was not refused"
            if asked and bench.over == "sandbox":
                yield f"{name} of {resource.name} was refused only after {len(asked)} calls"


@promise_of_each("Names are names in every language; a sign that is lost is an edit of ours that nobody typed.", _not_made)  # fmt: skip
def every_sign_arrives_or_is_refused(bench: Bench, resource: Resource) -> Iterator[str]:
    """Letters of all languages, quotes and the signs of markup come back as they were sent; what a protocol cannot carry, such as control characters, does so or is refused as `RecordRefused`."""
    paths = [path for path in _texts(bench, resource)][:3]
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
        if each is None or each.type != "string" or each.format or each.enum or each.reference or each.read_only or each.write_only:
            continue
        parts = [bench.manifest.field_at(resource.name, path[:at_]) for at_, sign in enumerate(path) if sign == "."]
        whole = all(one is not None and one.type == "object" and one.of and not one.reference for one in parts)
        left = head in sample.leave_out or head in sample.fields or (sample.only and head not in sample.only)
        if whole and not left and path not in resource.keys and path != resource.look_up and (each.max_length or 99) >= 30 and (each.min_length or 0) <= 1:
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


@promise_of_each("The paid state of an invoice is read where it comes about by itself.", lambda each: _not_made(each) or ("" if each.makes else "the manifest says that nothing comes about by itself"))  # fmt: skip
def what_comes_about_by_itself_is_there(bench: Bench, resource: Resource) -> Iterator[str]:
    """Making a record makes what the manifest says appears elsewhere by itself, with the declared values."""
    for name, shape in resource.makes.items():
        other = bench.manifest.resources[name]
        before = {other.key_of(each) for each in bench.all(other)}
        _, found = bench.made(resource)
        made = bench.patiently(lambda o=other, b=before: [e for e in bench.all(o) if o.key_of(e) not in b])  # type: ignore[misc]  # bound at once
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


# Many at once ---------------------------------------------------------------------------------------------------------


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
                    with bench.line.spoilt(mishap, "writes"):  # type: ignore[arg-type]  # both are mishaps
                        system.write_many(resource.name, writes, mark)
                    yield f"'{mishap}' was not told"
            except OutcomeUnknown:
                assert mishap is not None
            last = mark if mishap != "lost before" else last
            if system.mark() != last:
                yield f"after {mishap or 'a batch that was taken'} the mark of {resource.name} is '{system.mark()}', not '{last}'"
        wrong = _write(bench, resource)
        wrong.record.pop(next(name for name in resource.requires if name not in resource.id) if len(resource.requires) > 1 else resource.requires[0])
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
