"""A referral's own reference, such as ALG-7K4M-9PX2: read out on the telephone, typed into a search box, never guessed from another one."""

PREFIX = "ALG"
SYMBOLS = "23456789CFGHJKMNPRTVWXY"
"""No vowels (no words), none of 0 O 1 I L 5-like S or 2-like Z. There are 23: a prime number makes the check below complete."""
RANDOM_LENGTH = 7
LENGTH = RANDOM_LENGTH + 1
RANDOM_BYTES = 16
"""How many random bytes `make_reference` wants: so many that no symbol is likelier than another by anything one could see."""


def make_reference(random: bytes) -> str:
    """A reference from RANDOM_BYTES random bytes: seven random symbols and one that checks them (3.4 thousand million references).

    Two may be the same: the database's unique key says so, and another is drawn. Raises ValueError for fewer bytes.
    """
    if len(random) < RANDOM_BYTES:
        raise ValueError(f"a reference needs {RANDOM_BYTES} random bytes")
    number = int.from_bytes(random)
    values = []
    for _ in range(RANDOM_LENGTH):
        number, value = divmod(number, len(SYMBOLS))
        values.append(value)
    return _format("".join(SYMBOLS[value] for value in [*values, _check_value(values)]))


def read_reference(text: str) -> str | None:
    """What somebody typed or read out, in its one written form; None where it is no reference.

    Small letters, spaces and dashes do not matter, nor does a left-out prefix. One wrong symbol or two swapped ones are always found.
    """
    symbols = "".join(character for character in text.upper() if character.isalnum())
    symbols = symbols.removeprefix(PREFIX) if len(symbols) == len(PREFIX) + LENGTH else symbols
    if len(symbols) != LENGTH or not set(symbols) <= set(SYMBOLS):
        return None
    values = [SYMBOLS.index(symbol) for symbol in symbols]
    return _format(symbols) if values[-1] == _check_value(values[:-1]) else None


def last4(reference: str) -> str:
    """The last four symbols: all of a reference that letters to staff and printed sheets show."""
    return reference[-4:]


def _check_value(values: list[int]) -> int:
    """Each place has a weight of its own, and 23 is prime: a changed symbol or a swapped pair always changes the sum."""
    return sum(weight * value for weight, value in enumerate(values, start=2)) % len(SYMBOLS)


def _format(symbols: str) -> str:
    return f"{PREFIX}-{symbols[:4]}-{symbols[4:]}"
