"""Makes a name or a note harmless on its way out: no line breaks, hidden marks, web addresses or Markdown (security 9)."""

import re
import unicodedata

_BREAKS = re.compile("[\\s\x00\x0b\x0c\x1c-\x1f\x85\u2028\u2029]+")
_DROPPED = frozenset({"Cc", "Cf", "Co", "Cs", "Cn"})
_JOINERS = "\u200c\u200d"  # some scripts and emoji need them; alone they do nothing
_MARKUP = re.compile(r"[\[\]<>*_`|~\\^{}#]+")
_SCHEME = re.compile(r"\s*:?/{2,}\s*|\b(?:javascript|vbscript|data|mailto|file|tel|sms):", re.I)
_AT = re.compile(r"\s*[@\uff20\ufe6b]\s*")
_DOTS = re.compile(r"(?<=[^\W_])[.\u3002\uff0e\uff61\u2024](?=[^\W\d_]{2})")


def inert(text: str) -> str:
    """The text on one line, with nothing in it that a mail program, a calendar or a Markdown reader would act on.

    Does nothing to ordinary names, places and telephone numbers. Making a text inert twice changes nothing more.
    """
    line = _BREAKS.sub(" ", text)
    line = "".join(c for c in line if c in _JOINERS or unicodedata.category(c) not in _DROPPED)
    line = _AT.sub(" at ", _SCHEME.sub(" ", _MARKUP.sub(" ", line)))
    return re.sub(r" {2,}", " ", _DOTS.sub(". ", line)).strip()
