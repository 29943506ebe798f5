"""Cyrillic words in Latin letters, Russian and Ukrainian alike, for codes that people read and type."""

from typing import Final

_LETTERS: Final = {
    **dict(
        zip(
            "абвгґдеєжзиіїйклмнопрстуфыэё",
            [
                "a",
                "b",
                "v",
                "h",
                "g",
                "d",
                "e",
                "ie",
                "zh",
                "z",
                "y",
                "i",
                "i",
                "i",
                "k",
                "l",
                "m",
                "n",
                "o",
                "p",
                "r",
                "s",
                "t",
                "u",
                "f",
                "y",
                "e",
                "e",
            ],
            strict=True,
        )
    ),
    **dict(zip("хцчшщюя", ["kh", "ts", "ch", "sh", "shch", "iu", "ia"], strict=True)),
    **dict.fromkeys("ьъ", ""),
}


def in_latin(words: str) -> str:
    """The words in small letters, the Cyrillic ones spelt in Latin; everything else as it was."""
    return "".join(_LETTERS.get(sign, sign) for sign in words.casefold())
