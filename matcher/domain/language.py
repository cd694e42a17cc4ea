"""Languages people name, and the tags they are kept under (ISO 639). A name that is not here is asked again, never guessed."""

import re

LANGUAGES = {
    "en": ("English",),
    "cy": ("Welsh", "Cymraeg"),
    "am": ("Amharic",),
    "ar": ("Arabic",),
    "bfi": ("British Sign Language", "BSL"),
    "bg": ("Bulgarian",),
    "bn": ("Bengali", "Bangla"),
    "cs": ("Czech",),
    "de": ("German",),
    "es": ("Spanish",),
    "fa": ("Farsi", "Persian", "Dari"),
    "fr": ("French",),
    "ga": ("Irish", "Gaeilge"),
    "gd": ("Scottish Gaelic", "Gaelic"),
    "gu": ("Gujarati",),
    "hi": ("Hindi",),
    "hu": ("Hungarian",),
    "it": ("Italian",),
    "ku": ("Kurdish",),
    "lt": ("Lithuanian",),
    "lv": ("Latvian",),
    "ne": ("Nepali",),
    "pa": ("Punjabi", "Panjabi"),
    "pl": ("Polish", "Polski"),
    "ps": ("Pashto",),
    "pt": ("Portuguese",),
    "ro": ("Romanian",),
    "ru": ("Russian",),
    "sk": ("Slovak",),
    "so": ("Somali",),
    "sq": ("Albanian",),
    "ta": ("Tamil",),
    "ti": ("Tigrinya",),
    "tr": ("Turkish",),
    "uk": ("Ukrainian",),
    "ur": ("Urdu",),
    "vi": ("Vietnamese",),
    "yue": ("Cantonese",),
    "zh": ("Mandarin", "Chinese"),
}
_BY_NAME = {name.casefold(): tag for tag, names in LANGUAGES.items() for name in (tag, *names)}


def language_tag(text: str) -> str | None:
    """The tag of a language by its name or tag in any case; None if we do not know it."""
    return _BY_NAME.get(re.sub(r"\s+", " ", text).strip().casefold())


def language_name(tag: str) -> str:
    """The usual English name; the tag itself where there is none."""
    return LANGUAGES.get(tag, (tag,))[0]
