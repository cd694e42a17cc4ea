"""Every refusal a person can meet. The docstring of an error is its sentence for the screen; details for one case are given at the raise."""

from typing import Any


class Refusal(Exception):
    """That could not be done."""

    def __init__(self, sentence: str | None = None, **facts: Any) -> None:
        self.sentence = sentence or (type(self).__doc__ or "").strip()
        self.facts = facts
        super().__init__(self.sentence)


class Refused(Refusal):
    """You may not do that here."""


class Hidden(Refusal):
    """There is nothing at this address."""


class NotFound(Hidden):
    """There is nothing at this address."""


class Taken(Refusal):
    """Somebody is already going. Thank you for offering."""


class Finished(Refusal):
    """This link has finished."""


class Changed(Refusal):
    """This has changed since you opened the page. Nothing was saved: please look at it again."""


class Clash(Refusal):
    """You are already going somewhere at that time."""


class Invalid(Refusal):
    """Some answers need another look."""

    def __init__(self, errors: dict[str, str], sentence: str | None = None) -> None:
        self.errors = errors
        super().__init__(sentence)


class TooMany(Refusal):
    """That is more than we can take at once. Please try again later."""


class Busy(Refusal):
    """We are very busy just now. Nothing was saved: please try again in a moment."""


class OutcomeUnknown(Refusal):
    """We do not know yet whether that was saved. Please open this page again in a minute before you repeat it."""


class Misconfigured(Refusal):
    """A setting is missing or wrong."""
