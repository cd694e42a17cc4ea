"""Postcodes as text: what one looks like, where one stands in running text, its district and sector. Where they lie is in place.py."""

import re
import unicodedata

_AREA = re.compile(  # the 124 areas that lie on the ground
    r"A[BL]|B[ABDHLNRST]?|C[ABFHMORTVW]|D[ADEGHLNTY]|E[CHNX]?|F[KY]|G[LUY]?|H[ADGPRSUX]|I[GMPV]|JE|K[ATWY]|"
    r"L[ADELNSU]?|M[EKL]?|N[EGNPRW]?|O[LX]|P[AEHLOR]|R[GHM]|S[AEGKLMNOPRSTWY]?|T[ADFNQRSW]|UB|W[ACDFNRSV]?|YO|ZE"
)
GIROBANK = "GIR 0AA"  # the one legal postcode that has no district

_OUT = r"[A-Z]\d(?:\d|[A-HJKPSTUW])?|[A-Z]{2}\d(?:\d|[ABEHMNPRVWXY])?"
_IN = r"\d[ABDEFGHJLNP-UW-Z]{2}"
_GAP = r"\s*-?\s*"
_ALONE_BEFORE = r"(?<![\w@/=&?#%+-])"
_ALONE_AFTER = r"(?![\w@/=&%-]|\.(?-i:[a-z0-9]))"
_FLAGS = re.ASCII | re.IGNORECASE
_POSTCODE = re.compile(rf"({_OUT}|GIR){_GAP}({_IN})", _FLAGS)
_SECTOR = re.compile(rf"({_OUT})(?:\s+|\s*-\s*)(\d)", _FLAGS)
_OUTCODE = re.compile(_OUT, _FLAGS)
_POSTCODE_IN_TEXT = re.compile(rf"{_ALONE_BEFORE}({_OUT}|GIR){_GAP}({_IN}){_ALONE_AFTER}", _FLAGS)
_OUTCODE_IN_TEXT = re.compile(rf"{_ALONE_BEFORE}({_OUT}){_ALONE_AFTER}", re.ASCII)
# "Flat E1", "Room B2", "off the M1": a number of a door or of a road, not a district.
_NOT_A_DISTRICT = re.compile(
    r"\b(?:flat|unit|room|rm|block|suite|apartment|apt|floor|level|no|number|box|the|off|junction|route|bus|buses)\.?\s*$",
    re.IGNORECASE,
)
_ORDINAL = re.compile(r"\d(?:st|nd|rd|th)", re.ASCII)  # "E1 5th floor" is no postcode


def _plain(text: str) -> str:
    return unicodedata.normalize("NFKC", text).strip()


def _join(out: str, inward: str) -> str | None:
    """The two halves in the usual spelling; None if the area does not exist."""
    out, inward = out.upper(), inward.upper()
    if out == "GIR":
        return GIROBANK if inward == "0AA" else None
    return f"{out} {inward}" if _area_exists(out) else None


def _area_exists(outcode: str) -> bool:
    return _AREA.fullmatch(outcode[:2] if outcode[1].isalpha() else outcode[0]) is not None


def spell_postcode(text: str) -> str | None:
    """A field that is one postcode, as "BH1 4AB"; None if it is anything else. Whether its district exists is not looked up here."""
    found = _POSTCODE.fullmatch(_plain(text))
    return _join(found[1], found[2]) if found else None


def spell_sector(text: str) -> str | None:
    """A field that is one sector, as "BH1 4"; the gap is needed, because BH14 is a district."""
    found = _SECTOR.fullmatch(_plain(text))
    return _join(found[1], found[2]) if found else None


def spell_outcode(text: str) -> str | None:
    """A field that is one district, as "BH1"; None if it is anything else."""
    out = _plain(text).upper()
    return out if _OUTCODE.fullmatch(out) and _area_exists(out) else None


def postcodes_in(text: str) -> list[str]:
    """Each postcode that stands alone in running text, in order; "5th" and parts of longer words, links and addresses are none."""
    spelled = [_join(m[1], m[2]) for m in _POSTCODE_IN_TEXT.finditer(_plain(text)) if not _ORDINAL.fullmatch(m[2])]
    return [code for code in spelled if code]


def outcodes_in(text: str) -> list[str]:
    """Each district that stands alone and in capitals in running text, or is the whole of it in any case; flats, rooms, roads are none."""
    plain = _plain(text)
    if whole := spell_outcode(plain):
        return [whole]
    found = [m for m in _OUTCODE_IN_TEXT.finditer(plain) if not _NOT_A_DISTRICT.search(plain[: m.start()])]
    return [m[1] for m in found if _area_exists(m[1])]


def has_postcode(text: str) -> bool:
    """Whether a full postcode stands in the text, known district or not: for fields that must never hold one."""
    return bool(postcodes_in(text))


def outcode_of(text: str) -> str | None:
    """The district of a postcode, sector or district; None if the text is none of them, or GIR 0AA."""
    code = spell_postcode(text) or spell_sector(text) or spell_outcode(text)
    return code.split()[0] if code and code != GIROBANK else None


def sector_of(text: str) -> str | None:
    """The sector of a postcode or sector: "BH1 4" of "bh14ab"; None for a district alone and for GIR 0AA."""
    code = spell_postcode(text) or spell_sector(text)
    if code is None or code == GIROBANK:
        return None
    out, inward = code.split()
    return f"{out} {inward[0]}"
