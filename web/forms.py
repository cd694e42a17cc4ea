"""A submitted form becomes a typed record, or a form to show again with an error code by field. The sentences live in web/words."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, time
from enum import Enum
from types import UnionType
from typing import Annotated, Any, Protocol, TypeVar, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError

from matcher.domain.text import BadText, without_hidden
from web.form_fields import FormRecord

WHOLE_FORM = ""
TOKENS = frozenset({"token", "nonce"})
_MOST_KEPT = 5000
_MANY = (list, tuple, set, frozenset)

Record = TypeVar("Record", bound=FormRecord)


class Submitted(Protocol):
    """What aiohttp gives for a posted form or a query string: names with one or several values."""

    def keys(self) -> Iterable[str]: ...

    def getall(self, key: str) -> list[Any]: ...


class BadAnswer(ValueError):
    """An answer that does not go with another one."""

    def __init__(self, code: str, *, field: str = WHOLE_FORM, **limits: Any) -> None:
        self.code = code
        self.field = field
        self.limits = limits
        super().__init__(code)


@dataclass(frozen=True, slots=True)
class Problem:
    """Why an answer was not taken: a code of web/words and the figures its sentence needs. Never the answer itself."""

    code: str
    limits: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Form:
    """A form as a page shows it: the answers so far and what is wrong with them, by field. `kind` picks the sentences."""

    values: Mapping[str, str | list[str]] = field(default_factory=dict)
    errors: Mapping[str, Problem] = field(default_factory=dict)
    kind: str = ""

    def value(self, name: str) -> str:
        """The answer to a question with one answer; empty if none."""
        kept = self.values.get(name, "")
        return kept if isinstance(kept, str) else (kept[0] if kept else "")

    def chosen(self, name: str) -> list[str]:
        """The answers to a question with several; empty if none."""
        kept = self.values.get(name, [])
        return [kept] if isinstance(kept, str) else kept

    def error(self, name: str) -> Problem | None:
        """What is wrong with one answer, or None."""
        return self.errors.get(name)

    def with_errors(self, codes: Mapping[str, str | Problem]) -> "Form":
        """The same answers with more errors, by field: for what only an action or a look-up can tell."""
        more = {name: Problem(code) if isinstance(code, str) else code for name, code in codes.items()}
        return replace(self, errors={**self.errors, **more})


def blank_form(kind: type[BaseModel] | None = None, **values: Any) -> Form:
    """A form not yet submitted, with the answers known so far: text, numbers, dates, yes/no, enumerations, or lists of these."""
    return Form(values={name: _shown(value) for name, value in values.items() if value is not None}, kind=kind.__name__ if kind else "")


def form_of(record: BaseModel) -> Form:
    """A form showing a record kept earlier, so that it can be changed."""
    return blank_form(type(record), **{name: getattr(record, name) for name in type(record).model_fields})


def read_form(model: type[Record], submitted: Submitted, *, also: Iterable[str] = ()) -> tuple[Record | None, Form]:
    """The record a form holds, or None and what is wrong. Blank answers count as not given. Names in `also` are left to the caller."""
    passed_over = TOKENS | set(also)
    answers: dict[str, Any] = {}
    kept: dict[str, str | list[str]] = {}
    errors: dict[str, Problem] = {}
    for name in sorted(set(submitted.keys()) - passed_over):
        if name not in model.model_fields:
            errors[WHOLE_FORM] = Problem("unknown_field")
            continue
        texts = [text for text in submitted.getall(name) if isinstance(text, str)]
        given = [text for text in texts if text.strip()]
        if _takes_many(model.model_fields[name].annotation):
            kept[name] = [_kept(text) for text in given]
            answers[name] = given
        elif len(texts) != 1:
            errors[name] = Problem("not_one_answer")
        else:
            kept[name] = _kept(texts[0])
            if given:
                answers[name] = given[0]
    record, wrong = _validated(model, answers)
    form = Form(values=kept, errors=_in_order(model, {**wrong, **errors}), kind=model.__name__)
    return (None if form.errors else record), form


def _validated(model: type[Record], answers: Mapping[str, Any]) -> tuple[Record | None, dict[str, Problem]]:
    try:
        return model.model_validate(answers), {}
    except ValidationError as error:
        wrong: dict[str, Problem] = {}
        for line in error.errors(include_input=False, include_url=False):
            name, problem = _problem(line["type"], line["loc"], line.get("ctx") or {})
            wrong.setdefault(name, problem)
        return None, wrong


_CODES = {
    "missing": "empty",
    "string_too_short": "too_short",
    "string_too_long": "too_long",
    "too_short": "too_few",
    "too_long": "too_many",
    "greater_than": "too_small",
    "greater_than_equal": "too_small",
    "less_than": "too_big",
    "less_than_equal": "too_big",
    "int_parsing": "not_a_number",
    "int_parsing_size": "not_a_number",
    "int_from_float": "not_whole",
    "float_parsing": "not_a_number",
    "finite_number": "not_a_number",
    "decimal_parsing": "not_a_number",
    "enum": "not_offered",
    "literal_error": "not_offered",
    "bool_parsing": "not_offered",
    "uuid_parsing": "not_offered",
    "date_parsing": "not_a_date",
    "date_from_datetime_parsing": "not_a_date",
    "time_parsing": "not_a_time",
}
_LIMITS = {"max_length": "most", "le": "most", "lt": "under", "min_length": "least", "ge": "least", "gt": "over"}


def _problem(kind: str, where: tuple[int | str, ...], context: Mapping[str, Any]) -> tuple[str, Problem]:
    """One line of pydantic's list as our field, code and limits; its own words and the answer are dropped here."""
    name = str(where[0]) if where else WHOLE_FORM
    cause = context.get("error")
    if isinstance(cause, BadAnswer):
        return cause.field or name, Problem(cause.code, cause.limits)
    row = {"row": where[1] + 1} if len(where) > 1 and isinstance(where[1], int) else {}
    if isinstance(cause, BadText):
        return name, Problem(cause.code, {**cause.limits, **row})
    limits = {_LIMITS[key]: value for key, value in context.items() if key in _LIMITS}
    return name, Problem(_CODES.get(kind, "wrong_kind"), {**limits, **row})


def _takes_many(annotation: Any) -> bool:
    origin = get_origin(annotation)
    if origin is Annotated:
        return _takes_many(get_args(annotation)[0])
    if origin in (Union, UnionType):
        return any(_takes_many(part) for part in get_args(annotation))
    return (origin or annotation) in _MANY


def _in_order(model: type[FormRecord], errors: Mapping[str, Problem]) -> dict[str, Problem]:
    """Errors in the order of the page; the whole form's come first."""
    order = {name: place for place, name in enumerate((WHOLE_FORM, *model.page_order()))}
    return dict(sorted(errors.items(), key=lambda error: order.get(error[0], len(order))))


def _kept(text: str) -> str:
    return without_hidden(text[:_MOST_KEPT])


def _shown(value: Any) -> str | list[str]:
    if isinstance(value, _MANY):
        return [_one(part) for part in value]
    return _one(value)


def _one(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Enum):
        return str(value.value)
    if isinstance(value, time):
        return value.strftime("%H:%M")
    return value.isoformat() if isinstance(value, date) else str(value)
