"""What a person may submit to begin a standard."""

from pydantic import Field

from audit_app.kit.web import Bound


class NewStandard(Bound):
    """An empty standard: its title in any of the languages, and its code."""

    code: str = Field(min_length=1, max_length=60)
    title_en: str = Field(default="", max_length=300)
    title_ru: str = Field(default="", max_length=300)
    title_uk: str = Field(default="", max_length=300)

    @property
    def title(self) -> dict[str, str]:
        """The title by language, without the empty ones."""
        found = {"en": self.title_en, "ru": self.title_ru, "uk": self.title_uk}
        return {language: words for language, words in found.items() if words}
